//! The file's tables and how a connection to it is set up.
//!
//! `jobs` keeps each job's JSON beside the columns that are searched. `counts` says how many jobs there are per state
//! and hour of creation, kept by triggers: totals are a short sum, and a deep page is found by adding hours instead of
//! passing over all rows before it.

use std::path::Path;
use std::time::Duration;

use job_model::Job;
use rusqlite::{Connection, OpenFlags};

use super::unavailable;
use crate::{Revision, StoreError};

/// Raised with every change below, together with the steps from the version before.
const VERSION: i64 = 1;
/// How long another process may hold the file before a call fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE jobs (
        uuid TEXT NOT NULL PRIMARY KEY,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        revision TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX jobs_by_created_at ON jobs (created_at, uuid);
    CREATE INDEX jobs_by_status ON jobs (status, created_at, uuid);

    CREATE TABLE counts (
        status TEXT NOT NULL,
        hour INTEGER NOT NULL,
        jobs INTEGER NOT NULL,
        PRIMARY KEY (status, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
        INSERT INTO counts VALUES (new.status, new.created_at / 3600, 1)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
    CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE status = old.status AND hour = old.created_at / 3600;
        DELETE FROM counts WHERE status = old.status AND hour = old.created_at / 3600 AND jobs = 0;
    END;
    CREATE TRIGGER jobs_moved AFTER UPDATE OF status, created_at ON jobs
        WHEN old.status <> new.status OR old.created_at <> new.created_at
    BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE status = old.status AND hour = old.created_at / 3600;
        DELETE FROM counts WHERE status = old.status AND hour = old.created_at / 3600 AND jobs = 0;
        INSERT INTO counts VALUES (new.status, new.created_at / 3600, 1)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
";

/// A job as the table holds it.
pub(super) struct Row {
    pub(super) uuid: String,
    pub(super) status: &'static str,
    /// Seconds since the Unix epoch.
    pub(super) created_at: i64,
    pub(super) revision: Revision,
    pub(super) document: String,
}

impl Row {
    pub(super) fn new(job: &Job, document: String, revision: Revision) -> Self {
        Self {
            uuid: job.uuid.as_str().to_owned(),
            status: job.status.as_str(),
            created_at: seconds(job.created_at),
            revision,
            document,
        }
    }
}

/// Whole seconds since the Unix epoch.
pub(super) fn seconds(time: job_model::Timestamp) -> i64 {
    time.unix_millis().div_euclid(1000)
}

/// The connection that writes, on a file whose tables are there.
pub(super) fn open_for_writing(path: &Path, action: impl Fn() -> String) -> Result<Connection, StoreError> {
    let failed = |error| unavailable(action(), error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    // In WAL mode only FULL makes a commit durable over a power cut.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    let found = migrate(&mut connection).map_err(failed)?;
    if found > VERSION {
        let reason = format!("a newer version made it (schema {found}, this one knows {VERSION})");
        return Err(StoreError::Refused { action: action(), reason });
    }
    Ok(connection)
}

/// Makes the tables when there are none; returns the schema's version.
fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > 0 {
        return Ok(version);
    }
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(VERSION)
}

/// A connection that reads.
pub(super) fn open_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    // Not read-only: a reader in WAL mode writes the index of the log that it shares with the others.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_commit_is_durable_when_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jobs.sqlite");
        let connection = super::open_for_writing(&path, || "open".into()).unwrap();
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!((mode.as_str(), synchronous), ("wal", 2));
    }
}
