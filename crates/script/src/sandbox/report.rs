//! What became of it.

use job_model::{ErrorAt, Outcome, Results, Timestamp};

/// What became of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// How it ended; one that was [stopped](Stop) counts as cancelled.
    pub outcome: Outcome,
    /// The text of the error that ended it.
    pub error: Option<String>,
    /// Where in the job's own text the error was thrown, when that is known.
    pub error_at: Option<ErrorAt>,
    /// The error with the author's lines that led to it; known when `error_at` is.
    pub error_stack: Option<String>,
    /// Its results, partial after a failure.
    pub results: Results,
    /// When the code began; `None` when it never did.
    pub started_at: Option<Timestamp>,
    /// When the code ended; `None` when it never began.
    pub finished_at: Option<Timestamp>,
    /// How long the code ran.
    pub duration_ms: u64,
}

impl RunReport {
    pub(super) fn not_started(error: String) -> Self {
        Self {
            outcome: Outcome::Failed,
            error: Some(error),
            error_at: None,
            error_stack: None,
            results: Results::new(),
            started_at: None,
            finished_at: None,
            duration_ms: 0,
        }
    }
}
