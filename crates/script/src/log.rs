//! The job's log on its way out: every line leaves as it is written, and both limits are kept here.

use std::cell::RefCell;
use std::rc::Rc;

use job_model::{Level, LogEntry, Timestamp};

use crate::limits::DocumentParts;
use crate::meter::Meter;

/// Who gets the lines as they happen.
pub(crate) type LogSink = Box<dyn FnMut(LogEntry)>;

/// The log of one job.
pub(crate) struct Log {
    meter: Rc<Meter>,
    script_bytes: usize,
    state: RefCell<State>,
}

struct State {
    sink: LogSink,
    lines: usize,
    bytes: usize,
}

impl Log {
    /// `script_bytes` is what the rest of the job takes in its document.
    pub(crate) fn new(sink: LogSink, meter: Rc<Meter>, script_bytes: usize) -> Self {
        Self { meter, script_bytes, state: RefCell::new(State { sink, lines: 0, bytes: 0 }) }
    }

    /// What the log and the rest of the job take in its document, besides results of this size.
    pub(crate) fn document(&self, results: usize) -> DocumentParts {
        DocumentParts { script: self.script_bytes, logs: self.state.borrow().bytes, results }
    }

    /// Writes a line, unless a limit forbids it: then the job is to stop.
    pub(crate) fn write(&self, level: Level, message: String) {
        let mut state = self.state.borrow_mut();
        let limits = &self.meter.limits;
        let (lines, bytes) = (state.lines + 1, state.bytes.saturating_add(json_size(&message)));
        let document = DocumentParts { script: self.script_bytes, logs: bytes, results: 0 };
        let refused = if lines > limits.log_lines {
            limits.log_lines_text()
        } else if bytes > limits.log_bytes {
            limits.log_bytes_text(bytes)
        } else if document.sum() > limits.document_bytes {
            limits.document_bytes_text(document)
        } else {
            (state.lines, state.bytes) = (lines, bytes);
            (state.sink)(LogEntry { time: Timestamp::now(), level, message });
            return;
        };
        self.meter.hit(refused);
    }

    /// Writes one of the last lines, which no limit takes away. The job's own functions may have made its text, so the
    /// text is clipped.
    pub(crate) fn write_last(&self, level: Level, message: String) {
        let message = clipped(message);
        let mut state = self.state.borrow_mut();
        state.bytes += json_size(&message);
        (state.sink)(LogEntry { time: Timestamp::now(), level, message });
    }
}

/// Longest text of a job's error and of a last line, in bytes.
const CLIPPED_BYTES: usize = 64 << 10;

/// An error is a sentence: the log has its own limits, and what is longer than this belongs into the results.
pub(crate) fn clipped(text: String) -> String {
    clipped_to(text, CLIPPED_BYTES)
}

/// The text with at most so many bytes, and how many more there were.
pub(crate) fn clipped_to(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        let rest = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("… ({rest} more bytes)"));
    }
    text
}

/// What a line takes in a job's document: its text as JSON, with its time and level.
fn json_size(message: &str) -> usize {
    const AROUND: usize = r#"{"time":"2026-01-01T00:00:00.000Z","level":"DEBUG","message":""},"#.len();
    AROUND + text_size(message)
}

/// What a text takes as JSON, between its quotes.
pub(crate) fn text_size(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        ..0x20 => 6,
        _ => 1,
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use super::{LogEntry, Timestamp, json_size};
    use job_model::Level;

    #[test]
    fn a_line_counts_as_long_as_its_json() {
        for message in ["", "plain", "\"quoted\" \\ \n\r\t\u{8}\u{c}", "\u{0}\u{1f}\u{7f}", "ä€😀\u{2028}"] {
            let entry = LogEntry { time: Timestamp::now(), level: Level::Debug, message: message.to_owned() };
            let json = serde_json::to_string(&entry).unwrap();
            assert_eq!(json_size(message), json.len() + 1, "{json}");
        }
    }
}
