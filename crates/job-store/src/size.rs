//! The one size limit of both stores.

use job_model::{Job, JobId};

use crate::StoreError;

/// The largest job in bytes, as the store keeps it: CouchDB takes no larger document
/// ([`max_document_size`](https://docs.couchdb.org/en/stable/config/couchdb.html#couchdb/max_document_size)).
pub const MAX_JOB_BYTES: usize = 8_000_000;
/// What a new job leaves free below [`MAX_JOB_BYTES`]: later writes add times, notes and a short error.
pub const ROOM_FOR_THE_SERVER: usize = 1024;

/// What a store adds to a job's JSON, at most. The same in every store, so that all of them take the same jobs.
pub(crate) const ADDED: usize = 100;

/// Which limit a write has to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// A new job's.
    Insert,
    /// A job's that is there.
    Update,
}

impl Limit {
    /// Refuses a job whose JSON has more bytes than fit.
    pub(crate) fn check(self, id: &JobId, json_bytes: usize) -> Result<(), StoreError> {
        let limit = match self {
            Self::Insert => MAX_JOB_BYTES - ROOM_FOR_THE_SERVER,
            Self::Update => MAX_JOB_BYTES,
        };
        let size = json_bytes + ADDED;
        if size > limit { Err(StoreError::TooLarge { id: id.clone(), size, limit }) } else { Ok(()) }
    }
}

/// A job that has no JSON text.
pub(crate) fn not_encodable(job: &Job, error: &serde_json::Error) -> StoreError {
    StoreError::Refused { action: format!("encode job {}", job.uuid), reason: error.to_string() }
}
