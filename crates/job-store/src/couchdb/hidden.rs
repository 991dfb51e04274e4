//! Leaves of a document that CouchDB hides behind another: how they are asked for, and which jobs were seen to have them.

use std::sync::{Mutex, PoisonError};

use job_model::JobId;

/// Asks for the revisions of the hidden leaves beside a document.
pub(crate) fn with_conflicts() -> (&'static str, String) {
    ("conflicts", "true".to_owned())
}

/// How many jobs are remembered to be settled later; those beyond are met again.
const NOTED_MAX: usize = 1000;

/// Jobs that were read with hidden leaves and are to be settled: the reads are the holder's,
/// [`settle_noted`](super::CouchDbJobStore::settle_noted) empties it.
#[derive(Default)]
pub(super) struct Noted(Mutex<Vec<JobId>>);

impl Noted {
    pub(super) fn add(&self, id: JobId) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() < NOTED_MAX && !ids.contains(&id) {
            ids.push(id);
        }
    }

    pub(super) fn take(&self) -> Vec<JobId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
