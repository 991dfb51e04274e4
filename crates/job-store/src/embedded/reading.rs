//! Queries beside the writer, each on a connection of its own.

use std::path::Path;
use std::sync::Arc;

use job_model::{Job, JobId, JobSummary};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::schema;
use crate::unreadable::Unreadable;
use crate::{Change, Changes, LeftoverQuery, Position, Revision, StoreError, Stored, sqlite};

/// How many connections read whole jobs for lists: the others are for who waits for one job, and jobs may be large.
const WHOLE_LISTS_MAX: usize = 2;

const LEFTOVERS: &str = "SELECT uuid, revision, document FROM jobs
    WHERE status = ?1 AND (created_at, uuid) > (?2, ?3) AND created_at <= ?4 AND waits_for IS NULL
    ORDER BY created_at, uuid";
/// Rows are numbered as they come in. The number of the last row is given again when that row is deleted: nobody else
/// writes to this file, so nobody misses a row by that.
const INSERTED: &str = "SELECT rowid, uuid FROM jobs WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
const LAST_INSERTED: &str = "SELECT coalesce(max(rowid), 0) FROM jobs";
/// What the jobs of [`read_some`] weigh together, in bytes, unless it is a single job.
const SOME_BYTES: usize = 1_000_000;

/// The connections that read jobs.
pub(super) struct Readers {
    connections: Arc<sqlite::Readers>,
    /// Taken before one of `connections`.
    whole_lists: Semaphore,
    unreadable: Arc<Unreadable>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            connections: sqlite::Readers::new(path),
            whole_lists: Semaphore::new(WHOLE_LISTS_MAX),
            unreadable: Arc::default(),
        }
    }

    /// Runs a query on a thread that may block.
    pub(super) async fn read<T, F>(&self, action: String, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &Unreadable) -> rusqlite::Result<T> + Send + 'static,
    {
        let unreadable = self.unreadable.clone();
        let read = self.connections.read(move |connection| query(connection, &unreadable)).await;
        read.map_err(|source| StoreError::Unavailable { action, source })
    }

    /// The next few of these jobs, and the ids that are still to be read.
    pub(super) async fn read_some(&self, ids: Vec<JobId>) -> Result<(Vec<Job>, Vec<JobId>), StoreError> {
        let _permit = self.whole_lists.acquire().await;
        let read = self.read("read the jobs of a list".into(), move |connection, unreadable| {
            let (jobs, count) = read_some(connection, unreadable, &ids)?;
            Ok((jobs, ids, count))
        });
        let (jobs, mut ids, count) = read.await?;
        ids.drain(..count);
        Ok((jobs, ids))
    }
}

pub(super) fn ping(connection: &mut Connection, _: &Unreadable) -> rusqlite::Result<()> {
    connection.query_row("SELECT 1 FROM jobs UNION ALL SELECT 1 LIMIT 1", [], |_| Ok(()))
}

pub(super) fn get(
    connection: &mut Connection,
    unreadable: &Unreadable,
    id: &JobId,
) -> rusqlite::Result<Option<Stored<Job>>> {
    let mut statement = connection.prepare_cached("SELECT uuid, revision, document FROM jobs WHERE uuid = ?1")?;
    Ok(statement.query_row([id.as_str()], |row| stored_job(row, unreadable)).optional()?.flatten())
}

/// The summaries of those of these jobs that name files. A summary stands before the document, which is not read.
pub(super) fn with_files(connection: &mut Connection, ids: &[JobId]) -> rusqlite::Result<Vec<JobSummary>> {
    let mut statement = connection.prepare_cached("SELECT summary FROM jobs WHERE uuid = ?1")?;
    let mut found = Vec::new();
    for id in ids {
        let read = |row: &rusqlite::Row<'_>| Ok(serde_json::from_str::<JobSummary>(row.get_ref(0)?.as_str()?).ok());
        let summary = statement.query_row([id.as_str()], read).optional()?.flatten();
        found.extend(summary.filter(|summary| summary.file_set.is_some()));
    }
    Ok(found)
}

