//! How a job ended: its log, what its slot told of the end, and what that counts as.

use std::time::Duration;

use job_model::{FileSetId, JobFile, Level, LogEntry, Outcome, Timestamp};
use service::Chain;

use crate::metrics::DeliveryEnd;
use crate::protocol::JobEnd;
use crate::recorder::RingContents;
use crate::result_message::Crashed;
use crate::slot::SlotError;

/// The error of a cancelled job.
pub(super) const CANCELLED: &str = "cancelled";

/// A job that has ended.
pub(super) struct Ended {
    pub(super) logs: Vec<LogEntry>,
    pub(super) end: JobEnd,
    pub(super) counts_as: DeliveryEnd,
    /// Whether the job lost its process.
    pub(super) crashed: Crashed,
    /// The files that are stored, and their set.
    pub(super) files: Option<(FileSetId, Vec<JobFile>)>,
    /// What was recorded of it, when that is kept, until it is among the files.
    pub(super) recording: Option<RingContents>,
}

impl Ended {
    /// Ends a job as its slot told. Whether the job was cancelled or given up is not the slot's to say.
    pub(super) fn by_itself(mut end: JobEnd, logs: Vec<LogEntry>, cancelled: bool) -> Self {
        match end.outcome {
            Outcome::Succeeded | Outcome::Failed | Outcome::TimedOut => {}
            Outcome::Cancelled if cancelled => {}
            Outcome::Cancelled | Outcome::GivenUp | Outcome::Expired => end.outcome = Outcome::Failed,
        }
        let counts_as = DeliveryEnd::Job(end.outcome);
        Self { logs, end, counts_as, crashed: Crashed::No, files: None, recording: None }
    }

    /// Ends a job that took its slot with it.
    pub(super) fn with_its_slot(
        error: &SlotError,
        mut logs: Vec<LogEntry>,
        begun: Timestamp,
        timeout: Duration,
        cancelled: bool,
    ) -> Self {
        let (counts_as, outcome, text) = match error {
            _ if cancelled => (DeliveryEnd::Job(Outcome::Cancelled), Outcome::Cancelled, CANCELLED.to_owned()),
            SlotError::Silent { .. } => {
                let text = script::Limits::deadline_text(timeout);
                (DeliveryEnd::Job(Outcome::TimedOut), Outcome::TimedOut, text)
            }
            SlotError::TooMuch(text) => (DeliveryEnd::SlotLost, Outcome::Failed, text.clone()),
            other => {
                let text = format!("The process that ran the job was lost: {other}");
                (DeliveryEnd::SlotLost, Outcome::Failed, text)
            }
        };
        // A limit that it met is its own fault.
        let is_lost = counts_as == DeliveryEnd::SlotLost && !matches!(error, SlotError::TooMuch(_));
        let crashed = if is_lost { Crashed::Yes } else { Crashed::No };
        tracing::warn!(error = %Chain(error), "the job ended its slot");
        let now = Timestamp::now();
        logs.push(LogEntry { time: now, level: Level::Error, message: text.clone() });
        let duration = u64::try_from(between(begun, now).as_millis()).unwrap_or(u64::MAX);
        let (started_at, finished_at) = (Some(begun), Some(now));
        let end = JobEnd { started_at, finished_at, duration, ..JobEnd::not_started(outcome, text) };
        Self { logs, end, counts_as, crashed, files: None, recording: None }
    }

    /// Ends a job that never ran here.
    pub(super) fn not_started(counts_as: DeliveryEnd, outcome: Outcome, error: impl Into<String>) -> Self {
        let end = JobEnd::not_started(outcome, error);
        Self { logs: Vec::new(), end, counts_as, crashed: Crashed::No, files: None, recording: None }
    }

    /// The files of the job could not be kept: the job has failed, whatever else became of it.
    pub(super) fn fail(&mut self, error: String) {
        self.logs.push(LogEntry { time: Timestamp::now(), level: Level::Error, message: error.clone() });
        if self.end.outcome == Outcome::Succeeded {
            self.end.outcome = Outcome::Failed;
            self.end.error = Some(error);
            self.counts_as = DeliveryEnd::Job(Outcome::Failed);
        }
    }

    /// Returns the same end with this error in the place of its log and results.
    pub(super) fn without_content(&self, error: String) -> Self {
        let outcome = if self.end.outcome == Outcome::Succeeded { Outcome::Failed } else { self.end.outcome };
        let (started_at, finished_at, duration) = (self.end.started_at, self.end.finished_at, self.end.duration);
        let end = JobEnd { started_at, finished_at, duration, ..JobEnd::not_started(outcome, error) };
        let (counts_as, crashed, files) = (self.counts_as, self.crashed, self.files.clone());
        Self { logs: Vec::new(), end, counts_as, crashed, files, recording: None }
    }
}

