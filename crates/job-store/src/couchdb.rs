//! Jobs in a CouchDB over REST, as the predecessor kept them: one document per job, its id the job's uuid.
//!
//! `http` talks to the server, `document` turns jobs into documents and back, `group_commit` makes many writes share
//! an fsync, `design` holds the index, `listing` and `reading` read it and the documents, `changes` the order of all writes. CouchDB's own revision is the fence. Documents that are
//! no jobs are never written, never deleted and never counted.

mod changes;
mod design;
mod document;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod group_commit;
mod http;
mod listing;
mod reading;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use futures::stream::{BoxStream, StreamExt};
use job_model::{Job, JobId, JobStatus, JobSummary};
use reqwest::{Method, StatusCode};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;

use self::document::{Encoded, Form, Reader};
use self::group_commit::{GroupCommit, RowFailure};
use self::http::{Http, Trouble, segment};
use crate::{
    Changes, JobStore, LeftoverQuery, ListPage, ListQuery, MAX_JOB_BYTES, Position, Revision, StoreError, Stored,
};

/// The databases that the predecessor made beside its own; a single-node CouchDB complains without them.
const SYSTEM_DATABASES: [&str; 4] = ["_global_changes", "_metadata", "_replicator", "_users"];

/// A database that is missing again so soon after it was made is left to the next call.
const REMAKE_PAUSE: Duration = Duration::from_secs(1);

/// Which CouchDB, and who we are there.
#[derive(Clone)]
pub struct CouchDbConfig {
    /// The server, such as `http://couchdb:5984`; a path in front of the databases is kept.
    pub url: String,
    /// The user; no credentials are sent when it and the password are empty.
    pub username: String,
    /// The password; never printed.
    pub password: String,
    /// The database that holds the jobs.
    pub database: String,
    /// For an `https:` URL: who is believed to be the server.
    pub tls: Option<Arc<ClientConfig>>,
}

impl CouchDbConfig {
    /// A server by its address, with the database `jobs` and no credentials.
    pub fn new(host: &str, port: u16) -> Self {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let (username, password) = (String::new(), String::new());
        Self { url: format!("http://{host}:{port}"), username, password, database: "jobs".to_owned(), tls: None }
    }

    /// A server by a URL that may hold the credentials: `http://user:password@host:port`. The database is `jobs`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it is not a URL.
    pub fn from_url(url: &str) -> Result<Self, StoreError> {
        let malformed = |reason: String| StoreError::Refused { action: "read the URL of CouchDB".into(), reason };
        let mut parsed = reqwest::Url::parse(url).map_err(|error| malformed(error.to_string()))?;
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let username = decode(parsed.username());
        let password = decode(parsed.password().unwrap_or_default());
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        Ok(Self { url: parsed.into(), username, password, database: "jobs".to_owned(), tls: None })
    }

    /// The same server with these credentials.
    #[must_use]
    pub fn with_credentials(self, username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into(), ..self }
    }

    /// The same server by https.
    #[must_use]
    pub fn with_tls(self, tls: Arc<ClientConfig>) -> Self {
        let url = self.url.strip_prefix("http:").map_or(self.url.clone(), |rest| format!("https:{rest}"));
        Self { url, tls: Some(tls), ..self }
    }

    /// The same server with the jobs in another database.
    #[must_use]
    pub fn with_database(self, database: impl Into<String>) -> Self {
        Self { database: database.into(), ..self }
    }
}

