//! The job's log on its way out: every line leaves as it is written, and both limits are kept here.

use std::cell::RefCell;
use std::rc::Rc;

use job_model::{Level, LogEntry, Timestamp};

use crate::watch::Watch;

/// Who gets the lines as they happen.
pub type LogSink = Box<dyn FnMut(LogEntry)>;

/// The log of one job.
pub struct Log {
    watch: Rc<Watch>,
    state: RefCell<State>,
}

struct State {
    sink: LogSink,
    lines: usize,
    bytes: usize,
}

impl Log {
    pub(crate) fn new(sink: LogSink, watch: Rc<Watch>) -> Self {
        Self { watch, state: RefCell::new(State { sink, lines: 0, bytes: 0 }) }
    }

    /// Writes a line, unless a limit forbids it: then the job is to stop.
    pub fn write(&self, level: Level, message: String) {
        let mut state = self.state.borrow_mut();
        let limits = &self.watch.limits;
        let (lines, bytes) = (state.lines + 1, state.bytes.saturating_add(json_size(&message)));
        if lines > limits.log_lines {
            return self.watch.hit(format!("Limit of {} log lines (JOB_LOG_LINES) exceeded", limits.log_lines));
        }
        if bytes > limits.log_bytes {
            return self.watch.hit(format!("Limit of {} bytes of logs (JOB_LOG_BYTES) exceeded", limits.log_bytes));
        }
        (state.lines, state.bytes) = (lines, bytes);
        (state.sink)(LogEntry { time: Timestamp::now(), level, message });
    }

    /// Writes one of the sandbox's own last lines, which no limit takes away.
    pub(crate) fn write_last(&self, level: Level, message: String) {
        (self.state.borrow_mut().sink)(LogEntry { time: Timestamp::now(), level, message });
    }
}

/// What a line takes in a job's document: its text as JSON, with its time and level.
fn json_size(message: &str) -> usize {
    const AROUND: usize = r#"{"time":"2026-01-01T00:00:00.000Z","level":"DEBUG","message":""},"#.len();
    let bytes = message.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        ..0x20 => 6,
        _ => 1,
    });
    AROUND + bytes.sum::<usize>()
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