/// The first of these jobs, as many as weigh little together, and how many ids that were.
fn read_some(
    connection: &mut Connection,
    unreadable: &Unreadable,
    ids: &[JobId],
) -> rusqlite::Result<(Vec<Job>, usize)> {
    let mut statement = connection.prepare_cached("SELECT uuid, revision, document FROM jobs WHERE uuid = ?1")?;
    let (mut jobs, mut bytes) = (Vec::new(), 0);
    for (number, id) in ids.iter().enumerate() {
        let job = statement.query_row([id.as_str()], |row| {
            bytes += row.get_ref(2)?.as_str()?.len();
            stored_job(row, unreadable)
        });
        jobs.extend(job.optional()?.flatten().map(|stored| stored.value));
        if bytes >= SOME_BYTES {
            return Ok((jobs, number + 1));
        }
    }
    Ok((jobs, ids.len()))
}

pub(super) fn leftovers(
    connection: &mut Connection,
    unreadable: &Unreadable,
    query: LeftoverQuery,
) -> rusqlite::Result<Vec<Stored<Job>>> {
    let Some(seconds) = query.seconds() else { return Ok(Vec::new()) };
    // Before all ids of the first second.
    let start = (seconds.first.map_or(i64::MIN, schema::seconds), String::new());
    let after = query.after.map(|(time, id)| (schema::seconds(time), id.as_str().to_owned()));
    let (second, uuid) = after.map_or(start.clone(), |after| after.max(start));
    let last = seconds.last.map_or(i64::MAX, schema::seconds);
    let mut statement = connection.prepare_cached(LEFTOVERS)?;
    let parameters = params![query.status.as_str(), second, uuid, last];
    let rows = statement.query_map(parameters, |row| stored_job(row, unreadable))?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // Read lazily up to the limit, so that rows that are no jobs never hide the others.
    rows.filter_map(Result::transpose).take(limit).collect()
}

/// What came in behind a position, up to `limit` rows; without one nothing but the position of now.
pub(super) fn changes(
    connection: &mut Connection,
    _: &Unreadable,
    since: Option<&Position>,
    limit: u64,
) -> rusqlite::Result<Changes> {
    let Some(since) = since else {
        let last: i64 = connection.query_row(LAST_INSERTED, [], |row| row.get(0))?;
        return Ok(Changes { rows: Vec::new(), position: Position(last.to_string()) });
    };
    let mut last: i64 = since.0.parse().unwrap_or_default();
    let mut rows = Vec::new();
    let mut statement = connection.prepare_cached(INSERTED)?;
    let mut found = statement.query(params![last, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    while let Some(row) = found.next()? {
        last = row.get(0)?;
        rows.extend(JobId::parse(row.get::<_, String>(1)?).ok().map(Change::Written));
    }
    Ok(Changes { rows, position: Position(last.to_string()) })
}

/// The job in a row of uuid, revision and document, read where SQLite has the document: a copy may have megabytes. `None`,
/// with a log line, when a foreign hand made it unreadable.
pub(super) fn stored_job(row: &rusqlite::Row<'_>, unreadable: &Unreadable) -> rusqlite::Result<Option<Stored<Job>>> {
    let revision: String = row.get(1)?;
    match serde_json::from_str(row.get_ref(2)?.as_str()?) {
        Ok(value) => Ok(Some(Stored { value, revision: Revision(revision) })),
        Err(error) => {
            unreadable.report(row.get_ref(0)?.as_str()?, &revision, &error.to_string());
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFTOVERS, schema};

    #[test]
    fn leftovers_read_one_range_of_an_index_in_its_order() {
        let directory = tempfile::tempdir().unwrap();
        let connection = schema::open_for_writing(&directory.path().join("jobs.sqlite"), || "open".into()).unwrap();
        let plan = schema::plan(&connection, LEFTOVERS);
        assert_eq!(
            plan,
            ["SEARCH jobs USING INDEX jobs_by_status (status=? AND (created_at,uuid)>(?,?) AND created_at<?)"]
        );
    }
}
