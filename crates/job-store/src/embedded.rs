//! Jobs in one SQLite file, for running without any server.
//!
//! `writer` is the one thread that writes; it commits what has queued up meanwhile as one group. `reading` answers
//! queries beside it, since readers of a database in WAL mode wait for nobody. `schema` holds the tables. A revision is
//! random, so that a job deleted and made again never matches an old one.

mod reading;
mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use job_model::{Job, JobId};

use self::reading::Readers;
use self::writer::{Change, Writer};
use crate::size::{check_size, not_encodable};
use crate::{JobStore, LeftoverQuery, ListPage, ListQuery, Revision, StoreError, Stored};

/// The jobs in one SQLite file. Dropping it writes what was handed in, then closes the file.
pub struct EmbeddedJobStore {
    writer: Writer,
    readers: Arc<Readers>,
}

impl EmbeddedJobStore {
    /// Opens the file, making it and its tables when there are none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be used, [`StoreError::Refused`] when a newer version made it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let action = || format!("open the job database {}", path.display());
        let connection = schema::open_for_writing(path, action)?;
        let writer = Writer::start(connection).map_err(|error| unavailable(action(), error))?;
        Ok(Self { writer, readers: Arc::new(Readers::new(path)) })
    }

    /// How many commits it has made so far, each with an fsync.
    pub fn write_calls(&self) -> u64 {
        self.writer.commits()
    }

    async fn write(&self, job: Job, replaces: Option<Revision>) -> Result<Stored<Job>, StoreError> {
        check_size(&job)?;
        let document = serde_json::to_string(&job).map_err(|error| not_encodable(&job, &error))?;
        let revision = Revision(uuid::Uuid::new_v4().simple().to_string());
        let row = schema::Row::new(&job, document, revision.clone());
        let change = match replaces {
            None => Change::Insert(row),
            Some(replaces) => Change::Update { row, replaces },
        };
        self.writer.apply(&job.uuid, change).await?;
        Ok(Stored { value: job, revision })
    }
}

#[async_trait]
impl JobStore for EmbeddedJobStore {
    /// Opening has made everything; this checks that it is still there.
    async fn prepare(&self) -> Result<(), StoreError> {
        self.ping().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.readers.read("reach the job database".into(), reading::ping).await
    }

    async fn insert(&self, job: Job) -> Result<Stored<Job>, StoreError> {
        self.write(job, None).await
    }

    async fn get(&self, id: &JobId) -> Result<Stored<Job>, StoreError> {
        let wanted = id.clone();
        let read = self.readers.read(format!("read job {id}"), move |connection, unreadable| {
            reading::get(connection, unreadable, &wanted)
        });
        read.await?.ok_or_else(|| StoreError::NotFound { id: id.clone() })
    }

    async fn update(&self, job: Stored<Job>) -> Result<Stored<Job>, StoreError> {
        self.write(job.value, Some(job.revision)).await
    }

    async fn delete(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
        self.writer.apply(id, Change::Delete { id: id.clone(), revision: revision.clone() }).await
    }

    async fn insert_many(&self, jobs: Vec<Job>) -> Vec<Result<Stored<Job>, StoreError>> {
        join_all(jobs.into_iter().map(|job| self.insert(job))).await
    }

    async fn update_many(&self, jobs: Vec<Stored<Job>>) -> Vec<Result<Stored<Job>, StoreError>> {
        join_all(jobs.into_iter().map(|job| self.update(job))).await
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.readers
            .read("list the jobs".into(), move |connection, unreadable| reading::list(connection, unreadable, query))
            .await
    }

    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError> {
        let action = format!("look for jobs left {}", query.status);
        self.readers.read(action, move |connection, unreadable| reading::leftovers(connection, unreadable, query)).await
    }
}

fn unavailable(action: String, error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable { action, source: Box::new(error) }
}
