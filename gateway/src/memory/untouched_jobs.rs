//! Documents that another program stored and that have not been written since.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_model::JobId;
use job_store::Change;
use tokio::time::Instant;

/// How long a job is left to its own gateway: more than the second that a `queued` mark is held.
const LEFT: Duration = Duration::from_millis(1250);
/// Ids that are known to be nothing new. One that is forgotten is read once more when it is written to.
const REMEMBERED: usize = 100_000;

/// What one gateway knows of them.
#[derive(Default)]
pub(crate) struct UntouchedJobs {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Ids that were met before, by their hashes: two of the same hash cost a job a visit of the sweep.
    met: HashSet<u64>,
    /// The same, by age.
    ages: VecDeque<u64>,
    hasher: RandomState,
    untouched: HashMap<JobId, Instant>,
}

impl UntouchedJobs {
    /// Takes note of a job that this gateway wrote.
    pub(crate) fn ours(&self, id: &JobId) {
        let mut known = self.lock();
        known.meet(id);
        known.untouched.remove(id);
    }

    /// Takes note of jobs that a list showed.
    pub(crate) fn found(&self, ids: impl Iterator<Item = JobId>, now: Instant) {
        let mut known = self.lock();
        for id in ids {
            known.meet(&id);
            known.untouched.entry(id).or_insert(now);
        }
    }

    /// Takes note of what was written, by whomever.
    pub(crate) fn follow(&self, changes: Vec<Change>, now: Instant) {
        let mut known = self.lock();
        for change in changes {
            match change {
                Change::Written(id) if known.meet(&id) => {
                    known.untouched.insert(id, now);
                }
                Change::Written(id) => {
                    known.untouched.remove(&id);
                }
                Change::Deleted(id) => known.forget(&id),
            }
        }
    }

    /// Takes out those that have been left alone for long enough.
    pub(crate) fn take_due(&self, now: Instant) -> Vec<JobId> {
        let mut known = self.lock();
        known.untouched.extract_if(|_, since| now.saturating_duration_since(*since) >= LEFT).map(|(id, _)| id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing here panics half way through a change.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether the id is met for the first time.
    fn meet(&mut self, id: &JobId) -> bool {
        let hash = self.hasher.hash_one(id);
        if !self.met.insert(hash) {
            return false;
        }
        self.ages.push_back(hash);
        if self.ages.len() > REMEMBERED
            && let Some(oldest) = self.ages.pop_front()
        {
            self.met.remove(&oldest);
        }
        true
    }

    /// The id may be given to another job.
    fn forget(&mut self, id: &JobId) {
        let hash = self.hasher.hash_one(id);
        self.met.remove(&hash);
        self.untouched.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use job_model::JobId;
    use job_store::Change;
    use tokio::time::Instant;

    use super::{LEFT, REMEMBERED, UntouchedJobs};

    fn id(text: &str) -> JobId {
        JobId::parse(text).unwrap()
    }

    fn written(texts: &[&str]) -> Vec<Change> {
        texts.iter().map(|text| Change::Written(id(text))).collect()
    }

    #[test]
    fn what_nobody_writes_to_is_due_once() {
        let (jobs, start) = (UntouchedJobs::default(), Instant::now());
        jobs.ours(&id("ours"));
        jobs.follow(written(&["ours", "moves", "stays", "goes"]), start);
        jobs.follow(vec![Change::Written(id("moves")), Change::Deleted(id("goes"))], start);
        assert!(jobs.take_due(start + LEFT / 2).is_empty());
        assert_eq!(jobs.take_due(start + LEFT), [id("stays")]);
        assert!(jobs.take_due(start + LEFT).is_empty());
        jobs.follow(written(&["stays"]), start + LEFT);
        assert!(jobs.take_due(start + 2 * LEFT).is_empty(), "it was met before");
    }

    #[test]
    fn an_id_that_is_given_to_another_job_is_new() {
        let (jobs, start) = (UntouchedJobs::default(), Instant::now());
        jobs.follow(written(&["again"]), start);
        jobs.follow(vec![Change::Deleted(id("again"))], start);
        jobs.follow(written(&["again"]), start);
        assert_eq!(jobs.take_due(start + LEFT), [id("again")]);
    }

    #[test]
    fn our_own_write_counts_whether_it_is_noted_before_or_after_it_is_seen() {
        let (jobs, start) = (UntouchedJobs::default(), Instant::now());
        jobs.follow(written(&["a"]), start);
        jobs.ours(&id("a"));
        assert!(jobs.take_due(start + LEFT).is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let jobs = UntouchedJobs::default();
        for number in 0..REMEMBERED + 10 {
            jobs.ours(&id(&format!("j{number}")));
        }
        let known = jobs.lock();
        assert_eq!((known.met.len(), known.ages.len()), (REMEMBERED, REMEMBERED));
    }
}
