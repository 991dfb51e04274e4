//! How a job ended: its result, and what that counts as.

use std::time::Duration;

use job_model::{JobId, JobResult, Level, LogEntry, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::metrics::Outcome;
use crate::slot::SlotError;

/// The error of a cancelled job.
pub(super) const CANCELLED: &str = "cancelled";

/// A job that has ended.
pub(super) struct Ended {
    pub(super) result: JobResult,
    pub(super) outcome: Outcome,
}

impl Ended {
    /// The slot made a result.
    pub(super) fn by_itself(result: JobResult, timeout: Duration) -> Self {
        let outcome = match result.error.as_deref() {
            None => Outcome::Succeeded,
            Some(CANCELLED) => Outcome::Cancelled,
            Some(text) if text == script::Limits::deadline_text(timeout) => Outcome::TimedOut,
            Some(_) => Outcome::Failed,
        };
        Self { result, outcome }
    }

    /// The job took its slot with it.
    pub(super) fn with_its_slot(
        uuid: &JobId,
        error: &SlotError,
        begun: Timestamp,
        timeout: Duration,
        cancelled: &CancellationToken,
        mut logs: Vec<LogEntry>,
    ) -> Self {
        let now = Timestamp::now();
        let (outcome, text) = match error {
            _ if cancelled.is_cancelled() => (Outcome::Cancelled, CANCELLED.to_owned()),
            SlotError::Silent { .. } => (Outcome::TimedOut, script::Limits::deadline_text(timeout)),
            other => (Outcome::Lost, format!("The process that ran the job was lost: {other}")),
        };
        tracing::warn!(error = %service::Chain(error), "the job ended its slot");
        logs.push(LogEntry { time: now, level: Level::Error, message: text.clone() });
        let duration = u64::try_from(between(begun, now).as_millis()).unwrap_or(u64::MAX);
        let (started_at, finished_at) = (Some(begun), Some(now));
        let result =
            JobResult { logs, started_at, finished_at, duration, ..JobResult::not_started(uuid.clone(), text) };
        Self { result, outcome }
    }
}

/// The error of a job that was begun too often.
pub(super) fn given_up(attempts: u32, max_attempts: u32) -> String {
    let times = if attempts == 1 { "time" } else { "times" };
    format!("The job was given up: its executor was lost {attempts} {times} while it ran (max_attempts {max_attempts})")
}

/// The time from one moment to a later one; nothing when the clocks disagree.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(to.unix_millis() - from.unix_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::{JobId, JobResult, Timestamp};
    use tokio_util::sync::CancellationToken;

    use super::{Ended, given_up};
    use crate::metrics::Outcome;
    use crate::slot::SlotError;

    const LIMIT: Duration = Duration::from_secs(2);

    fn ended(error: &str) -> Outcome {
        let result = JobResult::not_started(JobId::parse("j").unwrap(), error);
        Ended::by_itself(result, LIMIT).outcome
    }

    #[test]
    fn errors_count_by_their_kind() {
        assert_eq!(ended("Time limit of 2 s (JOB_TIMEOUT) exceeded"), Outcome::TimedOut);
        assert_eq!(ended("cancelled"), Outcome::Cancelled);
        assert_eq!(ended("TypeError: x"), Outcome::Failed);
    }

    #[test]
    fn a_slot_that_had_to_be_killed_after_the_deadline_ends_its_job_as_the_sandbox_would() {
        let (uuid, begun, cancelled) = (JobId::parse("j").unwrap(), Timestamp::now(), CancellationToken::new());
        let silent = SlotError::Silent { action: "end its job", limit: LIMIT };
        let ended = Ended::with_its_slot(&uuid, &silent, begun, LIMIT, &cancelled, Vec::new());
        assert_eq!(ended.outcome, Outcome::TimedOut);
        assert_eq!(ended.result.error.as_deref(), Some("Time limit of 2 s (JOB_TIMEOUT) exceeded"));
        assert_eq!(ended.result.logs.len(), 1);

        let died = SlotError::Ended { status: "signal 11".to_owned() };
        let ended = Ended::with_its_slot(&uuid, &died, begun, LIMIT, &cancelled, Vec::new());
        let text = "The process that ran the job was lost: the slot process ended unexpectedly (signal 11)";
        assert_eq!(ended.result.error.as_deref(), Some(text));

        cancelled.cancel();
        let ended = Ended::with_its_slot(&uuid, &silent, begun, LIMIT, &cancelled, Vec::new());
        assert_eq!((ended.outcome, ended.result.error.as_deref()), (Outcome::Cancelled, Some("cancelled")));
    }

    #[test]
    fn giving_up_names_the_number() {
        assert!(given_up(1, 1).contains("lost 1 time while"));
        assert!(given_up(3, 3).contains("lost 3 times while it ran (max_attempts 3)"));
    }
}
