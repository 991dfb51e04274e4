//! The states of a job and the only legal moves between them, as a table.

use serde::{Deserialize, Serialize};

/// Where a job is on its way. A failed job is [`Done`](JobStatus::Done) with an error text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Committed to the store, not yet known to be on the queue.
    #[default]
    Created,
    /// The broker has confirmed the job.
    Queued,
    /// Its one final result is stored. Nothing changes any more.
    Done,
}

/// A move that the table does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job cannot go from {from} to {to}")]
pub struct IllegalMove {
    /// The state the job is in.
    pub from: JobStatus,
    /// The state it was asked to take.
    pub to: JobStatus,
}

/// Every legal move. A result may overtake the `queued` mark, hence created → done; a job published again stays queued. A job
/// whose try failed begins anew as `created`.
const MOVES: &[(JobStatus, JobStatus)] = &[
    (JobStatus::Created, JobStatus::Created),
    (JobStatus::Created, JobStatus::Queued),
    (JobStatus::Created, JobStatus::Done),
    (JobStatus::Queued, JobStatus::Created),
    (JobStatus::Queued, JobStatus::Queued),
    (JobStatus::Queued, JobStatus::Done),
];

impl JobStatus {
    /// All states, in the order a job passes them.
    pub const ALL: [JobStatus; 3] = [JobStatus::Created, JobStatus::Queued, JobStatus::Done];

    /// Returns the state's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobStatus::Created => "created",
            JobStatus::Queued => "queued",
            JobStatus::Done => "done",
        }
    }

    /// Returns the state of that name on the wire; `None` for any other text (`DONE` included).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Checks the move from this state to `to` against the table.
    ///
    /// # Errors
    /// [`IllegalMove`] for a move that the table does not hold; a job that is done stays as it is.
    pub fn move_to(self, to: JobStatus) -> Result<JobStatus, IllegalMove> {
        if MOVES.contains(&(self, to)) { Ok(to) } else { Err(IllegalMove { from: self, to }) }
    }
}

impl std::fmt::Display for JobStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::JobStatus::{self, Created, Done, Queued};

    #[test]
    fn moves_are_forward_or_begin_anew() {
        let expected = [
            (Created, Created, true),
            (Created, Queued, true),
            (Created, Done, true),
            (Queued, Created, true),
            (Queued, Queued, true),
            (Queued, Done, true),
            (Done, Created, false),
            (Done, Queued, false),
            (Done, Done, false),
        ];
        for (from, to, legal) in expected {
            assert_eq!(from.move_to(to).is_ok(), legal, "{from} to {to}");
        }
    }

    #[test]
    fn names_are_case_sensitive() {
        assert_eq!(JobStatus::parse("done"), Some(Done));
        assert_eq!(JobStatus::parse("DONE"), None);
        assert_eq!(JobStatus::parse(""), None);
    }
}
