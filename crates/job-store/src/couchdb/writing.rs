//! Writes jobs, in full or as plainly as the database wants them, and tells what a fence that holds means.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use job_model::{Job, JobId, JobStatus};

use super::document::{Encoded, Form};
use super::group_commit::RowFailure;
use super::trouble::Trouble;
use super::{CouchDbJobStore, document};
use crate::{MAX_JOB_BYTES, Revision, StoreError};

impl CouchDbJobStore {
    /// Writes a job over a revision, or as a new one: whole, or in the predecessor's fields where the database takes no others.
    pub(super) async fn write(&self, job: &Job, revision: Option<&Revision>) -> Result<Revision, StoreError> {
        if revision.is_some_and(|revision| !document::is_revision(revision)) {
            return Err(StoreError::Conflict { id: job.uuid.clone() });
        }
        // A job that is to run without its rules must not be stored at all.
        let is_bound = job.status != JobStatus::Done && is_bound(job);
        let form = if self.plain.load(Ordering::Relaxed) && !is_bound { Form::Plain } else { Form::Whole };
        let failed = |failure, job_bytes| self.row_failed(&job.uuid, failure, job_bytes);
        let Encoded { document, job_bytes } = document::encode(job, revision, form)?;
        match self.write_document(&job.uuid, document).await {
            Ok(revision) => Ok(revision),
            Err(RowFailure::Forbidden(refusal)) if form == Form::Whole && !is_bound => {
                let Encoded { document, job_bytes } = document::encode(job, revision, Form::Plain)?;
                match self.write_document(&job.uuid, document).await {
                    // It was not about the members: the first refusal says more.
                    Err(RowFailure::Forbidden(_)) => Err(failed(RowFailure::Forbidden(refusal), job_bytes)),
                    Err(failure) => Err(failed(failure, job_bytes)),
                    Ok(revision) => {
                        self.note_plain(&refusal);
                        Ok(revision)
                    }
                }
            }
            Err(failure) => Err(failed(failure, job_bytes)),
        }
    }

    /// Remembers that the database takes nothing but what the predecessor wrote, and says once what that costs.
    fn note_plain(&self, refusal: &Trouble) {
        if self.plain.swap(true, Ordering::Relaxed) {
            return;
        }
        let reason = match refusal {
            Trouble::Refused(reason) => reason.as_str(),
            _ => "",
        };
        let ours = Job::fields_beside_the_predecessors().join(", ");
        tracing::warn!(
            %reason,
            "a validate_doc_update of the database {} allows the predecessor's fields only, so jobs are stored \
             without ours: {ours}. States and limits of stored jobs are derived from status, error and created_at, several \
             gateways may publish one job at the same time, and of a named token's jobs only those that it created lately \
             at the same gateway are known to be its own. Jobs with network rules, times, keys or retries are refused. \
             Allow these fields and write_token to have them kept",
            self.http.address()
        );
    }

    fn row_failed(&self, id: &JobId, failure: RowFailure, job_bytes: usize) -> StoreError {
        match failure {
            RowFailure::Conflict => StoreError::Conflict { id: id.clone() },
            // The server's own limit, which may have been made smaller.
            RowFailure::TooLarge => {
                StoreError::TooLarge { id: id.clone(), size: job_bytes, limit: MAX_JOB_BYTES.min(job_bytes - 1) }
            }
            RowFailure::Forbidden(trouble) | RowFailure::Other(trouble) => {
                self.failed(&format!("write job {id}"))(trouble)
            }
        }
    }

    async fn write_document(&self, id: &JobId, document: Bytes) -> Result<Revision, RowFailure> {
        let writing = || async {
            match self.writer.write(id.as_str(), document.clone()).await {
                Err(RowFailure::Other(trouble)) => Err(trouble),
                outcome => Ok(outcome),
            }
        };
        self.with_database(writing).await.unwrap_or_else(|trouble| Err(RowFailure::Other(trouble)))
    }

    /// Writes the tombstone beside what else is to be written.
    pub(super) async fn bury(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
        let failed = self.failed(&format!("delete job {id}"));
        if document::is_revision(revision) {
            match self.writer.write(id.as_str(), document::tombstone(id.as_str(), revision)).await {
                Ok(_) => return Ok(()),
                Err(RowFailure::Conflict | RowFailure::TooLarge) => {}
                Err(RowFailure::Forbidden(trouble) | RowFailure::Other(trouble)) => return Err(failed(trouble)),
            }
        }
        Err(self.stale(id).await.map_err(failed)?)
    }

    /// What a fence that has held means: that depends on whether there still is a document.
    pub(super) async fn stale(&self, id: &JobId) -> Result<StoreError, Trouble> {
        Ok(match self.document(id).await? {
            Some(_) => StoreError::Conflict { id: id.clone() },
            None => StoreError::NotFound { id: id.clone() },
        })
    }
}

/// Whether a job says something that must not be lost before it is done: what it may reach, and when it may run.
fn is_bound(job: &Job) -> bool {
    let is_ruled = job.network.is_some() || job.network_token.is_some();
    is_ruled
        || job.waits_for.is_some()
        || job.wake_at.is_some()
        || job.key.is_some()
        || job.retry.is_some()
        || job.batch.is_some()
}
