//! Where jobs live.
//!
//! [`JobStore`] is one of the project's two trait seams: [`couchdb`] keeps jobs in a CouchDB over REST, as the
//! predecessor did, [`embedded`] keeps them in one SQLite file. Both fence every write by [`Revision`]: whoever writes
//! on a stale revision gets [`StoreError::Conflict`]. What one implementation must do, the other must do too, so every
//! promise of this module is a test in [`contract`].

pub mod contract;
pub mod couchdb;
pub mod embedded;
mod error;
mod size;
mod unreadable;

use async_trait::async_trait;
use job_model::{Job, JobId, JobStatus, Timestamp};

pub use error::StoreError;
pub use size::{MAX_DOCUMENT_BYTES, MAX_JOB_BYTES};

/// The fence of a stored job: changes with every write, means something to the store that made it only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision(pub String);

/// A value as the store holds it, with the revision a later write must name.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<T> {
    /// The value.
    pub value: T,
    /// Its revision.
    pub revision: Revision,
}

/// Which page of the list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Only jobs in this state; every job when `None`.
    pub status: Option<JobStatus>,
    /// How many jobs to pass over, newest first.
    pub skip: u64,
    /// The most jobs to return.
    pub limit: u64,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPage {
    /// The jobs, newest first: by `created_at`, then `uuid`, both descending.
    pub jobs: Vec<Job>,
    /// How many jobs the whole list has.
    pub total: u64,
}

/// Which jobs [`JobStore::leftovers`] looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftoverQuery {
    /// The state they are stuck in.
    pub status: JobStatus,
    /// Only jobs created at or before this time (whole seconds count).
    pub created_until: Timestamp,
    /// The most jobs to return.
    pub limit: u64,
}

/// Keeps jobs. Every method may be called from many tasks at once; every write is durable when it returns.
#[async_trait]
pub trait JobStore: Send + Sync + 'static {
    /// Makes what the store needs (databases, tables, indexes). Safe to call again and from many gateways at once.
    async fn prepare(&self) -> Result<(), StoreError>;

    /// Answers when the store can be used.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Stores a new job.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when any document has that id, [`StoreError::TooLarge`].
    async fn insert(&self, job: Job) -> Result<Stored<Job>, StoreError>;

    /// Reads a job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for a document that is no job: foreign documents are never touched.
    async fn get(&self, id: &JobId) -> Result<Stored<Job>, StoreError>;

    /// Writes a job over the revision it was read at.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the revision is stale or the job was deleted meanwhile, [`StoreError::TooLarge`].
    async fn update(&self, job: Stored<Job>) -> Result<Stored<Job>, StoreError>;

    /// Deletes the revision of a job that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the revision is stale, [`StoreError::NotFound`] when the job is gone.
    async fn delete(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError>;

    /// Stores many new jobs at once; each row succeeds or fails for itself, in order.
    async fn insert_many(&self, jobs: Vec<Job>) -> Vec<Result<Stored<Job>, StoreError>>;

    /// Writes many jobs at once; each row succeeds or fails for itself, in order.
    async fn update_many(&self, jobs: Vec<Stored<Job>>) -> Vec<Result<Stored<Job>, StoreError>>;

    /// A page of the list, newest first. Unreadable documents are left out and logged.
    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError>;

    /// Jobs that have been in a state for long, oldest first, for the sweep.
    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError>;
}
