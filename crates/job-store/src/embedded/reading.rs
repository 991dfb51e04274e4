//! Queries beside the writer, each on a connection of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use job_model::{Job, JobId};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::{schema, unavailable};
use crate::{LeftoverQuery, ListPage, ListQuery, Revision, StoreError, Stored};

const CONNECTIONS_MAX: usize = 4;

/// A few connections that read, opened when needed and kept.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::default(), permits: Semaphore::new(CONNECTIONS_MAX) }
    }

    /// Runs a query on a thread that may block.
    pub(super) async fn read<T, F>(self: &Arc<Self>, action: String, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let _permit = self.permits.acquire().await;
        let readers = self.clone();
        let outcome = tokio::task::spawn_blocking(move || readers.run(query)).await;
        match outcome {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(unavailable(action, error)),
            Err(error) => Err(unavailable(action, error)),
        }
    }

    fn run<T>(&self, query: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => schema::open_for_reading(&self.path)?,
        };
        let found = query(&mut connection)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(found)
    }
}

pub(super) fn ping(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT 1 FROM jobs UNION ALL SELECT 1 LIMIT 1", [], |_| Ok(()))
}

pub(super) fn get(connection: &mut Connection, id: &JobId) -> rusqlite::Result<Option<Stored<Job>>> {
    let mut statement = connection.prepare_cached("SELECT uuid, revision, document FROM jobs WHERE uuid = ?1")?;
    Ok(statement.query_row([id.as_str()], read_row).optional()?.flatten())
}

pub(super) fn list(connection: &mut Connection, query: ListQuery) -> rusqlite::Result<ListPage> {
    // One snapshot, so that the total and the page belong together.
    let transaction = connection.transaction()?;
    let (total, start) = locate(&transaction, query)?;
    let Some((hour, skip)) = start.filter(|_| query.limit > 0) else { return Ok(ListPage { jobs: Vec::new(), total }) };
    let sql = match query.status {
        Some(_) => {
            "SELECT uuid, revision, document FROM jobs WHERE status = ?1 AND created_at < ?2
             ORDER BY created_at DESC, uuid DESC LIMIT ?3 OFFSET ?4"
        }
        None => {
            "SELECT uuid, revision, document FROM jobs WHERE ?1 IS NULL AND created_at < ?2
             ORDER BY created_at DESC, uuid DESC LIMIT ?3 OFFSET ?4"
        }
    };
    let status = query.status.map(|status| status.as_str());
    let mut statement = transaction.prepare_cached(sql)?;
    let rows =
        statement.query_map(params![status, (hour + 1) * 3600, sql_count(query.limit), sql_count(skip)], read_row)?;
    let stored = rows.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(ListPage { jobs: stored.into_iter().map(|stored| stored.value).collect(), total })
}

/// The list's total, and the hour in which the page begins with how many rows to pass over in it.
fn locate(connection: &Connection, query: ListQuery) -> rusqlite::Result<(u64, Option<(i64, u64)>)> {
    let mut statement = connection.prepare_cached(
        "SELECT hour, sum(jobs) FROM counts WHERE ?1 IS NULL OR status = ?1 GROUP BY hour ORDER BY hour DESC",
    )?;
    let status = query.status.map(|status| status.as_str());
    let mut rows = statement.query([status])?;
    let (mut total, mut start) = (0, None);
    while let Some(row) = rows.next()? {
        let (hour, jobs): (i64, u64) = (row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs());
        if start.is_none() && query.skip < total + jobs {
            start = Some((hour, query.skip - total));
        }
        total += jobs;
    }
    Ok((total, start))
}

pub(super) fn leftovers(connection: &mut Connection, query: LeftoverQuery) -> rusqlite::Result<Vec<Stored<Job>>> {
    let mut statement = connection.prepare_cached(
        "SELECT uuid, revision, document FROM jobs WHERE status = ?1 AND created_at <= ?2
         ORDER BY created_at, uuid",
    )?;
    let rows = statement.query_map(params![query.status.as_str(), schema::seconds(query.created_until)], read_row)?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // Read lazily up to the limit, so that rows that are no jobs never hide the others.
    rows.filter_map(Result::transpose).take(limit).collect()
}

fn sql_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The job in a row; `None`, with a log line, when a foreign hand made it unreadable.
fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Stored<Job>>> {
    let (uuid, revision, document): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    match serde_json::from_str::<Job>(&document) {
        Ok(job) => Ok(Some(Stored { value: job, revision: Revision(revision) })),
        Err(error) => {
            tracing::warn!(job.id = %uuid, "row {uuid:?} is left alone, it is no job: {error}");
            Ok(None)
        }
    }
}
