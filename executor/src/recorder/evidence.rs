//! A recording as files of its job: `trace/trace.json`, `trace/network.har`, `trace/error.html`, `trace/error.png` and
//! `trace/frames/…`.
//!
//! What the ring has was written beside the job's code: each entry is read for itself, what is not one is passed over, and
//! sizes are bounded.

mod told;

use job_model::{ErrorAt, FileName, JobId, Outcome, Timestamp, Trace, TracedFrame};

use super::entries::{LastKind, picture};
use super::ring::RingContents;
use told::Told;

/// The folder of the recording; the second one when the job has files of its own in the first.
const FOLDERS: [&str; 2] = ["trace", "trace.recorded"];
/// The most bytes of a recording.
const MOST_BYTES: u64 = 10_000_000;
/// The most pictures: those of 30 seconds, twice a second, and one for each of as many documents.
const MOST_FRAMES: usize = 120;
/// How long before the end the last pictures were taken at most, in milliseconds.
const LAST_FRAMES: f64 = 30_000.0;
/// What the trace has of a picture, in bytes: they are counted with the picture.
const LINE: usize = 100;
/// The version of the shape.
const VERSION: u32 = 1;

/// What a recording is of.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) job: JobId,
    pub(crate) attempt: u32,
    pub(crate) executor: String,
    pub(crate) began_at: Timestamp,
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<String>,
    pub(crate) error_at: Option<ErrorAt>,
}

/// What a job may still keep of files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) bytes: u64,
    pub(crate) files: u64,
}

/// The files of a recording.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// Names and contents, the trace first.
    pub(crate) files: Vec<(FileName, Vec<u8>)>,
}

impl Evidence {
    /// Makes as many of the files as there is room for. `has` tells whether the job has files of its own in a folder. `None`
    /// when there is no room for the trace itself.
    pub(crate) fn make(
        contents: RingContents,
        subject: Subject,
        room: Room,
        has: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let ended = millis_between(subject.began_at, Timestamp::now());
        let mut folder = Folder {
            name: FOLDERS.into_iter().find(|folder| !has(folder))?,
            bytes: room.bytes.min(MOST_BYTES),
            left: room.files,
            files: Vec::new(),
        };
        let mut told = Told::read(&contents.events);
        told.notes = notes(&contents, subject.attempt);
        told.requests.add_bodies(&contents.bodies);
        let har = told.requests.to_har(subject.began_at, ended, &told.navigations);
        let mut trace = trace_of(subject, told, ended);
        if !folder.take(serde_json::to_vec(&trace).map_or(0, |text| text.len())) {
            return None;
        }
        folder.keep("network.har", serde_json::to_vec(&har).unwrap_or_default(), 0);
        for (kind, bytes) in contents.last.iter().filter_map(|entry| LastKind::read(entry)) {
            let (file, place) = match kind {
                LastKind::Html => ("error.html", &mut trace.html),
                LastKind::Png => ("error.png", &mut trace.screenshot),
                LastKind::Jpeg => ("error.jpg", &mut trace.screenshot),
            };
            if place.is_none() {
                *place = folder.keep(file, bytes, LINE);
            }
        }
        for (at, jpeg) in pictures(&contents, ended) {
            let Some(file) = folder.keep(&format!("frames/{at:09.0}.jpg"), jpeg, LINE) else { break };
            trace.frames.push(TracedFrame { at, file });
        }
        trace.frames.reverse();
        let mut files = folder.files;
        files.insert(0, (file_name(folder.name, "trace.json"), serde_json::to_vec(&trace).ok()?));
        Some(Self { files })
    }
}

/// The files of a recording as they are made, and what may still be kept.
struct Folder {
    name: &'static str,
    bytes: u64,
    /// How many files may still be kept.
    left: u64,
    files: Vec<(FileName, Vec<u8>)>,
}

impl Folder {
    /// Takes a file's room, if there is that much.
    fn take(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        if self.left == 0 || bytes > self.bytes {
            return false;
        }
        self.left -= 1;
        self.bytes -= bytes;
        true
    }

    /// Keeps a file, if there is room for it and for the `line` bytes that the trace has of it. Returns its whole name.
    fn keep(&mut self, file: &str, content: impl AsRef<[u8]> + Into<Vec<u8>>, line: usize) -> Option<String> {
        if !self.take(content.as_ref().len() + line) {
            return None;
        }
        let name = file_name(self.name, file);
        let shown = name.as_str().to_owned();
        self.files.push((name, content.into()));
        Some(shown)
    }
}

fn file_name(folder: &str, file: &str) -> FileName {
    FileName::parse(&format!("{folder}/{file}")).expect("a plain name")
}

/// What a reader of the recording is to know first.
fn notes(contents: &RingContents, attempt: u32) -> Vec<String> {
    let cut = "The beginning is cut: there was more than a recording keeps.";
    let mut notes: Vec<String> = contents.is_cut.then(|| cut.to_owned()).into_iter().collect();
    if attempt > 1 {
        let before = attempt - 1;
        notes.push(format!("This is attempt {attempt}: the executor was lost in each of the {before} before."));
    }
    notes
}