impl std::fmt::Debug for CouchDbConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url, username, password: _, database, tls: _ } = self;
        f.debug_struct("CouchDbConfig")
            .field("url", url)
            .field("username", username)
            .field("database", database)
            .finish_non_exhaustive()
    }
}

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
    /// A store that has not talked to the server yet. Must be called inside a tokio runtime, which runs its writer.
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

    /// How many requests it has sent so far that the server answers after an fsync.
    pub fn write_calls(&self) -> u64 {
        self.http.write_calls()
    }

    /// How many documents it has sent to be written so far, deletions and those that conflicted included.
    pub fn rows_written(&self) -> u64 {
        self.http.rows()
    }

    /// A failure with what was tried, and where.
    fn failed(&self, action: &str) -> impl Fn(Trouble) -> StoreError + use<> {
        let action = format!("{action} in CouchDB at {}", self.http.address());
        move |trouble| trouble.into_error(action.clone())
    }

    async fn make_databases(&self) -> Result<(), StoreError> {
        let failed = self.failed("make the database of the jobs");
        let reply = self.http.put_database(None).await.map_err(&failed)?;
        let exists = reply.status.is_success() || reply.status == StatusCode::PRECONDITION_FAILED;
        // Without the right to make databases it is enough that somebody else made this one.
        if !exists && !self.http.get("", &[]).await.map_err(&failed)?.status.is_success() {
            return Err(failed(reply.fault().into()));
        }
        for name in SYSTEM_DATABASES {
            let reply = self.http.put_database(Some(name)).await.map_err(&failed)?;
            if !reply.status.is_success() && reply.status != StatusCode::PRECONDITION_FAILED {
                tracing::debug!("did not make database {name}: {}", reply.fault());
            }
        }
        Ok(())
    }

    async fn make(&self) -> Result<(), StoreError> {
        self.make_databases().await?;
        design::ensure(&self.http).await.map_err(self.failed("make the index of the job list"))?;
        self.indexed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Does some work, and does it again when the database or its index was dropped since `prepare` and had to be made
    /// anew. What is not there has not been written, so nothing is done twice.
    async fn with_database<T, W>(&self, work: impl Fn() -> W) -> Result<T, Trouble>
    where
        W: Future<Output = Result<T, Trouble>>,
    {
        let missing = match work().await {
            Err(Trouble::Missing(fault)) => fault,
            done => return done,
        };
        let mut made = self.made.lock().await;
        match *made {
            None => return Err(Trouble::Missing(missing)),
            Some(last) if last.elapsed() < REMAKE_PAUSE => {}
            Some(_) => {
                tracing::warn!("the database of the jobs is gone and is made again: {missing}");
                if self.make().await.is_err() {
                    return Err(Trouble::Missing(missing));
                }
                *made = Some(Instant::now());
            }
        }
        drop(made);
        work().await
    }

    async fn write(&self, job: &Job, revision: Option<&Revision>) -> Result<Revision, StoreError> {
        if revision.is_some_and(|revision| !document::is_revision(revision)) {
            return Err(StoreError::Conflict { id: job.uuid.clone() });
        }
        // A job that is to run without its network rules must not be stored at all.
        let is_bound = job.status != JobStatus::Done && (job.network.is_some() || job.network_token.is_some());
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
        tracing::warn!(
            %reason,
            "a validate_doc_update of the database {} allows the predecessor's fields only, so jobs are stored without \
             ours: timeout, max_attempts, network, network_token, ignore_https_errors, api, language, record, result_files, outcome, error_at, \
             error_stack, attempt, running, rerun_of, owner, input_files, files, file_set, instance and dispatch. States and limits of stored jobs are derived from status, error and created_at, several gateways \
             may publish one job at the same time, and of a named token's jobs only those that it created lately at the \
             same gateway are known to be its own. Jobs with network rules are refused. Allow these fields and write_token to have them kept",
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
            match self.writer.write(id, document.clone()).await {
                Err(RowFailure::Other(trouble)) => Err(trouble),
                outcome => Ok(outcome),
            }
        };
        self.with_database(writing).await.unwrap_or_else(|trouble| Err(RowFailure::Other(trouble)))
    }

    /// Writes the tombstone beside what else is to be written.
    async fn bury(&self, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
        let failed = self.failed(&format!("delete job {id}"));
        if document::is_revision(revision) {
            match self.writer.write(id, document::tombstone(id, revision)).await {
                Ok(_) => return Ok(()),
                Err(RowFailure::Conflict | RowFailure::TooLarge) => {}
                Err(RowFailure::Forbidden(trouble) | RowFailure::Other(trouble)) => return Err(failed(trouble)),
            }
        }
        Err(self.stale(id).await.map_err(failed)?)
    }

    /// What a fence that has held means: that depends on whether there still is a document.
    async fn stale(&self, id: &JobId) -> Result<StoreError, Trouble> {
        Ok(match self.document(id).await? {
            Some(_) => StoreError::Conflict { id: id.clone() },
            None => StoreError::NotFound { id: id.clone() },
        })
    }

    /// Reads a document; `None` when there is none of that id.
    async fn document(&self, id: &JobId) -> Result<Option<http::Reply>, Trouble> {
        let reply = self.http.get(&segment(id.as_str()), &[]).await?;
        match reply.status {
            status if status.is_success() => Ok(Some(reply)),
            StatusCode::NOT_FOUND => {
                let fault = reply.fault();
                if matches!(fault.reason.as_str(), "missing" | "deleted") { Ok(None) } else { Err(fault.into()) }
            }
            _ => Err(reply.fault().into()),
        }
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
        let found = found.map_err(self.failed(&format!("read job {id}")))?;
        found.and_then(|reply| self.reader.read(&reply.body)).ok_or_else(|| StoreError::NotFound { id: id.clone() })
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
            status if status.is_success() => Ok(()),
            // Servers differ in which of the two they answer for a stale revision and for a deleted document.
            StatusCode::CONFLICT | StatusCode::NOT_FOUND => Err(self.stale(id).await.map_err(failed)?),
            _ => Err(failed(reply.fault().into())),
        }
    }

    async fn delete_many(&self, rows: Vec<(JobId, Revision)>) -> Vec<Result<(), StoreError>> {
        join_all(rows.iter().map(|(id, revision)| self.bury(id, revision))).await
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

    fn read_many(&self, ids: Vec<JobId>) -> BoxStream<'_, Result<Job, StoreError>> {
        let failed = self.failed("read the jobs of a list");
        reading::read_many(&self.http, &self.reader, ids).map(move |job| job.map_err(&failed)).boxed()
    }

    async fn leftovers(&self, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, StoreError> {
        let failed = self.failed(&format!("look for jobs left {}", query.status));
        self.with_database(|| reading::leftovers(&self.http, &self.reader, query.clone())).await.map_err(failed)
    }

    async fn changes(&self, since: Option<&Position>, limit: u64) -> Result<Changes, StoreError> {
        // A position in a database that is gone means nothing: its loss is an error, and no reason to make it anew.
        changes::read(&self.http, since, limit).await.map_err(self.failed("read what was written"))
    }

    /// Nothing to do: CouchDB compacts its files on its own, at night or when much of them is garbage
    /// ([smoosh](https://docs.couchdb.org/en/stable/maintenance/compaction.html)).
    async fn reclaim(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
