//! Jobs in a CouchDB over REST, as the predecessor kept them: one document per job, its id the job's uuid.
//!
//! `config` says which server, `http` talks to it, `database` makes the database and its index, which `design` holds.
//! `document` turns jobs into documents and back, `writing` writes them, `group_commit` makes many writes share an fsync.
//! `listing`, `reading`, `waking` and `batches` read the index and the documents, `changes` the order of all writes.
//! CouchDB's own revision is the fence; `conflicts` keeps one line of revisions for each document. Documents that are not
//! jobs are never written, never deleted and never counted.

mod batches;
mod changes;
mod config;
pub(crate) mod conflicts;
mod credentials;
mod database;
mod design;
pub(crate) mod document;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub(crate) mod group_commit;
pub(crate) mod hidden;
pub(crate) mod http;
mod listing;
mod range;
mod reading;
pub(crate) mod trouble;
mod waking;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use futures::stream::{BoxStream, StreamExt};
use job_model::{Job, JobId, JobState, JobSummary, Timestamp};
use reqwest::{Method, StatusCode};
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::document::Reader;
use self::group_commit::GroupCommit;
use self::hidden::with_conflicts;
use self::http::{Http, segment};
use self::trouble::Trouble;
use crate::records::CouchDbRecordStore;
use crate::{
    Changes, DueJobs, JobStore, LeftoverQuery, ListPage, ListQuery, Position, Revision, StoreError, Stored, WaitingJobs,
};

pub use self::config::CouchDbConfig;

/// The jobs in one database of a CouchDB.
pub struct CouchDbJobStore {
    http: Arc<Http>,
    writer: GroupCommit,
    reader: Reader,
    /// When the database was made last; `None` until `prepare` has succeeded.
    made: Mutex<Option<Instant>>,
    /// Whether the index is known to be one that knows states and owners.
    indexed: AtomicBool,
    /// Whether the database is known to take the predecessor's fields only.
    plain: AtomicBool,
}

impl CouchDbJobStore {
    /// Makes a store that has not talked to the server yet. Must be called inside a tokio runtime, which runs its writer.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the configuration names no server.
    pub fn new(config: &CouchDbConfig) -> Result<Self, StoreError> {
        let http = Arc::new(Http::new(config)?);
        let writer = GroupCommit::start(http.clone());
        Ok(Self {
            http,
            writer,
            reader: Reader::default(),
            made: Mutex::default(),
            indexed: AtomicBool::new(false),
            plain: AtomicBool::new(false),
        })
    }

    /// Opens the records beside these jobs: in the database of this one's name and `-service`, on the same server. Must be called
    /// inside a tokio runtime, which runs its writer.
    pub fn records(&self) -> CouchDbRecordStore {
        CouchDbRecordStore::on(self.http.beside("-service"))
    }

    /// Counts the requests that it has sent so far and that the server answers after an fsync.
    pub fn write_calls(&self) -> u64 {
        self.http.write_calls()
    }

    /// Counts the documents that it has sent to be written so far, deletions and those that conflicted included.
    pub fn rows_written(&self) -> u64 {
        self.http.rows()
    }

    /// A failure with what was tried, and where.
    fn failed(&self, action: &str) -> impl Fn(Trouble) -> StoreError + use<> {
        let action = format!("{action} in CouchDB at {}", self.http.address());
        move |trouble| trouble.into_error(action.clone())
    }

