//! How a connection is set up.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How long another process may hold the file before a call fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What the log may keep of the disk once its content is in the file, in bytes.
const LOG_KEPT: i64 = 64 * 1024 * 1024;
/// `PRAGMA auto_vacuum`: free pages are given back when asked for
/// (<https://www.sqlite.org/pragma.html#pragma_auto_vacuum>).
pub(super) const INCREMENTAL: i64 = 2;

/// The connection that writes, on a file that is made when there is none.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    make_private(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Counts for a file that is still empty, and for the next VACUUM of any other.
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_KEPT)?;
    // In WAL mode only FULL makes a commit durable over a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Makes the file, when there is none, for its owner alone; SQLite gives the files beside it the same rights. Where that
/// fails opening fails too, and says why.
fn make_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
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
