//! Jobs in one SQLite file, for running without any server.
//!
//! `change` is what the one thread that writes does to the file, `reading` and `listing` answer queries beside it, and `schema`
//! holds the tables. A revision is random, so that a job deleted and made again never matches an old one.

mod batches;
mod change;
mod listing;
mod reading;
mod schema;
mod waking;

use std::collections::VecDeque;
use std::path::Path;

use async_trait::async_trait;
use futures::future::join_all;
use futures::stream::{self, BoxStream, StreamExt};
use job_model::{Job, JobId, JobState, JobSummary, Timestamp};
use rusqlite::Connection;

use self::change::Change;
use self::reading::Readers;
use self::schema::Row;
use crate::size::{Limit, not_encodable};
use crate::sqlite::{Outcome, Writer};
use crate::{
    Changes, DueJobs, JobStore, LeftoverQuery, ListPage, ListQuery, Position, Revision, StoreError, Stored, WaitingJobs,
};

/// The jobs in one SQLite file. Dropping it writes what was handed in, then closes the file.
pub struct EmbeddedJobStore {
    writer: Writer<Change>,
    readers: Readers,
}

impl EmbeddedJobStore {
    /// Opens the file, making it and its tables when there are none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be used, [`StoreError::Refused`] when a newer version made it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let action = || format!("open the job database {}", path.display());
        Self::start(path, schema::open_for_writing(path, action)?)
    }

    fn start(path: &Path, connection: Connection) -> Result<Self, StoreError> {
        let action = || format!("open the job database {}", path.display());
        let writer = Writer::start(connection, "job-store-writer", "the job database");
        let writer = writer.map_err(|error| unavailable(action(), error))?;
        Ok(Self { writer, readers: Readers::new(path) })
    }

    /// Counts the commits that it has made so far, each with an fsync.
    pub fn write_calls(&self) -> u64 {
        self.writer.commits()
    }

    async fn write(&self, job: &Job, replaces: Option<&Revision>) -> Result<Revision, StoreError> {
        let document = serde_json::to_string(job).map_err(|error| not_encodable(job, &error))?;
        let limit = if replaces.is_some() { Limit::Update } else { Limit::Insert };
        limit.check(&job.uuid, document.len())?;
        let revision = Revision(uuid::Uuid::new_v4().simple().to_string());
        let row = Row::new(job, document, revision.clone()).map_err(|error| not_encodable(job, &error))?;
        let change = match replaces {
            None => Change::Insert(row),
            Some(replaces) => Change::Update { row, replaces: replaces.clone() },
        };
        self.apply(&job.uuid, change).await?;
        Ok(revision)
    }

    async fn apply(&self, id: &JobId, change: Change) -> Result<(), StoreError> {
        let failed = |source| StoreError::Unavailable { action: format!("write job {id} to the job database"), source };
        match self.writer.apply(change).await.map_err(failed)? {
            Outcome::Done => Ok(()),
            Outcome::Conflict => Err(StoreError::Conflict { id: id.clone() }),
            Outcome::NotFound => Err(StoreError::NotFound { id: id.clone() }),
        }
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

    async fn insert(&self, job: &Job) -> Result<Revision, StoreError> {
        self.write(job, None).await
    }

    async fn get(&self, id: &JobId) -> Result<Stored<Job>, StoreError> {
        let wanted = id.clone();
        let read = self.readers.read(format!("read job {id}"), move |connection, unreadable| {
            reading::get(connection, unreadable, &wanted)
        });
        read.await?.ok_or_else(|| StoreError::NotFound { id: id.clone() })
    }

    async fn update(&self, job: &Job, revision: &Revision) -> Result<Revision, StoreError> {
        self.write(job, Some(revision)).await
    }

    async fn delete(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
        self.apply(id, Change::Delete { id: id.clone(), revision: revision.clone() }).await
    }

    async fn delete_many(&self, rows: Vec<(JobId, Revision)>) -> Vec<Result<(), StoreError>> {
        join_all(rows.iter().map(|(id, revision)| self.delete(id, revision))).await
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        self.readers
            .read("list the jobs".into(), move |connection, unreadable| listing::list(connection, unreadable, query))
            .await
    }

    async fn with_files(&self, ids: Vec<JobId>) -> Result<Vec<JobSummary>, StoreError> {
        self.readers
            .read("look which jobs have files".into(), move |connection, _| reading::with_files(connection, &ids))
            .await
    }

    async fn batch_states(&self, batch: &JobId) -> Result<Vec<(JobState, u64)>, StoreError> {
        let (action, batch) = (format!("count the jobs of batch {batch}"), batch.clone());
        self.readers.read(action, move |connection, _| batches::states(connection, &batch)).await
    }

    async fn batch_jobs(
        &self,
        batch: &JobId,
        state: Option<JobState>,
        after: Option<&JobId>,
        limit: u64,
    ) -> Result<Vec<Stored<JobSummary>>, StoreError> {
        let action = format!("list the jobs of batch {batch}");
        let (batch, after) = (batch.clone(), after.cloned());
        self.readers
            .read(action, move |connection, _| batches::jobs(connection, &batch, state, after.as_ref(), limit))
            .await
    }

    fn read_many(&self, ids: Vec<JobId>) -> BoxStream<'_, Result<Job, StoreError>> {
        let state = (ids, VecDeque::new());
        let jobs = stream::try_unfold(state, move |(mut ids, mut ready)| async move {
            while ready.is_empty() && !ids.is_empty() {
                let (jobs, left) = self.readers.read_some(ids).await?;
                ids = left;
                ready.extend(jobs);
            }
            Ok(ready.pop_front().map(|job| (job, (ids, ready))))
        });
        jobs.boxed()
    }

    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError> {
        let action = format!("look for jobs left {}", query.status);
        self.readers.read(action, move |connection, unreadable| reading::leftovers(connection, unreadable, query)).await
    }

    async fn due(&self, until: Timestamp, skip: u64, limit: u64) -> Result<DueJobs, StoreError> {
        let read =
            move |connection: &mut Connection, unreadable: &_| waking::due(connection, unreadable, until, skip, limit);
        self.readers.read("look for jobs that are due".into(), read).await
    }

    async fn of_key(&self, key: &str, limit: u64) -> Result<Vec<Stored<Job>>, StoreError> {
        let key = key.to_owned();
        let read =
            move |connection: &mut Connection, unreadable: &_| waking::of_key(connection, unreadable, &key, limit);
        self.readers.read("look for jobs that wait for a key".into(), read).await
    }

    async fn waiting(&self) -> Result<WaitingJobs, StoreError> {
        self.readers.read("look what jobs wait for".into(), waking::waiting).await
    }

    async fn changes(&self, since: Option<&Position>, limit: u64) -> Result<Changes, StoreError> {
        let since = since.cloned();
        let read = move |connection: &mut Connection, unreadable: &_| {
            reading::changes(connection, unreadable, since.as_ref(), limit)
        };
        self.readers.read("read what was written to the job database".into(), read).await
    }

    async fn reclaim(&self) -> Result<(), StoreError> {
        let action = "give back free space of the job database";
        self.writer.reclaim().await.map_err(|source| StoreError::Unavailable { action: action.to_owned(), source })
    }
}

fn unavailable(action: String, error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable { action, source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use job_model::{Job, NewJob, Timestamp};

    use super::{EmbeddedJobStore, schema};
    use crate::{JobStore, StoreError};

    #[tokio::test]
    async fn a_full_disk_is_told_as_something_that_passes_and_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jobs.sqlite");
        let connection = schema::open_for_writing(&path, || "open".into()).unwrap();
        connection.query_row("PRAGMA max_page_count = 60", [], |_| Ok(())).unwrap();
        let store = EmbeddedJobStore::start(&path, connection).unwrap();
        let job = |id: &str, code: String| {
            Job::create(NewJob { uuid: id.to_owned(), code, ..NewJob::default() }, Timestamp::now()).unwrap()
        };
        let kept = job("kept", String::new());
        store.insert(&kept).await.unwrap();
        let refused = store.insert(&job("large", "x".repeat(1_000_000))).await.unwrap_err();
        let StoreError::Unavailable { action, source } = &refused else { panic!("{refused:?}") };
        assert_eq!(action, "write job large to the job database");
        assert!(source.to_string().contains("full"), "{source}");
        assert_eq!(store.get(&kept.uuid).await.unwrap().value, kept);
        store.insert(&job("small", String::new())).await.unwrap();
    }
}
