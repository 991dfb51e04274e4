//! A store that counts which whole jobs are read, and can be slow with a new one or deny that it took it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use job_model::{Job, JobId, JobState, JobSummary, Timestamp};
use job_store::{
    Changes, DueJobs, JobStore, LeftoverQuery, ListPage, ListQuery, Position, Revision, StoreError, Stored, WaitingJobs,
};
use tokio::sync::oneshot;

/// As the store in it.
pub(crate) struct WatchedStore {
    store: Arc<dyn JobStore>,
    read: Mutex<Vec<JobId>>,
    held: Mutex<Option<Held>>,
    denies: AtomicBool,
}

/// A new job that waits: tells that it is there, and hears when it may go on.
type Held = (oneshot::Sender<()>, oneshot::Receiver<()>);

impl WatchedStore {
    pub(crate) fn of(store: Arc<dyn JobStore>) -> Arc<Self> {
        Arc::new(Self { store, read: Mutex::default(), held: Mutex::default(), denies: AtomicBool::default() })
    }

    /// Lets the next new job wait. Tells when it is there; it goes on when the other half is told.
    pub(crate) fn hold_insert(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((there, is_there), (go_on, goes_on)) = (oneshot::channel(), oneshot::channel());
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((there, goes_on));
        (is_there, go_on)
    }

    /// From now on each new job is taken and refused as one that is there.
    pub(crate) fn deny_inserts(&self) {
        self.denies.store(true, Ordering::Relaxed);
    }

    /// The jobs that were read whole, in order.
    pub(crate) fn read(&self) -> Vec<JobId> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl JobStore for WatchedStore {
    async fn prepare(&self) -> Result<(), StoreError> {
        self.store.prepare().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn insert(&self, job: &Job) -> Result<Revision, StoreError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((there, goes_on)) = held {
            let _ = there.send(());
            let _ = goes_on.await;
        }
        let inserted = self.store.insert(job).await;
        if self.denies.load(Ordering::Relaxed) {
            return Err(StoreError::Conflict { id: job.uuid.clone() });
        }
        inserted
    }

    async fn get(&self, id: &JobId) -> Result<Stored<Job>, StoreError> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
        self.store.get(id).await
    }

    async fn update(&self, job: &Job, revision: &Revision) -> Result<Revision, StoreError> {
        self.store.update(job, revision).await
    }

    async fn delete(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
        self.store.delete(id, revision).await
    }

    async fn delete_many(&self, rows: Vec<(JobId, Revision)>) -> Vec<Result<(), StoreError>> {
        self.store.delete_many(rows).await
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.store.list(query).await
    }

    async fn with_files(&self, ids: Vec<JobId>) -> Result<Vec<JobSummary>, StoreError> {
        self.store.with_files(ids).await
    }

    fn read_many(&self, ids: Vec<JobId>) -> BoxStream<'_, Result<Job, StoreError>> {
        self.store.read_many(ids)
    }

    async fn batch_states(&self, batch: &JobId) -> Result<Vec<(JobState, u64)>, StoreError> {
        self.store.batch_states(batch).await
    }

    async fn batch_jobs(
        &self,
        batch: &JobId,
        state: Option<JobState>,
        after: Option<&JobId>,
        limit: u64,
    ) -> Result<Vec<Stored<JobSummary>>, StoreError> {
        self.store.batch_jobs(batch, state, after, limit).await
    }

    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError> {
        self.store.leftovers(query).await
    }

    async fn due(&self, until: Timestamp, skip: u64, limit: u64) -> Result<DueJobs, StoreError> {
        self.store.due(until, skip, limit).await
    }

    async fn of_key(&self, key: &str, limit: u64) -> Result<Vec<Stored<Job>>, StoreError> {
        self.store.of_key(key, limit).await
    }

    async fn waiting(&self) -> Result<WaitingJobs, StoreError> {
        self.store.waiting().await
    }

    async fn changes(&self, since: Option<&Position>, limit: u64) -> Result<Changes, StoreError> {
        self.store.changes(since, limit).await
    }

    async fn reclaim(&self) -> Result<(), StoreError> {
        self.store.reclaim().await
    }
}
