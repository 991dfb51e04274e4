//! The file's tables and how a connection to it is set up.
//!
//! `jobs` keeps each job's JSON beside the columns that are searched and the summary that lists show; the JSON comes
//! last, so that whoever reads the others does not pass through it. `counts` says how many jobs there are per status,
//! state and hour of creation, kept by triggers: totals are a short sum, and a deep page is found by adding hours instead
//! of passing over all rows before it. Jobs of named tokens have indexes and counts of their own beside those of all; the
//! others are in none of them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use job_model::{Job, JobState, JobSummary};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::unavailable;
use crate::{Revision, StoreError};

/// Raised with every change below, together with the steps from the version before.
const VERSION: i64 = 3;
/// How long another process may hold the file before a call fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What the log may keep of the disk once its content is in the file, in bytes.
const LOG_KEPT: i64 = 64 * 1024 * 1024;
/// `PRAGMA auto_vacuum`: free pages are given back when asked for
/// (<https://www.sqlite.org/pragma.html#pragma_auto_vacuum>).
pub(super) const INCREMENTAL: i64 = 2;
/// The state of a row that is not a job. No query asks for it.
const NO_STATE: &str = "";

const TABLES: &str = "
    CREATE TABLE jobs (
        uuid TEXT NOT NULL PRIMARY KEY,
        status TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        revision TEXT NOT NULL,
        summary TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX jobs_by_created_at ON jobs (created_at, uuid);
    CREATE INDEX jobs_by_status ON jobs (status, created_at, uuid);
    CREATE INDEX jobs_by_state ON jobs (state, created_at, uuid, status);

    CREATE TABLE counts (
        status TEXT NOT NULL,
        state TEXT NOT NULL,
        hour INTEGER NOT NULL,
        jobs INTEGER NOT NULL,
        PRIMARY KEY (status, state, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
        INSERT INTO counts VALUES (new.status, new.state, (new.created_at + 62167219200) / 3600, 1)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
    CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
        UPDATE counts SET jobs = jobs - 1
            WHERE status = old.status AND state = old.state AND hour = (old.created_at + 62167219200) / 3600;
        DELETE FROM counts
            WHERE status = old.status AND state = old.state AND hour = (old.created_at + 62167219200) / 3600 AND jobs = 0;
    END;
    CREATE TRIGGER jobs_moved AFTER UPDATE OF status, state, created_at ON jobs
        WHEN old.status <> new.status OR old.state <> new.state OR old.created_at <> new.created_at
    BEGIN
        UPDATE counts SET jobs = jobs - 1
            WHERE status = old.status AND state = old.state AND hour = (old.created_at + 62167219200) / 3600;
        DELETE FROM counts
            WHERE status = old.status AND state = old.state AND hour = (old.created_at + 62167219200) / 3600 AND jobs = 0;
        INSERT INTO counts VALUES (new.status, new.state, (new.created_at + 62167219200) / 3600, 1)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
";

/// What the lists of an owner read. The column stands behind the document, and is read out of the indexes only.
const OWNERS: &str = "
    ALTER TABLE jobs ADD COLUMN owner TEXT;
    CREATE INDEX jobs_by_owner ON jobs (owner, created_at, uuid) WHERE owner IS NOT NULL;
    CREATE INDEX jobs_by_owner_and_status ON jobs (owner, status, created_at, uuid) WHERE owner IS NOT NULL;
    CREATE INDEX jobs_by_owner_and_state ON jobs (owner, state, created_at, uuid, status) WHERE owner IS NOT NULL;

    CREATE TABLE counts_by_owner (
        owner TEXT NOT NULL,
        status TEXT NOT NULL,
        state TEXT NOT NULL,
        hour INTEGER NOT NULL,
        jobs INTEGER NOT NULL,
        PRIMARY KEY (owner, status, state, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER owned_inserted AFTER INSERT ON jobs WHEN new.owner IS NOT NULL BEGIN
        INSERT INTO counts_by_owner VALUES (new.owner, new.status, new.state, (new.created_at + 62167219200) / 3600, 1)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
    CREATE TRIGGER owned_deleted AFTER DELETE ON jobs WHEN old.owner IS NOT NULL BEGIN
        UPDATE counts_by_owner SET jobs = jobs - 1 WHERE owner = old.owner AND status = old.status
            AND state = old.state AND hour = (old.created_at + 62167219200) / 3600;
        DELETE FROM counts_by_owner WHERE owner = old.owner AND status = old.status
            AND state = old.state AND hour = (old.created_at + 62167219200) / 3600 AND jobs = 0;
    END;
    CREATE TRIGGER owned_left AFTER UPDATE ON jobs
        WHEN old.owner IS NOT NULL AND (old.status <> new.status OR old.state <> new.state
            OR old.created_at <> new.created_at OR old.owner IS NOT new.owner)
    BEGIN
        UPDATE counts_by_owner SET jobs = jobs - 1 WHERE owner = old.owner AND status = old.status
            AND state = old.state AND hour = (old.created_at + 62167219200) / 3600;
        DELETE FROM counts_by_owner WHERE owner = old.owner AND status = old.status
            AND state = old.state AND hour = (old.created_at + 62167219200) / 3600 AND jobs = 0;
    END;
    CREATE TRIGGER owned_entered AFTER UPDATE ON jobs
        WHEN new.owner IS NOT NULL AND (old.status <> new.status OR old.state <> new.state
            OR old.created_at <> new.created_at OR old.owner IS NOT new.owner)
    BEGIN
        INSERT INTO counts_by_owner VALUES (new.owner, new.status, new.state, (new.created_at + 62167219200) / 3600, 1)
            ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END;
";

/// What the table of counts adds to a time in seconds before it is cut to hours: the years before 1970, since SQLite rounds
/// negative numbers up.
pub(super) const YEAR_0: i64 = 62_167_219_200;

/// Version 1 had neither states nor summaries.
const SET_VERSION_1_ASIDE: &str = "
    DROP TRIGGER jobs_inserted;
    DROP TRIGGER jobs_deleted;
    DROP TRIGGER jobs_moved;
    DROP TABLE counts;
    DROP INDEX jobs_by_created_at;
    DROP INDEX jobs_by_status;
    ALTER TABLE jobs RENAME TO jobs_of_version_1;
";

/// A job as the table holds it.
pub(super) struct Row {
    pub(super) uuid: String,
    pub(super) status: &'static str,
    pub(super) state: &'static str,
    /// Seconds since the Unix epoch.
    pub(super) created_at: i64,
    pub(super) revision: Revision,
    pub(super) summary: String,
    pub(super) document: String,
    pub(super) owner: Option<String>,
}

impl Row {
    /// The row of a job whose JSON is `document`.
    pub(super) fn new(job: &Job, document: String, revision: Revision) -> Result<Self, serde_json::Error> {
        Ok(Self {
            uuid: job.uuid.as_str().to_owned(),
            status: job.status.as_str(),
            state: JobState::of(job).as_str(),
            created_at: seconds(job.created_at),
            revision,
            summary: serde_json::to_string(&JobSummary::of(job))?,
            document,
            owner: job.owner.as_ref().map(|owner| owner.as_str().to_owned()),
        })
    }
}

/// Whole seconds since the Unix epoch.
pub(super) fn seconds(time: job_model::Timestamp) -> i64 {
    time.unix_millis().div_euclid(1000)
}

/// The connection that writes, on a file whose tables are there.
pub(super) fn open_for_writing(path: &Path, action: impl Fn() -> String) -> Result<Connection, StoreError> {
    let failed = |error| unavailable(action(), error);
    make_private(path);
    let mut connection = Connection::open(path).map_err(failed)?;
    set_up(&connection).map_err(failed)?;
    let found = migrate(&mut connection).map_err(failed)?;
    if found > VERSION {
        let reason = format!("a newer version made it (schema {found}, this one knows {VERSION})");
        return Err(StoreError::Refused { action: action(), reason });
    }
    if found < VERSION && found > 0 {
        tracing::info!(from = found, to = VERSION, "the job database {} was brought up to date", path.display());
        // After version 1 half of the file is free, and only this makes it one that gives space back in steps.
        if found == 1
            && let Err(error) = connection.execute_batch("VACUUM")
        {
            tracing::warn!(%error, "the job database {} keeps its free space for now", path.display());
        }
    }
    Ok(connection)
}

/// Makes the file, when there is none, for its owner alone; SQLite gives the files beside it the same rights. Where that
/// fails opening fails too, and says why.
fn make_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Counts for a file that is still empty, and for the next VACUUM of any other.
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_KEPT)?;
    // In WAL mode only FULL makes a commit durable over a power cut.
    connection.pragma_update(None, "synchronous", "FULL")
}

/// Makes the tables when there are none, or those of this version out of older ones; returns the version found.
fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => {
            transaction.execute_batch(TABLES)?;
            transaction.execute_batch(OWNERS)?;
        }
        1 => {
            transaction.execute_batch(SET_VERSION_1_ASIDE)?;
            transaction.execute_batch(TABLES)?;
            take_over_version_1(&transaction)?;
            transaction.execute_batch("DROP TABLE jobs_of_version_1")?;
            transaction.execute_batch(OWNERS)?;
        }
        // No job had an owner before: the counts begin empty.
        2 => transaction.execute_batch(OWNERS)?,
        _ => return Ok(version),
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(version)
}

fn take_over_version_1(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut select =
        transaction.prepare("SELECT uuid, status, created_at, revision, document FROM jobs_of_version_1")?;
    let mut insert = transaction.prepare("INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (uuid, status, created_at): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (revision, document): (String, String) = (row.get(3)?, row.get(4)?);
        let job = serde_json::from_str::<Job>(&document).ok();
        let state = job.as_ref().map_or(NO_STATE, |job| JobState::of(job).as_str());
        let summary = job.and_then(|job| serde_json::to_string(&JobSummary::of(&job)).ok()).unwrap_or_default();
        insert.execute(params![uuid, status, state, created_at, revision, summary, document])?;
    }
    Ok(())
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

/// How SQLite would answer a query, step by step.
#[cfg(test)]
pub(super) fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    statement.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap()
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
