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
        let (lines, bytes) = (state.lines + 1, state.bytes + message.len());
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
