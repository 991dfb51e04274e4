//! How a job ended, and where a job is for who looks for it.

use serde::{Deserialize, Serialize};

use crate::{Job, JobStatus};

/// How a job ended. Decided where it is known, carried as data: a job's error text never tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The code ran to its end.
    Succeeded,
    /// The code threw, met a limit other than its time, or lost its process.
    Failed,
    /// A client cancelled the job.
    Cancelled,
    /// The code ran longer than its time limit.
    TimedOut,
    /// The job was begun, or put on the queue, as often as it may be, and no result came.
    GivenUp,
    /// No executor had begun the job by the time that it was given.
    Expired,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 6] = [
        Outcome::Succeeded,
        Outcome::Failed,
        Outcome::Cancelled,
        Outcome::TimedOut,
        Outcome::GivenUp,
        Outcome::Expired,
    ];

    /// Returns the outcome's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Cancelled => "cancelled",
            Outcome::TimedOut => "timed_out",
            Outcome::GivenUp => "given_up",
            Outcome::Expired => "expired",
        }
    }

    /// Returns the outcome of a result that does not say, as the predecessor's do not: an error means failure.
    pub fn of_error(error: Option<&str>) -> Self {
        if error.is_none_or(str::is_empty) { Outcome::Succeeded } else { Outcome::Failed }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a job is, for lists: waiting and running tell `created` and `queued` apart by what is known of executors, the
/// other states tell `done` apart by [`Outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Nobody has begun it, as far as its document says.
    Waiting,
    /// An executor has begun it: its document carries [`Running`](crate::Running).
    Running,
    /// See [`Outcome::Succeeded`]; the same holds for the states below.
    Succeeded,
    /// Failed.
    Failed,
    /// Cancelled.
    Cancelled,
    /// Timed out.
    TimedOut,
    /// Given up.
    GivenUp,
    /// Expired.
    Expired,
}

impl JobState {
    /// All states, in the order a job passes them.
    pub const ALL: [JobState; 8] = [
        JobState::Waiting,
        JobState::Running,
        JobState::Succeeded,
        JobState::Failed,
        JobState::Cancelled,
        JobState::TimedOut,
        JobState::GivenUp,
        JobState::Expired,
    ];

    /// Returns the state that a document tells.
    pub fn of(job: &Job) -> Self {
        match (job.status, &job.running) {
            (JobStatus::Done, _) => job.outcome_or_derived().into(),
            (_, Some(_)) => JobState::Running,
            (_, None) => JobState::Waiting,
        }
    }

    /// Returns the state's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Succeeded => "succeeded",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
            JobState::TimedOut => "timed_out",
            JobState::GivenUp => "given_up",
            JobState::Expired => "expired",
        }
    }

    /// Returns the state of that name on the wire; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl From<Outcome> for JobState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => JobState::Succeeded,
            Outcome::Failed => JobState::Failed,
            Outcome::Cancelled => JobState::Cancelled,
            Outcome::TimedOut => JobState::TimedOut,
            Outcome::GivenUp => JobState::GivenUp,
            Outcome::Expired => JobState::Expired,
        }
    }
}

impl std::fmt::Display for JobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{JobState, Outcome};
    use crate::{Job, JobResult, NewJob, Timestamp};

    #[test]
    fn names_are_the_wires() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
        for state in JobState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(JobState::parse(state.as_str()), Some(state));
        }
        assert_eq!(JobState::parse("done"), None);
    }

    #[test]
    fn a_done_job_without_an_outcome_is_told_by_its_error() {
        let mut job = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        assert_eq!(JobState::of(&job), JobState::Waiting);
        job.finish(JobResult { error: None, ..JobResult::not_started(job.uuid.clone(), "") }).unwrap();
        job.outcome = None;
        assert_eq!(JobState::of(&job), JobState::Succeeded);
        // The text proves nothing: a job may throw any.
        job.error = "cancelled".to_owned();
        assert_eq!(JobState::of(&job), JobState::Failed);
    }
}
