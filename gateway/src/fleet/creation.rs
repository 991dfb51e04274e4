//! Which job is meant, among those that had the same uuid one after the other.

use job_model::{InstanceId, Job, JobId};

/// One creation of a job.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Creation {
    pub(super) uuid: JobId,
    /// `None` in documents that may not carry one.
    pub(super) instance: Option<InstanceId>,
}

impl Creation {
    /// The creation of an instance.
    pub(crate) fn new(uuid: JobId, instance: Option<InstanceId>) -> Self {
        Self { uuid, instance }
    }

    /// The creation that a document is of.
    pub(crate) fn of(job: &Job) -> Self {
        Self::new(job.uuid.clone(), job.instance.clone())
    }

    /// The job's uuid.
    pub(crate) fn uuid(&self) -> &JobId {
        &self.uuid
    }
}
