//! The jobs that this gateway stored last: it publishes them itself, whatever their documents look like.
//!
//! A database that takes the predecessor's fields only gets documents that tell nothing of us.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use job_model::{InstanceId, Job, JobId, Timestamp, TokenName};

/// Jobs that are remembered: more than are stored in the time that a `queued` mark takes.
const REMEMBERED: usize = 20_000;

/// The last jobs: their ids by age, and the latest creation of each.
#[derive(Default)]
pub(crate) struct CreatedHere {
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    ids: VecDeque<JobId>,
    jobs: HashMap<JobId, Kept>,
}

/// What a job's document may not be able to say.
struct Kept {
    instance: Option<InstanceId>,
    owner: Option<TokenName>,
    created_at: Timestamp,
}

impl CreatedHere {
    /// Takes note of a job.
    pub(crate) fn note(&self, job: &Job) {
        let mut last = self.lock();
        let full = last.ids.len() == REMEMBERED;
        if let Some(oldest) = full.then(|| last.ids.pop_front()).flatten() {
            last.jobs.remove(&oldest);
        }
        let (instance, owner) = (job.instance.clone(), job.owner.clone());
        let kept = Kept { instance, owner, created_at: job.created_at };
        if last.jobs.insert(job.uuid.clone(), kept).is_none() {
            last.ids.push_back(job.uuid.clone());
        }
    }

    /// Which creation the job is, when it is one of them: its document may not be able to say so.
    pub(crate) fn instance(&self, id: &JobId) -> Option<InstanceId> {
        self.lock().jobs.get(id).and_then(|kept| kept.instance.clone())
    }

    /// Whose the job is, when it is the very one that is remembered and its document could not say so.
    pub(crate) fn owner(&self, job: &Job) -> Option<TokenName> {
        if job.instance.is_some() {
            return job.owner.clone(); // a document that says this says everything
        }
        let last = self.lock();
        let kept = last.jobs.get(&job.uuid).filter(|kept| kept.created_at == job.created_at);
        job.owner.clone().or_else(|| kept.and_then(|kept| kept.owner.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        // Nothing here panics half way through a change.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use job_model::{Job, JobId, NewJob, Timestamp, TokenName};

    use super::{CreatedHere, REMEMBERED};

    fn job(uuid: &str) -> Job {
        Job::create(NewJob { uuid: uuid.to_owned(), ..NewJob::default() }, Timestamp::now()).unwrap()
    }

    #[test]
    fn the_last_jobs_are_remembered() {
        let jobs = CreatedHere::default();
        for number in 0..=REMEMBERED {
            jobs.note(&job(&number.to_string()));
        }
        for (id, remembered) in [("0", false), ("1", true), ("20000", true)] {
            assert_eq!(jobs.instance(&JobId::parse(id).unwrap()).is_some(), remembered, "{id}");
        }
    }

    #[test]
    fn the_latest_creation_of_a_uuid_counts() {
        let jobs = CreatedHere::default();
        let (first, second) = (job("j"), job("j"));
        jobs.note(&first);
        assert_eq!(jobs.instance(&first.uuid), first.instance);
        jobs.note(&second);
        assert_eq!(jobs.instance(&first.uuid), second.instance);
        assert_eq!(jobs.instance(&job("other").uuid), None);
    }

    #[test]
    fn a_document_that_tells_nothing_of_us_is_still_its_owners() {
        let jobs = CreatedHere::default();
        let alice = TokenName::parse("alice").ok();
        let created = Job { owner: alice.clone(), ..job("j") };
        jobs.note(&created);
        let plain = Job { owner: None, instance: None, ..created.clone() };
        assert_eq!(jobs.owner(&plain), alice);
        // Another gateway made it anew for somebody else, or for nobody.
        let other = Job { created_at: Timestamp::parse("2020-01-02T03:04:05Z").unwrap(), ..plain };
        assert_eq!(jobs.owner(&other), None);
        assert_eq!(jobs.owner(&Job { owner: None, ..job("j") }), None);
    }
}