/// Returns the error of a job that was begun too often.
pub(super) fn given_up(attempts: u32, max_attempts: u32) -> String {
    let times = if attempts == 1 { "time" } else { "times" };
    format!("The job was given up: its executor was lost {attempts} {times} while it ran (max_attempts {max_attempts})")
}

/// Returns the time from one moment to a later one; nothing when the clocks disagree.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(to.unix_millis() - from.unix_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::{Level, LogEntry, Outcome, Timestamp};

    use super::{Crashed, Ended, given_up};
    use crate::metrics::DeliveryEnd;
    use crate::protocol::JobEnd;
    use crate::slot::SlotError;

    const LIMIT: Duration = Duration::from_secs(2);

    fn by_itself(outcome: Outcome, error: &str, cancelled: bool) -> Ended {
        Ended::by_itself(JobEnd::not_started(outcome, error), Vec::new(), cancelled)
    }

    #[test]
    fn a_job_counts_as_its_outcome_whatever_its_error_says() {
        let ended = by_itself(Outcome::Failed, "cancelled", false);
        assert_eq!((ended.end.outcome, ended.counts_as), (Outcome::Failed, DeliveryEnd::Job(Outcome::Failed)));
        let ended = by_itself(Outcome::Failed, "Time limit of 2 s (JOB_TIMEOUT) exceeded", false);
        assert_eq!(ended.end.outcome, Outcome::Failed);
        assert_eq!(by_itself(Outcome::TimedOut, "x", false).end.outcome, Outcome::TimedOut);
    }

    #[test]
    fn a_slot_cannot_cancel_a_job_or_give_it_up() {
        assert_eq!(by_itself(Outcome::Cancelled, "x", true).end.outcome, Outcome::Cancelled);
        assert_eq!(by_itself(Outcome::Cancelled, "x", false).end.outcome, Outcome::Failed);
        assert_eq!(by_itself(Outcome::GivenUp, "x", true).end.outcome, Outcome::Failed);
        assert_eq!(by_itself(Outcome::Succeeded, "", true).end.outcome, Outcome::Succeeded, "it was quicker");
    }

    #[test]
    fn a_slot_that_had_to_be_killed_after_the_deadline_ends_its_job_as_the_sandbox_would() {
        let begun = Timestamp::now();
        let said = LogEntry { time: begun, level: Level::Info, message: "hi".to_owned() };
        let with_its_slot =
            |error: &SlotError, cancelled| Ended::with_its_slot(error, vec![said.clone()], begun, LIMIT, cancelled);
        let silent = SlotError::Silent { action: "end its job", limit: LIMIT };
        let ended = with_its_slot(&silent, false);
        assert_eq!(ended.end.outcome, Outcome::TimedOut);
        assert_eq!(ended.end.error.as_deref(), Some("Time limit of 2 s (JOB_TIMEOUT) exceeded"));
        assert_eq!((ended.logs.len(), &ended.logs[0]), (2, &said));

        let ended = with_its_slot(&SlotError::Ended { status: "signal 11".to_owned() }, false);
        let text = "The process that ran the job was lost: the slot process ended unexpectedly (signal 11)";
        assert_eq!(ended.end.error.as_deref(), Some(text));
        assert_eq!((ended.end.outcome, ended.counts_as), (Outcome::Failed, DeliveryEnd::SlotLost));
        assert_eq!(ended.crashed, Crashed::Yes);

        let ended = with_its_slot(&SlotError::TooMuch("Limit of 5 log lines".to_owned()), false);
        assert_eq!(ended.end.error.as_deref(), Some("Limit of 5 log lines"));
        assert_eq!(ended.crashed, Crashed::No);

        let ended = with_its_slot(&silent, true);
        assert_eq!((ended.end.outcome, ended.end.error.as_deref()), (Outcome::Cancelled, Some("cancelled")));
        assert!(ended.end.started_at.is_some() && ended.logs[0] == said);
    }

    #[test]
    fn a_result_that_cannot_be_delivered_is_no_success() {
        let failed = by_itself(Outcome::Succeeded, "", false).without_content("too large".to_owned());
        assert_eq!((failed.end.outcome, failed.end.error.as_deref()), (Outcome::Failed, Some("too large")));
        let late = by_itself(Outcome::TimedOut, "", false).without_content("too large".to_owned());
        assert_eq!(late.end.outcome, Outcome::TimedOut);
    }

    #[test]
    fn giving_up_names_the_number() {
        assert!(given_up(1, 1).contains("lost 1 time while"));
        assert!(given_up(3, 3).contains("lost 3 times while it ran (max_attempts 3)"));
    }
}
