//! A store that counts which whole jobs are read.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use job_model::{Job, JobId, JobSummary};
use job_store::{Changes, JobStore, LeftoverQuery, ListPage, ListQuery, Position, Revision, StoreError, Stored};

/// As the store in it.
pub(crate) struct WatchedStore {
    store: Arc<dyn JobStore>,
    read: Mutex<Vec<JobId>>,
}

impl WatchedStore {
    pub(crate) fn of(store: Arc<dyn JobStore>) -> Arc<Self> {
        Arc::new(Self { store, read: Mutex::default() })
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
        self.store.insert(job).await
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

    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError> {
        self.store.leftovers(query).await
    }

    async fn changes(&self, since: Option<&Position>, limit: u64) -> Result<Changes, StoreError> {
        self.store.changes(since, limit).await
    }

    async fn reclaim(&self) -> Result<(), StoreError> {
        self.store.reclaim().await
    }
}
