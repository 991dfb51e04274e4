//! Holds the log lines that come from a slot against the job's limits, which the slot is to keep itself.

use crate::protocol::SlotSettings;

/// Lines of the sandbox's own, which come beside the job's.
const OWN_LINES: u64 = 16;
/// What those, and the words around each line, may take.
const OWN_BYTES: u64 = 1 << 20;
/// `{"log":` and `}` around each line.
const AROUND: u64 = 8;

/// What has come of one job's log.
pub(crate) struct LogMeter {
    lines: u64,
    bytes: u64,
    most_lines: u32,
    most_bytes: u32,
}

impl LogMeter {
    /// For a job in a slot with these settings.
    pub(crate) fn new(settings: &SlotSettings) -> Self {
        Self { lines: 0, bytes: 0, most_lines: settings.job_log_lines, most_bytes: settings.job_log_bytes }
    }

    /// Counts a line of this many bytes on the pipe.
    ///
    /// # Errors
    /// The job's error when that is too much.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<(), String> {
        self.lines += 1;
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX).saturating_sub(AROUND);
        if self.lines > u64::from(self.most_lines) + OWN_LINES {
            return Err(format!("Limit of {} log lines (JOB_LOG_LINES) exceeded", self.most_lines));
        }
        if self.bytes > u64::from(self.most_bytes) + OWN_BYTES {
            return Err(format!("Limit of {} bytes of logs (JOB_LOG_BYTES) exceeded", self.most_bytes));
        }
        Ok(())
    }
}
