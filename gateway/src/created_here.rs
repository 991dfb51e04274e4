//! The jobs that this gateway stored last: it publishes them itself, whatever their documents look like.
//!
//! A database that takes the predecessor's fields only gets documents that tell nothing of us.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use job_model::JobId;

/// Jobs that are remembered: more than are stored in the time that a `queued` mark takes.
const REMEMBERED: usize = 20_000;

/// The ids of the last jobs.
#[derive(Default)]
pub(crate) struct CreatedHere {
    last: Mutex<(VecDeque<JobId>, HashSet<JobId>)>,
}

impl CreatedHere {
    /// Takes note of a job.
    pub(crate) fn note(&self, id: &JobId) {
        let mut last = self.lock();
        let full = last.0.len() == REMEMBERED;
        if let Some(oldest) = full.then(|| last.0.pop_front()).flatten() {
            last.1.remove(&oldest);
        }
        if last.1.insert(id.clone()) {
            last.0.push_back(id.clone());
        }
    }

    /// Whether the job is one of them.
    pub(crate) fn contains(&self, id: &JobId) -> bool {
        self.lock().1.contains(id)
    }

    fn lock(&self) -> MutexGuard<'_, (VecDeque<JobId>, HashSet<JobId>)> {
        // Nothing here panics half way through a change.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use job_model::JobId;

    use super::{CreatedHere, REMEMBERED};

    #[test]
    fn the_last_jobs_are_remembered() {
        let jobs = CreatedHere::default();
        for number in 0..=REMEMBERED {
            jobs.note(&JobId::parse(number.to_string()).unwrap());
        }
        for (id, remembered) in [("0", false), ("1", true), ("20000", true)] {
            assert_eq!(jobs.contains(&JobId::parse(id).unwrap()), remembered, "{id}");
        }
    }
}
