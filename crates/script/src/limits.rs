//! What a job may use.

use std::time::Duration;

/// The hard limits of one job. Each is reported as the job's error with its name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock from the start of the job to its end (JOB_TIMEOUT).
    pub deadline: Duration,
    /// Time the engine may spend running the job's code (JOB_CPU).
    pub cpu: Duration,
    /// Memory of the engine and of the calls under way (JOB_MEMORY).
    pub memory_bytes: usize,
    /// The engine's stack (JOB_STACK); no more of it is used than the thread has, less a reserve for Rust's frames.
    pub stack_bytes: usize,
    /// Number of log lines (JOB_LOG_LINES).
    pub log_lines: usize,
    /// Size of all log lines together, as JSON (JOB_LOG_BYTES).
    pub log_bytes: usize,
    /// Size of the results as JSON (JOB_RESULT_BYTES).
    pub result_bytes: usize,
    /// Size of code, vars, modules, log and results together, as JSON (JOB_DOCUMENT_BYTES).
    pub document_bytes: usize,
}

/// As a job's code had them at the predecessor, as far as they do not harm others; executor/src/config.rs says why.
impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(300),
            cpu: Duration::from_secs(300),
            memory_bytes: 1024 << 20,
            stack_bytes: 32 << 20,
            log_lines: 50_000,
            log_bytes: 4_000_000,
            result_bytes: 6_000_000,
            document_bytes: 7_800_000,
        }
    }
}

impl Limits {
    /// The error of a job that ran for longer than this.
    pub fn deadline_text(deadline: Duration) -> String {
        format!("Time limit of {} (JOB_TIMEOUT) exceeded", seconds(deadline))
    }

    pub(crate) fn cpu_text(&self) -> String {
        format!("CPU limit of {} (JOB_CPU) exceeded", seconds(self.cpu))
    }

    pub(crate) fn memory_text(&self) -> String {
        format!("Memory limit of {} MiB (JOB_MEMORY) exceeded", self.memory_bytes >> 20)
    }

    pub(crate) fn log_lines_text(&self) -> String {
        format!("Limit of {} log lines (JOB_LOG_LINES) exceeded", self.log_lines)
    }

    /// `actual` is the size of the log with the line that did not fit.
    pub(crate) fn log_bytes_text(&self, actual: usize) -> String {
        format!("Limit of {} bytes of logs (JOB_LOG_BYTES) exceeded: {actual} bytes", self.log_bytes)
    }

    pub(crate) fn result_bytes_text(&self, actual: usize) -> String {
        format!("Limit of {} bytes of results (JOB_RESULT_BYTES) exceeded: {actual} bytes", self.result_bytes)
    }

    pub(crate) fn document_bytes_text(&self, parts: DocumentParts) -> String {
        let DocumentParts { script, logs, results } = parts;
        let (limit, actual) = (self.document_bytes, parts.sum());
        format!(
            "Limit of {limit} bytes of a job's document (JOB_DOCUMENT_BYTES) exceeded: {actual} bytes ({script} of code, \
             vars and modules, {logs} of logs, {results} of results)"
        )
    }
}

/// What a job's document is made of, in bytes of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DocumentParts {
    pub(crate) script: usize,
    pub(crate) logs: usize,
    pub(crate) results: usize,
}

impl DocumentParts {
    pub(crate) fn sum(self) -> usize {
        self.script.saturating_add(self.logs).saturating_add(self.results)
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
