//! Says once of each document that is not a job why it is left alone: a sweep meets it every few seconds.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How many documents are remembered; beyond it the memory starts afresh.
const REMEMBERED_MAX: usize = 10_000;

/// Remembers which documents were reported.
#[derive(Default)]
pub(crate) struct Unreadable {
    reported: Mutex<HashSet<String>>,
}

impl Unreadable {
    /// Logs the reason unless this revision of the document was reported before.
    pub(crate) fn report(&self, id: &str, revision: &str, reason: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.len() >= REMEMBERED_MAX {
            reported.clear();
        }
        if reported.insert(format!("{id} {revision}")) {
            tracing::warn!(document.id = %id, "document {id:?} is left alone, it is no job: {reason}");
        }
    }
}
