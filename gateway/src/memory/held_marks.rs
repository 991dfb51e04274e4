//! Jobs that are on the queue and whose `queued` mark is not written yet.
//!
//! Most jobs are done within a second. Then nobody needs the mark: the result is written over the revision that is kept
//! here, without the mark and without reading the job. A gateway that dies loses the marks it holds; the sweep then meets
//! jobs that are `created` and on the queue already, and publishes them once more.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use job_model::{InstanceId, Job, JobId};
use job_store::Stored;

use crate::fleet::Creation;
use crate::memory::publish_line::weight;

/// How long a mark is held.
pub(crate) const HELD: Duration = Duration::from_secs(1);
/// What the held jobs may weigh together, in bytes of their texts.
const HELD_BYTES: u64 = 64 * 1024 * 1024;

/// The held marks of one gateway.
#[derive(Default)]
pub(crate) struct HeldMarks {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    jobs: HashMap<JobId, Stored<Job>>,
    /// When each becomes due, in that order. One that was taken meanwhile is passed over.
    due: VecDeque<(Instant, JobId, Option<InstanceId>)>,
    bytes: u64,
}

impl HeldMarks {
    /// Holds a published job for a while. Gives the job back when there is no room: its mark is then written at once.
    pub(crate) fn hold(&self, job: Stored<Job>, now: Instant) -> Result<(), Box<Stored<Job>>> {
        let mut held = self.lock();
        let more = u64::from(weight(&job.value));
        if held.bytes + more > HELD_BYTES || held.jobs.contains_key(&job.value.uuid) {
            return Err(Box::new(job));
        }
        held.bytes += more;
        held.due.push_back((now + HELD, job.value.uuid.clone(), job.value.instance.clone()));
        held.jobs.insert(job.value.uuid.clone(), job);
        Ok(())
    }

    /// Takes the job out when it is the one that is meant: its mark is not needed any more.
    pub(crate) fn take(&self, id: &JobId, meant: impl FnOnce(&Job) -> bool) -> Option<Stored<Job>> {
        let mut held = self.lock();
        if !held.jobs.get(id).is_some_and(|job| meant(&job.value)) {
            return None;
        }
        held.remove(id)
    }

    /// Whether this gateway knows the job to be on the queue though its document does not say so yet.
    pub(crate) fn holds(&self, creation: &Creation) -> bool {
        self.lock().jobs.get(creation.uuid()).is_some_and(|held| Creation::of(&held.value) == *creation)
    }

    /// Takes out all whose time has come.
    pub(crate) fn take_due(&self, now: Instant) -> Vec<Stored<Job>> {
        let mut held = self.lock();
        let mut due = Vec::new();
        while held.due.front().is_some_and(|(time, ..)| *time <= now) {
            let Some((_, id, instance)) = held.due.pop_front() else { break };
            if held.jobs.get(&id).is_some_and(|job| job.value.instance == instance) {
                due.extend(held.remove(&id));
            }
        }
        due
    }

    /// Takes out all.
    pub(crate) fn take_all(&self) -> Vec<Stored<Job>> {
        let mut held = self.lock();
        held.due.clear();
        held.bytes = 0;
        held.jobs.drain().map(|(_, job)| job).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing here panics half way through a change.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn remove(&mut self, id: &JobId) -> Option<Stored<Job>> {
        let job = self.jobs.remove(id)?;
        self.bytes = self.bytes.saturating_sub(u64::from(weight(&job.value)));
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use job_model::{Job, NewJob, Timestamp};
    use job_store::{Revision, Stored};

    use super::{HELD, HeldMarks};
    use crate::fleet::Creation;

    fn job(id: &str) -> Stored<Job> {
        let new = NewJob { uuid: id.to_owned(), ..NewJob::default() };
        Stored { value: Job::create(new, Timestamp::now()).unwrap(), revision: Revision("1".to_owned()) }
    }

    #[test]
    fn a_job_that_is_taken_is_not_due_later() {
        let (marks, now) = (HeldMarks::default(), Instant::now());
        let (first, second) = (job("a"), job("b"));
        marks.hold(first.clone(), now).unwrap();
        marks.hold(second.clone(), now).unwrap();
        assert!(marks.take_due(now).is_empty());
        assert!(
            marks.holds(&Creation::of(&first.value)) && !marks.holds(&Creation::of(&job("a").value)),
            "another creation is another job"
        );
        assert_eq!(marks.take(&first.value.uuid, |_| false), None);
        assert_eq!(marks.take(&first.value.uuid, |_| true), Some(first));
        assert_eq!(marks.take_due(now + HELD), vec![second]);
        assert_eq!(marks.lock().bytes, 0);
    }

    #[test]
    fn what_does_not_fit_comes_back() {
        let marks = HeldMarks::default();
        let mut large = job("large");
        large.value.code = "x".repeat(65 * 1024 * 1024);
        assert!(marks.hold(large, Instant::now()).is_err());
        marks.hold(job("small"), Instant::now()).unwrap();
        assert_eq!(marks.take_all().len(), 1);
    }
}
