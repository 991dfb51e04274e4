//! Queries beside the writer, each on a connection of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use job_model::{Job, JobId};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::{schema, unavailable};
use crate::unreadable::Unreadable;
use crate::{LeftoverQuery, ListPage, ListQuery, Revision, StoreError, Stored};

const CONNECTIONS_MAX: usize = 4;

/// ?1 is null here, so that both lists take the same parameters.
const LIST_OF_ALL: &str = "SELECT uuid, revision, document FROM jobs WHERE ?1 IS NULL AND created_at < ?2
    ORDER BY created_at DESC, uuid DESC LIMIT ?3 OFFSET ?4";
const LIST_OF_STATUS: &str = "SELECT uuid, revision, document FROM jobs WHERE status = ?1 AND created_at < ?2
    ORDER BY created_at DESC, uuid DESC LIMIT ?3 OFFSET ?4";
const LEFTOVERS: &str = "SELECT uuid, revision, document FROM jobs WHERE status = ?1 AND created_at <= ?2
    ORDER BY created_at, uuid";

/// A few connections that read, opened when needed and kept.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    unreadable: Unreadable,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::default(),
            permits: Semaphore::new(CONNECTIONS_MAX),
            unreadable: Unreadable::default(),
        }
    }

    /// Runs a query on a thread that may block.
    pub(super) async fn read<T, F>(self: &Arc<Self>, action: String, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &Unreadable) -> rusqlite::Result<T> + Send + 'static,
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

    fn run<T>(&self, query: impl FnOnce(&mut Connection, &Unreadable) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => schema::open_for_reading(&self.path)?,
        };
        let found = query(&mut connection, &self.unreadable)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(found)
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
    Ok(statement.query_row([id.as_str()], StoredRow::of).optional()?.and_then(|row| row.job(unreadable)))
}

pub(super) fn list(
    connection: &mut Connection,
    unreadable: &Unreadable,
    query: ListQuery,
) -> rusqlite::Result<ListPage> {
    // One snapshot, so that the total and the page belong together.
    let transaction = connection.transaction()?;
    let (total, start) = locate(&transaction, query)?;
    let Some((hour, skip)) = start.filter(|_| query.limit > 0) else { return Ok(ListPage { jobs: Vec::new(), total }) };
    let sql = if query.status.is_some() { LIST_OF_STATUS } else { LIST_OF_ALL };
    let status = query.status.map(|status| status.as_str());
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![status, (hour + 1) * 3600, sql_count(query.limit), sql_count(skip)], StoredRow::of)?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let jobs = rows.into_iter().filter_map(|row| row.job(unreadable)).map(|stored| stored.value).collect();
    Ok(ListPage { jobs, total })
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

pub(super) fn leftovers(
    connection: &mut Connection,
    unreadable: &Unreadable,
    query: LeftoverQuery,
) -> rusqlite::Result<Vec<Stored<Job>>> {
    let mut statement = connection.prepare_cached(LEFTOVERS)?;
    let rows =
        statement.query_map(params![query.status.as_str(), schema::seconds(query.created_until)], StoredRow::of)?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    // Read lazily up to the limit, so that rows that are no jobs never hide the others.
    rows.filter_map(|row| row.map(|row| row.job(unreadable)).transpose()).take(limit).collect()
}

fn sql_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A row as it is stored.
struct StoredRow {
    uuid: String,
    revision: String,
    document: String,
}

impl StoredRow {
    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { uuid: row.get(0)?, revision: row.get(1)?, document: row.get(2)? })
    }

    /// The job in it; `None`, with a log line, when a foreign hand made it unreadable.
    fn job(self, unreadable: &Unreadable) -> Option<Stored<Job>> {
        match serde_json::from_str(&self.document) {
            Ok(value) => Some(Stored { value, revision: Revision(self.revision) }),
            Err(error) => {
                unreadable.report(&self.uuid, &self.revision, &error.to_string());
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFTOVERS, LIST_OF_ALL, LIST_OF_STATUS, schema};

    #[test]
    fn every_query_reads_one_range_of_an_index_in_its_order() {
        let directory = tempfile::tempdir().unwrap();
        let connection = schema::open_for_writing(&directory.path().join("jobs.sqlite"), || "open".into()).unwrap();
        for (sql, index) in [
            (LIST_OF_ALL, "jobs_by_created_at (created_at<?)"),
            (LIST_OF_STATUS, "jobs_by_status (status=? AND created_at<?)"),
            (LEFTOVERS, "jobs_by_status (status=? AND created_at<?)"),
        ] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let lines = statement.raw_query();
            let plan: Vec<String> = lines.mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap();
            assert_eq!(plan, [format!("SEARCH jobs USING INDEX {index}")], "{sql}");
        }
    }
}
