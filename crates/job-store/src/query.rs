//! What callers ask a store for.

use job_model::{Job, JobId, JobState, JobStatus, JobSummary, Timestamp, TokenName, WaitsFor};

use crate::Stored;

/// Which jobs are meant: those for which everything given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only jobs that the token of this name made.
    pub owner: Option<TokenName>,
    /// Only jobs of this status.
    pub status: Option<JobStatus>,
    /// Only jobs in this state.
    pub state: Option<JobState>,
    /// Only jobs created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only jobs created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

/// Which page of the list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// The jobs that make the list.
    pub filter: JobFilter,
    /// How many jobs to pass over, newest first.
    pub skip: u64,
    /// The most jobs to return.
    pub limit: u64,
}

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPage {
    /// The jobs, newest first: by `created_at`, then `uuid`, both descending. The revision is the one to delete at.
    pub jobs: Vec<Stored<JobSummary>>,
    /// How many jobs the whole list has.
    pub total: u64,
}

/// Which jobs [`JobStore::leftovers`](crate::JobStore::leftovers) looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftoverQuery {
    /// The state they are stuck in.
    pub status: JobStatus,
    /// Only jobs created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only jobs created at this time or earlier.
    pub created_until: Timestamp,
    /// Only jobs behind this one in the order of `created_at`, then `uuid`. The job itself may be gone.
    pub after: Option<(Timestamp, JobId)>,
    /// The most jobs to return.
    pub limit: u64,
}

/// Jobs whose [`Job::wake_at`] has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DueJobs {
    /// The jobs, those that are due longest first.
    pub jobs: Vec<Stored<Job>>,
    /// How many places of the list that was; more than there are jobs when some cannot be read or have moved on meanwhile.
    pub rows: u64,
    /// When the next job behind these is due; a time that has come when there was no room for it.
    pub next: Option<Timestamp>,
}

/// What jobs wait for that are not to be published yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingJobs {
    /// How many jobs wait for what. What none waits for is left out.
    pub reasons: Vec<(WaitsFor, u64)>,
    /// The keys that jobs wait for, as [`RunKey::of_owner`](job_model::RunKey::of_owner) has them.
    pub keys: Vec<String>,
}

/// What a filter means for an index that knows each job under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Status(JobStatus),
    State(JobState),
    /// A state that jobs of more than one status have.
    Both(JobStatus, JobState),
}

impl JobFilter {
    /// Every job.
    pub const ALL: Self = Self { owner: None, status: None, state: None, created_from: None, created_to: None };

    /// The jobs of a status and a state; `None` when no job can have both.
    pub(crate) fn scope(&self) -> Option<Scope> {
        let Some(state) = self.state else { return Some(self.status.map_or(Scope::All, Scope::Status)) };
        let is_over = !matches!(state, JobState::Waiting | JobState::Running);
        match self.status {
            None => Some(Scope::State(state)),
            Some(JobStatus::Done) => is_over.then_some(Scope::State(state)),
            Some(status) => (!is_over).then_some(Scope::Both(status, state)),
        }
    }

    /// The first and the last second that are meant; `None` when there is no time between them.
    pub(crate) fn seconds(&self) -> Option<Seconds> {
        Seconds::between(self.created_from, self.created_to)
    }
}

impl LeftoverQuery {
    /// The first and the last second that are meant; `None` when there is no time between them.
    pub(crate) fn seconds(&self) -> Option<Seconds> {
        Seconds::between(self.created_from, Some(self.created_until))
    }
}

/// Whole seconds, which is how jobs are dated; without a bound where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds {
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
}

impl Seconds {
    fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Self> {
        let first = match from {
            Some(time) => Some(next_whole_second(time)?),
            None => None,
        };
        let last = to.map(Timestamp::truncated_to_seconds);
        let is_empty = first.zip(last).is_some_and(|(first, last)| first > last);
        (!is_empty).then_some(Self { first, last })
    }
}

/// The first whole second that is not before a time; `None` behind the last year.
fn next_whole_second(time: Timestamp) -> Option<Timestamp> {
    let seconds = time.unix_millis().div_euclid(1000) + i64::from(time.unix_millis().rem_euclid(1000) > 0);
    Timestamp::from_unix_millis(seconds * 1000)
}

#[cfg(test)]
mod tests {
    use job_model::{JobState, JobStatus, Timestamp};

    use super::{JobFilter, Scope};

    #[test]
    fn a_status_and_a_state_that_exclude_each_other_are_nobodys() {
        let scope = |status, state| JobFilter { status, state, ..JobFilter::default() }.scope();
        assert_eq!(scope(Some(JobStatus::Done), Some(JobState::Failed)), Some(Scope::State(JobState::Failed)));
        assert_eq!(scope(Some(JobStatus::Done), Some(JobState::Waiting)), None);
        assert_eq!(scope(Some(JobStatus::Queued), Some(JobState::Failed)), None);
        let queued = (JobStatus::Queued, JobState::Running);
        assert_eq!(scope(Some(queued.0), Some(queued.1)), Some(Scope::Both(queued.0, queued.1)));
        assert_eq!(scope(None, None), Some(Scope::All));
    }

    #[test]
    fn bounds_between_seconds_take_in_no_second_that_lies_outside() {
        let time = |text: &str| Some(Timestamp::parse(text).unwrap());
        let bounds = |from, to| JobFilter { created_from: from, created_to: to, ..JobFilter::default() }.seconds();
        let seconds = bounds(time("1969-12-31T23:59:57.5Z"), time("1969-12-31T23:59:58.5Z")).unwrap();
        assert_eq!(seconds.first, time("1969-12-31T23:59:58Z"));
        assert_eq!(seconds.last, time("1969-12-31T23:59:58Z"));
        assert_eq!(bounds(time("2020-01-01T00:00:00.1Z"), time("2020-01-01T00:00:00.9Z")), None);
        assert_eq!(bounds(time("9999-12-31T23:59:59.5Z"), None), None);
    }
}