    /// Reads a document; `None` when there is none of that id.
    async fn document(&self, id: &JobId) -> Result<Option<Bytes>, Trouble> {
        conflicts::found(self.http.get(&segment(id.as_str()), &[with_conflicts()]).await?)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the index that knows states and owners is not made yet")]
struct NotIndexed;

#[async_trait]
impl JobStore for CouchDbJobStore {
    async fn prepare(&self) -> Result<(), StoreError> {
        let mut made = self.made.lock().await;
        self.make().await?;
        *made = Some(Instant::now());
        drop(made);
        // Building the index over an old database takes seconds; better now than in front of the first caller.
        self.list(ListQuery::default()).await.map(drop)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let answer = match self.http.get("", &[]).await {
            Ok(reply) if reply.status.is_success() => return Ok(()),
            Ok(reply) => reply.fault().into(),
            Err(trouble) => trouble,
        };
        Err(self.failed("reach the database of the jobs")(answer))
    }

    async fn insert(&self, job: &Job) -> Result<Revision, StoreError> {
        self.write(job, None).await
    }

    async fn get(&self, id: &JobId) -> Result<Stored<Job>, StoreError> {
        let found = self.with_database(|| self.document(id)).await;
        let failed = self.failed(&format!("read job {id}"));
        let found = match found.map_err(&failed)?.and_then(|document| self.reader.shown(&document)) {
            Some(shown) if shown.hides => self.settle(id).await.map_err(failed)?,
            shown => shown.map(|shown| shown.job),
        };
        found.ok_or_else(|| StoreError::NotFound { id: id.clone() })
    }

    async fn update(&self, job: &Job, revision: &Revision) -> Result<Revision, StoreError> {
        self.write(job, Some(revision)).await
    }

    async fn delete(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
        let failed = self.failed(&format!("delete job {id}"));
        if !document::is_revision(revision) {
            return Err(self.stale(id).await.map_err(failed)?);
        }
        let path = format!("{}?rev={}", segment(id.as_str()), revision.0);
        self.http.count_rows(1);
        let reply = self.http.write(Method::DELETE, &path, None).await.map_err(&failed)?;
        match reply.status {
            status if status.is_success() => self.remove_hidden(&[(id, revision)]).await.map_err(failed),
            // Servers differ in which of the two they answer for a stale revision and for a deleted document.
            StatusCode::CONFLICT | StatusCode::NOT_FOUND => Err(self.stale(id).await.map_err(failed)?),
            _ => Err(failed(reply.fault().into())),
        }
    }

    async fn delete_many(&self, rows: Vec<(JobId, Revision)>) -> Vec<Result<(), StoreError>> {
        let mut outcomes = join_all(rows.iter().map(|(id, revision)| self.bury(id, revision))).await;
        let gone = rows.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok());
        let gone: Vec<_> = gone.map(|((id, revision), _)| (id, revision)).collect();
        if gone.is_empty() {
            return outcomes;
        }
        if let Err(trouble) = self.remove_hidden(&gone).await {
            let failed = self.failed("delete what jobs hide");
            outcomes.iter_mut().filter(|outcome| outcome.is_ok()).for_each(|row| *row = Err(failed(trouble.clone())));
        }
        outcomes
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        let is_newer = query.filter.state.is_some() || query.filter.owner.is_some();
        if is_newer && !self.indexed.load(Ordering::Relaxed) {
            return Err(self.failed("list the jobs of a state or an owner")(Trouble::unavailable(NotIndexed)));
        }
        let page = self.with_database(|| listing::list(&self.http, &self.reader, query.clone())).await;
        page.map_err(self.failed("list the jobs"))
    }

    async fn with_files(&self, ids: Vec<JobId>) -> Result<Vec<JobSummary>, StoreError> {
        let found = self.with_database(|| listing::with_files(&self.http, &self.reader, &ids)).await;
        found.map_err(self.failed("look which jobs have files"))
    }

    async fn batch_states(&self, batch: &JobId) -> Result<Vec<(JobState, u64)>, StoreError> {
        let counted = self.with_database(|| batches::states(&self.http, batch)).await;
        counted.map_err(self.failed(&format!("count the jobs of batch {batch}")))
    }

    async fn batch_jobs(
        &self,
        batch: &JobId,
        state: Option<JobState>,
        after: Option<&JobId>,
        limit: u64,
    ) -> Result<Vec<Stored<JobSummary>>, StoreError> {
        let found = self.with_database(|| batches::jobs(&self.http, &self.reader, batch, state, after, limit)).await;
        found.map_err(self.failed(&format!("list the jobs of batch {batch}")))
    }

    fn read_many(&self, ids: Vec<JobId>) -> BoxStream<'_, Result<Job, StoreError>> {
        let failed = self.failed("read the jobs of a list");
        reading::read_many(&self.http, &self.reader, ids).map(move |job| job.map_err(&failed)).boxed()
    }

    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError> {
        let failed = self.failed(&format!("look for jobs left {}", query.status));
        self.with_database(|| reading::leftovers(&self.http, &self.reader, query.clone())).await.map_err(failed)
    }

    async fn due(&self, until: Timestamp, skip: u64, limit: u64) -> Result<DueJobs, StoreError> {
        let due = self.with_database(|| waking::due(&self.http, &self.reader, until, skip, limit)).await;
        due.map_err(self.failed("look for jobs that are due"))
    }

    async fn of_key(&self, key: &str, limit: u64) -> Result<Vec<Stored<Job>>, StoreError> {
        let found = self.with_database(|| waking::of_key(&self.http, &self.reader, key, limit)).await;
        found.map_err(self.failed("look for jobs that wait for a key"))
    }

    async fn waiting(&self) -> Result<WaitingJobs, StoreError> {
        self.with_database(|| waking::waiting(&self.http)).await.map_err(self.failed("look what jobs wait for"))
    }

    async fn changes(&self, since: Option<&Position>, limit: u64) -> Result<Changes, StoreError> {
        // A position in a database that is gone means nothing: its loss is an error, and no reason to make it anew.
        let changes = changes::read(&self.http, &self.reader, since, limit).await;
        self.settle_noted().await;
        changes.map_err(self.failed("read what was written"))
    }

    /// Nothing to do: CouchDB compacts its files on its own, at night or when much of them is garbage
    /// ([smoosh](https://docs.couchdb.org/en/stable/maintenance/compaction.html)).
    async fn reclaim(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
