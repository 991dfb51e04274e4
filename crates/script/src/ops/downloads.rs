//! Downloads of the job's pages, on their way into the job's folder.
//!
//! Chromium writes them beside the job's files, see [`JobFolder::DOWNLOADS`]. One that is whole becomes a file of the job, under
//! the name that the site wished for as far as that is one, and with a number when the name is taken.

use std::rc::Rc;

use ::browser::browser::Browser;
use ::browser::downloads::DownloadEvent;
use job_model::{FileName, Level};

use crate::downloads::{Download, Ended};
use crate::job_folder::{FolderError, JobFolder};
use crate::scope::Scope;

/// A script has named a folder for downloads. What is not a name means the job's folder itself.
pub(super) fn set_folder(scope: &Scope, folder: &str) {
    scope.downloads.borrow_mut().folder = FileName::parse_or_root(folder).unwrap_or_default();
}

/// Takes note of what the browser tells of a download.
pub(super) fn note(scope: &Scope, browser: &Rc<Browser>, event: DownloadEvent) {
    let Some(folder) = &scope.host.folder else { return };
    let mut downloads = scope.downloads.borrow_mut();
    match event {
        DownloadEvent::Began { guid, url, suggested_name } => downloads.begin(guid, url, suggested_name),
        DownloadEvent::Progress { guid, received } => {
            let Some(download) = downloads.under_way.get_mut(&guid) else { return };
            if download.refused.is_none()
                && let Err(error) = folder.fits(received)
            {
                download.refused = Some(error.to_string());
                browser.cancel_download(&guid);
            }
        }
        DownloadEvent::Completed { guid } => {
            let Some(download) = downloads.under_way.remove(&guid) else { return };
            let adopted = adopt(folder, downloads.folder.as_ref(), &guid, &download.suggested_name);
            let ended = adopted.map_err(|error| format!("the download of {} failed: {error}", shown(&download.url)));
            drop(downloads);
            end(scope, download, ended);
        }
        DownloadEvent::Cancelled { guid } => {
            let Some(download) = downloads.under_way.remove(&guid) else { return };
            let reason = download.refused.as_deref().unwrap_or("it was cancelled");
            let ended = Err(format!("the download of {} failed: {reason}", shown(&download.url)));
            drop(downloads);
            end(scope, download, ended);
        }
    }
}

fn end(scope: &Scope, download: Download, ended: Ended) {
    match &ended {
        Ok(name) => scope.log.write(Level::Debug, format!("Downloaded {name}")),
        Err(reason) => scope.log.write(Level::Warn, reason.clone()),
    }
    if let Some(waiter) = download.waiter {
        // Nobody may be waiting any more.
        let _ = waiter.send(ended);
    }
}

/// Makes a whole download one of the job's files.
fn adopt(folder: &JobFolder, below: Option<&FileName>, guid: &str, suggested: &str) -> Result<FileName, FolderError> {
    let source = FileName::parse(&format!("{}/{guid}", JobFolder::DOWNLOADS))?;
    let wished = sanitised(suggested);
    let bytes = folder.stat(Some(&source))?.bytes;
    for number in 0.. {
        let name = if number == 0 { wished.clone() } else { numbered(&wished, number) };
        let name = FileName::parse(&below.map_or_else(|| name.clone(), |below| format!("{below}/{name}")))?;
        if folder.stat(Some(&name)).is_err() {
            folder.fits(bytes)?;
            folder.rename(&source, &name)?;
            return Ok(name);
        }
    }
    unreachable!("numbers do not end")
}

/// The last part of what a site wishes for, without what no name may hold.
fn sanitised(suggested: &str) -> String {
    let last = suggested.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().map(|char| if char.is_control() { '_' } else { char }).collect();
    let plain = plain.trim();
    // Room for a number.
    const LONGEST: usize = FileName::MAX_COMPONENT_BYTES - 12;
    match plain {
        "" | "." | ".." => "download".to_owned(),
        plain if plain.len() <= LONGEST => plain.to_owned(),
        plain => {
            let (stem, extension) = split(plain);
            let extension = if extension.len() <= 20 { extension } else { "" };
            let mut end = LONGEST - extension.len();
            while !stem.is_char_boundary(end.min(stem.len())) {
                end -= 1;
            }
            format!("{}{extension}", &stem[..end.min(stem.len())])
        }
    }
}

/// `report.csv`, 1 → `report (1).csv`.
fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    format!("{stem} ({number}){extension}")
}

/// A name before its extension, and the extension with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    }
}

fn shown(url: &str) -> String {
    url.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use job_model::FileName;

    use super::{adopt, numbered, sanitised};
    use crate::job_folder::{FolderLimits, JobFolder};

    #[test]
    fn what_a_site_wishes_for_becomes_a_name() {
        for (wish, name) in [
            ("report.csv", "report.csv"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\x.exe", "x.exe"),
            ("", "download"),
            ("..", "download"),
            ("a\nb\0.txt", "a_b_.txt"),
            ("é.csv", "é.csv"),
        ] {
            assert_eq!(sanitised(wish), name, "{wish:?}");
        }
        let long = sanitised(&format!("{}.tar.gz", "é".repeat(300)));
        assert!(long.len() <= 188 && long.ends_with(".gz") && FileName::parse(&long).is_ok(), "{long}");
        let long = sanitised(&format!("x.{}", "y".repeat(300)));
        assert!(FileName::parse(&numbered(&long, 4_000_000_000)).is_ok(), "{long}");
        assert_eq!((numbered("a.csv", 2), numbered(".bashrc", 1)), ("a (2).csv".to_owned(), ".bashrc (1)".to_owned()));
    }

    #[test]
    fn a_download_takes_no_other_files_place_and_no_more_than_the_quota() {
        let dir = tempfile::tempdir().unwrap();
        let limits = FolderLimits { bytes: 10, files: 10 };
        let folder = JobFolder::make_empty(&dir.path().join("files"), limits).unwrap();
        let below = FileName::parse("dl").unwrap();
        let mut names = Vec::new();
        for guid in ["1", "2", "3"] {
            std::fs::write(folder.path().join(JobFolder::DOWNLOADS).join(guid), "1234").unwrap();
            names.push(adopt(&folder, Some(&below), guid, "x.csv").map(|name| name.to_string()));
        }
        assert_eq!((names[0].as_deref(), names[1].as_deref()), (Ok("dl/x.csv"), Ok("dl/x (1).csv")));
        assert!(names[2].as_ref().unwrap_err().to_string().contains("JOB_FILES_BYTES"));
        assert_eq!(folder.files().unwrap().len(), 2);
    }
}
