//! Where jobs live.
//!
//! [`JobStore`] is one of the project's two trait seams: [`couchdb`] keeps jobs in a CouchDB over REST, as the
//! predecessor did, `embedded` keeps them in one SQLite file. Both fence every write by [`Revision`]: whoever writes
//! on a stale revision gets [`StoreError::Conflict`]. What one implementation must do, the other must do too, so every
//! promise of this module is a test in [`contract`]. `embedded` is behind the feature of that name, so that SQLite is
//! no part of the services.

mod changes;
pub mod contract;
pub mod couchdb;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod query;
pub mod records;
mod size;
#[cfg(feature = "embedded")]
mod sqlite;
mod unreadable;

use async_trait::async_trait;
use futures::stream::BoxStream;
use job_model::{Job, JobId, JobState, JobSummary, Timestamp};

pub use changes::{Change, Changes, Position};
pub use error::StoreError;
pub use query::{DueJobs, JobFilter, LeftoverQuery, ListPage, ListQuery, WaitingJobs};
pub use size::{MAX_JOB_BYTES, ROOM_FOR_THE_SERVER};

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

/// Keeps jobs. Every method may be called from many tasks at once; every write is durable when it returns.
#[async_trait]
pub trait JobStore: Send + Sync + 'static {
    /// Makes what the store needs (databases, tables, indexes). Safe to call again and from many gateways at once.
    async fn prepare(&self) -> Result<(), StoreError>;

    /// Answers when the store can be used.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Stores a new job; [`ROOM_FOR_THE_SERVER`] must be left below [`MAX_JOB_BYTES`].
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when any document has that id, [`StoreError::TooLarge`].
    async fn insert(&self, job: &Job) -> Result<Revision, StoreError>;

    /// Reads a job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for a document that is not a job: foreign documents are never touched.
    async fn get(&self, id: &JobId) -> Result<Stored<Job>, StoreError>;

    /// Writes a job over the revision it was read at.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the revision is stale or the job was deleted meanwhile, [`StoreError::TooLarge`].
    async fn update(&self, job: &Job, revision: &Revision) -> Result<Revision, StoreError>;

    /// Deletes the revision of a job that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the revision is stale, [`StoreError::NotFound`] when the job is gone.
    async fn delete(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError>;

    /// Deletes many jobs in few commits; each row succeeds or fails for itself as in [`Self::delete`], in order.
    async fn delete_many(&self, rows: Vec<(JobId, Revision)>) -> Vec<Result<(), StoreError>>;

    /// Lists jobs page by page, newest first, out of an index: no job is read. Unreadable documents are left out.
    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError>;

    /// Finds those of these jobs that are known to have files, in any order, out of an index: no job is read. A job that is
    /// left out may have files all the same, when an older version wrote it.
    async fn with_files(&self, ids: Vec<JobId>) -> Result<Vec<JobSummary>, StoreError>;

    /// Counts the jobs of a batch by their states, out of an index: no job is read. States without jobs are left out.
    async fn batch_states(&self, batch: &JobId) -> Result<Vec<(JobState, u64)>, StoreError>;

    /// Lists jobs of a batch, all or those in one state, in the order of their ids and behind the one of `after`, out of an index.
    async fn batch_jobs(
        &self,
        batch: &JobId,
        state: Option<JobState>,
        after: Option<&JobId>,
        limit: u64,
    ) -> Result<Vec<Stored<JobSummary>>, StoreError>;

    /// Reads the jobs of these ids in this order; those that are gone or unreadable are left out.
    ///
    /// Holds a few megabytes at a time, or one job where a job is larger. Ends after the first error.
    fn read_many(&self, ids: Vec<JobId>) -> BoxStream<'_, Result<Job, StoreError>>;

    /// Finds jobs that have been in a state for long, oldest first, for the sweep. Those that are not to be published yet
    /// ([`Job::waits_for`]) are not among them.
    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError>;

    /// Finds jobs whose [`Job::wake_at`] has come at this time, those that are due longest first, behind the first `skip` of them.
    async fn due(&self, until: Timestamp, skip: u64, limit: u64) -> Result<DueJobs, StoreError>;

    /// Finds jobs that wait for this key ([`Job::waits_for_key`]), the one that was created first first.
    async fn of_key(&self, key: &str, limit: u64) -> Result<Vec<Stored<Job>>, StoreError>;

    /// Counts what jobs wait for that are not to be published yet.
    async fn waiting(&self) -> Result<WaitingJobs, StoreError>;

    /// Reads what anybody wrote behind a position, up to `limit` rows; without a position where the store stands now.
    ///
    /// Every new job is told once. A store that others write to also tells of updates and deletions. No index is brought
    /// up to date for it and no document is read.
    async fn changes(&self, since: Option<&Position>, limit: u64) -> Result<Changes, StoreError>;

    /// Gives the space of deleted jobs back to the disk, in steps between which others write.
    ///
    /// Where the server does that on its own (CouchDB compacts) nothing happens.
    async fn reclaim(&self) -> Result<(), StoreError>;
}
