//! The SQLite file: messages in the order of their publishing, and whether each was ever delivered.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::{Message, Queue};

/// How long a reader, which a backup is, may hold the file before a call fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const SET_UP: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA journal_size_limit = 67108864;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        delivered INTEGER NOT NULL DEFAULT 0,
        headers TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    COMMIT;";

/// Whether a commit must survive a power cut from the moment it returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// It is on disk when it returns.
    Now,
    /// It survives the death of the process at once, and a power cut with the next flush. Enough for what may be
    /// forgotten at the price of one more delivery.
    Later,
}

pub(super) struct QueueFile {
    connection: Connection,
    flush: Flush,
}

impl QueueFile {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        make_private(path);
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch(SET_UP)?;
        let mut file = Self { connection, flush: Flush::Later };
        file.set_flush(Flush::Now)?;
        Ok(file)
    }

    /// The ids of a queue's messages, in order, with whether each was ever delivered.
    pub(super) fn ids(&self, queue: Queue) -> rusqlite::Result<BTreeMap<i64, bool>> {
        let mut select = self.connection.prepare("SELECT id, delivered FROM messages WHERE queue = ?1 ORDER BY id")?;
        let rows = select.query_map(params![name(queue)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    pub(super) fn begin(&mut self, flush: Flush) -> rusqlite::Result<()> {
        self.set_flush(flush)?;
        self.connection.execute_batch("BEGIN IMMEDIATE")
    }

    /// With a write-ahead log, FULL flushes at each commit and NORMAL at checkpoints.
    fn set_flush(&mut self, flush: Flush) -> rusqlite::Result<()> {
        if self.flush != flush {
            let level = if flush == Flush::Now { "FULL" } else { "NORMAL" };
            self.connection.execute_batch(&format!("PRAGMA synchronous = {level}"))?;
            self.flush = flush;
        }
        Ok(())
    }

    pub(super) fn commit(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("COMMIT")
    }

    /// Undoes what was not committed. SQLite may have done so itself, so that there is nothing left to undo.
    pub(super) fn roll_back(&self) -> rusqlite::Result<()> {
        if self.connection.is_autocommit() { Ok(()) } else { self.connection.execute_batch("ROLLBACK") }
    }

    pub(super) fn insert(&self, queue: Queue, message: &Message) -> rusqlite::Result<i64> {
        let headers = serde_json::to_string(&message.headers)
            .map_err(|err| rusqlite::Error::ToSqlConversionFailure(err.into()))?;
        let mut insert =
            self.connection.prepare_cached("INSERT INTO messages (queue, headers, body) VALUES (?1, ?2, ?3)")?;
        insert.insert(params![name(queue), headers, message.body])
    }

    /// Reads a message and marks it as delivered.
    pub(super) fn deliver(&self, id: i64) -> rusqlite::Result<Message> {
        let mut update =
            self.connection.prepare_cached("UPDATE messages SET delivered = 1 WHERE id = ?1 AND delivered = 0")?;
        update.execute([id])?;
        let mut select = self.connection.prepare_cached("SELECT headers, body FROM messages WHERE id = ?1")?;
        let (headers, body): (String, Vec<u8>) = select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let headers = serde_json::from_str(&headers)
            .map_err(|err| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, err.into()))?;
        Ok(Message { body, headers })
    }

    pub(super) fn remove(&self, id: i64) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([id]).map(drop)
    }

    /// Makes the file's disk full at 40 pages.
    #[cfg(test)]
    pub(super) fn limit_size(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA max_page_count = 40", [], |_| Ok(()))
    }

    pub(super) fn ping(&self) -> rusqlite::Result<()> {
        self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    }
}

/// Makes the file, when there is none, for its owner alone; SQLite gives the files beside it the same rights. Where that
/// fails opening fails too, and says why.
fn make_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

/// The queue's name in the file. Renaming a queue on a broker does not concern it.
fn name(queue: Queue) -> &'static str {
    match queue {
        Queue::Jobs => "jobs",
        Queue::JobResults => "job_results",
        Queue::JobsHigh => "jobs_high",
        Queue::JobsLow => "jobs_low",
    }
}
