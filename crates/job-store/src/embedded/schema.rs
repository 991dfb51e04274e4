//! The file's tables.
//!
//! `jobs` keeps each job's JSON beside the columns that are searched and the summary that lists show; the JSON comes
//! last, so that whoever reads the others does not pass through it. `counts` says how many jobs there are per status,
//! state and hour of creation, kept by triggers: totals are a short sum, and a deep page is found by adding hours instead
//! of passing over all rows before it. Jobs of named tokens have indexes and counts of their own beside those of all; the
//! others are in none of them.

use std::path::Path;

use job_model::{Job, JobState, JobSummary};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::unavailable;
use crate::{Revision, StoreError, sqlite};

/// Raised with every change below, together with the steps from the version before.
const VERSION: i64 = 4;
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

/// What has a time to come, and what waits for what. Jobs that have neither are in none of these indexes; the index by status
/// knows which created jobs wait, so that whoever looks for the others passes over those without reading them.
const WAKING: &str = "
    ALTER TABLE jobs ADD COLUMN wake_at INTEGER;
    ALTER TABLE jobs ADD COLUMN waits_for TEXT;
    ALTER TABLE jobs ADD COLUMN waits_key TEXT;
    CREATE INDEX jobs_by_wake_at ON jobs (wake_at, uuid) WHERE wake_at IS NOT NULL;
    CREATE INDEX jobs_by_waits_for ON jobs (waits_for) WHERE waits_for IS NOT NULL;
    CREATE INDEX jobs_by_waits_key ON jobs (waits_key, created_at, uuid) WHERE waits_key IS NOT NULL;
    DROP INDEX jobs_by_status;
    CREATE INDEX jobs_by_status ON jobs (status, created_at, uuid, waits_for);
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
    /// Milliseconds since the Unix epoch.
    pub(super) wake_at: Option<i64>,
    pub(super) waits_for: Option<&'static str>,
    pub(super) waits_key: Option<String>,
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
            wake_at: job.wake_at.map(job_model::Timestamp::unix_millis),
            waits_for: job.waits_for.map(job_model::WaitsFor::as_str),
            waits_key: job.waits_for_key(),
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
    let mut connection = sqlite::open(path).map_err(failed)?;
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

/// Makes the tables when there are none, or those of this version out of older ones; returns the version found.
fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => transaction.execute_batch(TABLES)?,
        1 => {
            transaction.execute_batch(SET_VERSION_1_ASIDE)?;
            transaction.execute_batch(TABLES)?;
            take_over_version_1(&transaction)?;
            transaction.execute_batch("DROP TABLE jobs_of_version_1")?;
        }
        2 | 3 => {}
        _ => return Ok(version),
    }
    if version < 3 {
        // No job had an owner before: the counts begin empty.
        transaction.execute_batch(OWNERS)?;
    }
    // Nor had one a time to come.
    transaction.execute_batch(WAKING)?;
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
