//! What a gateway is put together from.

use std::sync::Arc;

use job_files::JobFiles;
use job_queue::JobQueue;
use job_store::JobStore;
use job_store::records::RecordStore;

/// Where jobs are stored and queued.
#[derive(Clone)]
pub struct Parts {
    /// Keeps the jobs.
    pub store: Arc<dyn JobStore>,
    /// Keeps what the service has beside jobs: schedules, scripts, batches, deliveries, keys.
    pub records: Arc<dyn RecordStore>,
    /// Carries jobs and results.
    pub queue: Arc<dyn JobQueue>,
    /// Keeps the files of jobs; without it jobs have none.
    pub files: Option<JobFiles>,
}