/// The trace without its files, which are named once there is room for them.
fn trace_of(subject: Subject, told: Told, ended: f64) -> Trace {
    let Subject { job, attempt, executor, began_at, outcome, error, error_at } = subject;
    Trace {
        version: VERSION,
        job,
        attempt,
        executor,
        began_at,
        ended,
        outcome,
        error,
        error_at,
        notes: told.notes,
        calls: told.calls,
        navigations: told.navigations,
        console: told.console,
        page_errors: told.page_errors,
        frames: Vec::new(),
        html: None,
        screenshot: None,
    }
}

/// The pictures to keep, latest first, each time once.
fn pictures(contents: &RingContents, ended: f64) -> Vec<(f64, &[u8])> {
    let last = contents.frames.iter().filter_map(|entry| picture(entry)).filter(|(at, _)| *at >= ended - LAST_FRAMES);
    let all = contents.kept.iter().filter_map(|entry| picture(entry)).chain(last).filter(|(at, _)| *at <= ended);
    let mut pictures: Vec<_> = all.map(|(at, jpeg)| (at.round(), jpeg)).collect();
    pictures.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    pictures.dedup_by_key(|(at, _)| *at);
    pictures.truncate(MOST_FRAMES);
    pictures
}

fn millis_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.unix_millis() - from.unix_millis()).max(0) as f64
}

#[cfg(test)]
mod tests {
    use job_model::{JobId, Outcome, Timestamp, Trace};

    use super::{Evidence, Room, Subject};
    use crate::recorder::ring::RingContents;

    const ROOM: Room = Room { bytes: 1 << 30, files: 1000 };

    fn subject() -> Subject {
        Subject {
            job: JobId::parse("j").unwrap(),
            attempt: 2,
            executor: "e".to_owned(),
            began_at: Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 60_000).unwrap(),
            outcome: Outcome::Failed,
            error: Some("x".to_owned()),
            error_at: None,
        }
    }

    fn frame(at: f64, bytes: usize) -> Vec<u8> {
        [&at.to_le_bytes()[..], &[0xff, 0xd8], &vec![0; bytes]].concat()
    }

    fn contents() -> RingContents {
        let events = [
            r#"{"type":"call","id":1,"at":1.5,"name":"page.goto","arguments":["http://h/"]}"#,
            r#"{"type":"returned","id":1,"at":3.5,"error":"net::ERR_FAILED"}"#,
            r#"{"type":"call","id":2,"at":4,"name":"page.click","line":{"module":"code","line":3,"column":1}}"#,
            r#"{"type":"navigated","at":2,"url":"http://h/","main":true}"#,
            r#"{"type":"network","event":"failed","id":"1","at":2,"error":"x"}"#,
            r#"{"type":"returned","id":7,"at":3}"#,
            "not an entry",
        ];
        RingContents {
            events: events.iter().map(|event| event.as_bytes().to_vec()).collect(),
            frames: vec![
                frame(1000.0, 10),
                frame(45_000.0, 10),
                frame(55_000.0, 10),
                b"short".to_vec(),
                frame(f64::NAN, 1),
            ],
            kept: vec![frame(1000.0, 10), frame(45_000.0, 10)],
            last: vec![[&[0][..], b"<html>"].concat(), [&[1][..], b"png"].concat(), vec![9], Vec::new()],
            bodies: Vec::new(),
            is_cut: false,
        }
    }

    fn names(evidence: &Evidence) -> Vec<&str> {
        evidence.files.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn a_recording_becomes_files_and_its_trace_names_them() {
        let evidence = Evidence::make(contents(), subject(), ROOM, |_| false).unwrap();
        let files = [
            "trace/trace.json",
            "trace/network.har",
            "trace/error.html",
            "trace/error.png",
            "trace/frames/000055000.jpg",
            "trace/frames/000045000.jpg",
            "trace/frames/000001000.jpg",
        ];
        assert_eq!(names(&evidence), files);
        let trace: Trace = serde_json::from_slice(&evidence.files[0].1).unwrap();
        assert_eq!((trace.calls.len(), trace.calls[0].duration, trace.calls[1].duration), (2, Some(2.0), None));
        assert_eq!(trace.calls[0].error.as_deref(), Some("net::ERR_FAILED"));
        assert_eq!(trace.frames.iter().map(|frame| frame.at).collect::<Vec<_>>(), [1000.0, 45_000.0, 55_000.0]);
        assert_eq!((trace.html.as_deref(), trace.notes.len()), (Some("trace/error.html"), 1));
    }

    #[test]
    fn what_has_no_room_is_left_out_pictures_first() {
        let evidence =
            Evidence::make(contents(), subject(), Room { files: 5, ..ROOM }, |folder| folder == "trace").unwrap();
        let files = [
            "trace.recorded/trace.json",
            "trace.recorded/network.har",
            "trace.recorded/error.html",
            "trace.recorded/error.png",
            "trace.recorded/frames/000055000.jpg",
        ];
        assert_eq!(names(&evidence), files);
        assert!(Evidence::make(contents(), subject(), Room { bytes: 100, ..ROOM }, |_| false).is_none());
        assert!(Evidence::make(contents(), subject(), ROOM, |_| true).is_none());
    }

    #[test]
    fn a_recording_has_ten_megabytes_at_most() {
        let frames = (0..100).map(|number| frame(50_000.0 + f64::from(number) * 10.0, 400_000)).collect();
        let evidence = Evidence::make(RingContents { frames, ..contents() }, subject(), ROOM, |_| false).unwrap();
        assert!(evidence.files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 10_000_000);
        assert!(evidence.files.len() > 20);
    }
}
