//! Holds what comes from a slot against the job's limits, which the slot is to keep itself.

use crate::protocol::{JobEnd, SlotSettings};

/// Lines of the sandbox's own, which come beside the job's.
const OWN_LINES: u64 = 16;
/// What those, and the words around each line, may take; the same for the results, whose numbers may be written otherwise.
const OWN_BYTES: u64 = 1 << 20;
/// `{"log":` and `}` around each line.
const AROUND: u64 = 8;

/// What has come of one job.
pub(crate) struct SlotMeter {
    lines: u64,
    bytes: u64,
    most_lines: u32,
    most_bytes: u32,
    most_results: u32,
    most_together: u32,
}

impl SlotMeter {
    /// For a job in a slot with these settings.
    pub(crate) fn new(settings: &SlotSettings) -> Self {
        Self {
            lines: 0,
            bytes: 0,
            most_lines: settings.job_log_lines,
            most_bytes: settings.job_log_bytes,
            most_results: settings.job_result_bytes,
            most_together: settings.job_document_bytes,
        }
    }

    /// Counts a line of the log, of this many bytes on the pipe.
    ///
    /// # Errors
    /// The job's error when that is too much.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<(), String> {
        self.lines += 1;
        self.bytes += wide(bytes).saturating_sub(AROUND);
        if self.lines > u64::from(self.most_lines) + OWN_LINES {
            return Err(format!("Limit of {} log lines (JOB_LOG_LINES) exceeded", self.most_lines));
        }
        if self.bytes > u64::from(self.most_bytes) + OWN_BYTES {
            return Err(format!("Limit of {} bytes of logs (JOB_LOG_BYTES) exceeded", self.most_bytes));
        }
        Ok(())
    }

    /// Counts the job's end.
    ///
    /// # Errors
    /// The job's error when that is too much.
    pub(crate) fn count_end(&self, end: &JobEnd) -> Result<(), String> {
        let results = wide(end.results.get().len());
        if results > u64::from(self.most_results) + OWN_BYTES {
            let most = self.most_results;
            return Err(format!("Limit of {most} bytes of results (JOB_RESULT_BYTES) exceeded: {results} bytes"));
        }
        let texts = [&end.error, &end.error_stack].into_iter().flatten().map(|text| wide(text.len()));
        let together = self.bytes + results + texts.sum::<u64>();
        if together > u64::from(self.most_together) + 2 * OWN_BYTES {
            let most = self.most_together;
            return Err(format!("Limit of {most} bytes of the job's document (JOB_DOCUMENT_BYTES) exceeded"));
        }
        Ok(())
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
