//! The one size limit of both stores.

use job_model::Job;

use crate::StoreError;

/// The largest document, in bytes of its JSON: CouchDB's own default for `max_document_size`.
pub const MAX_DOCUMENT_BYTES: usize = 8_000_000;

/// The largest job, in bytes of its JSON: the store adds a little of its own to each document.
pub const MAX_JOB_BYTES: usize = MAX_DOCUMENT_BYTES - 100;

/// Refuses a job over the limit without building its text.
pub(crate) fn check_size(job: &Job) -> Result<(), StoreError> {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, job).map_err(|error| not_encodable(job, &error))?;
    if counter.0 > MAX_JOB_BYTES { Err(StoreError::TooLarge { id: job.uuid.clone() }) } else { Ok(()) }
}

/// A job that has no JSON text.
pub(crate) fn not_encodable(job: &Job, error: &serde_json::Error) -> StoreError {
    StoreError::Refused { action: format!("encode job {}", job.uuid), reason: error.to_string() }
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
