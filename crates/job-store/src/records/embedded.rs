//! Records in one SQLite file.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use job_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Record, RecordError, RecordKind, RecordQuery, RecordStore};
use crate::sqlite::{Outcome, Readers, Writer};
use crate::{MAX_JOB_BYTES, Revision, Stored, sqlite};

/// Raised with every change of the tables, together with the steps from the version before.
const VERSION: i64 = 1;
const TABLES: &str = "
    CREATE TABLE records (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        due_at INTEGER,
        revision TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT;
    CREATE INDEX records_by_due_at ON records (kind, due_at, id) WHERE due_at IS NOT NULL;
";
/// Behind every id that begins with the same text.
const LAST: char = '\u{10ffff}';

/// The records in one SQLite file. Dropping it writes what was handed in, then closes the file.
pub struct EmbeddedRecordStore {
    writer: Writer<Change>,
    readers: Arc<Readers>,
}

/// One write, fenced.
enum Change {
    Insert(Row),
    Replace { row: Row, replaces: Revision },
    Delete { kind: RecordKind, id: String, revision: Revision },
}

struct Row {
    kind: RecordKind,
    id: String,
    due_at: Option<i64>,
    revision: Revision,
    body: String,
}

impl EmbeddedRecordStore {
    /// Opens the file, making it and its tables when there are none.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`] when the file cannot be used, [`RecordError::Refused`] when a newer version made it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordError> {
        let path = path.as_ref();
        let action = || format!("open the database of the service {}", path.display());
        let connection = open(path, action)?;
        let writer = Writer::start(connection, "record-writer", "the database of the service");
        let writer = writer.map_err(|error| unavailable(action(), error))?;
        Ok(Self { writer, readers: Readers::new(path) })
    }

    async fn apply(&self, kind: RecordKind, id: &str, change: Change) -> Result<(), RecordError> {
        let action = || format!("write {kind} {id} to the database of the service");
        let failed = |source| RecordError::Unavailable { action: action(), source };
        match self.writer.apply(change).await.map_err(failed)? {
            Outcome::Done => Ok(()),
            Outcome::Conflict => Err(RecordError::conflict(kind, id)),
            Outcome::NotFound => Err(RecordError::not_found(kind, id)),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        action: String,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, RecordError> {
        self.readers.read(query).await.map_err(|source| RecordError::Unavailable { action, source })
    }
}

fn unavailable(action: String, error: impl std::error::Error + Send + Sync + 'static) -> RecordError {
    RecordError::Unavailable { action, source: Box::new(error) }
}

fn open(path: &Path, action: impl Fn() -> String) -> Result<Connection, RecordError> {
    let failed = |error| unavailable(action(), error);
    let mut connection = sqlite::open(path).map_err(failed)?;
    let found = migrate(&mut connection).map_err(failed)?;
    if found > VERSION {
        let reason = format!("a newer version made it (schema {found}, this one knows {VERSION})");
        return Err(RecordError::Refused { action: action(), reason });
    }
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
    }
    Ok(version)
}

impl sqlite::Change for Change {
    fn apply(&self, connection: &Connection) -> rusqlite::Result<Outcome> {
        let changed = match self {
            Change::Insert(row) => connection
                .prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (kind, id) DO NOTHING")?
                .execute(params![row.kind.0, row.id, row.due_at, row.revision.0, row.body])?,
            Change::Replace { row, replaces } => connection
                .prepare_cached(
                    "UPDATE records SET due_at = ?3, revision = ?4, body = ?5
                     WHERE kind = ?1 AND id = ?2 AND revision = ?6",
                )?
                .execute(params![row.kind.0, row.id, row.due_at, row.revision.0, row.body, replaces.0])?,
            Change::Delete { kind, id, revision } => {
                let deleted = connection
                    .prepare_cached("DELETE FROM records WHERE kind = ?1 AND id = ?2 AND revision = ?3")?
                    .execute(params![kind.0, id, revision.0])?;
                if deleted == 0 && !exists(connection, *kind, id)? {
                    return Ok(Outcome::NotFound);
                }
                deleted
            }
        };
        Ok(if changed == 0 { Outcome::Conflict } else { Outcome::Done })
    }
}

fn exists(connection: &Connection, kind: RecordKind, id: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM records WHERE kind = ?1 AND id = ?2")?;
    Ok(statement.query_row([kind.0, id], |_| Ok(())).optional()?.is_some())
}

/// A row of `id, due_at, revision, body`.
fn stored(kind: RecordKind, row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored<Record>> {
    let unreadable = |error| rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, Box::new(error));
    let due_at: Option<i64> = row.get(1)?;
    let body = serde_json::from_str(row.get_ref(3)?.as_str()?).map_err(unreadable)?;
    let value = Record { kind, id: row.get(0)?, due_at: due_at.and_then(Timestamp::from_unix_millis), body };
    Ok(Stored { value, revision: Revision(row.get(2)?) })
}

impl Row {
    fn new(record: &Record) -> Result<Self, RecordError> {
        record.check()?;
        let body = record.body.to_string();
        if body.len() > MAX_JOB_BYTES {
            let (kind, id) = (record.kind, record.id.clone());
            return Err(RecordError::TooLarge { kind, id, size: body.len(), limit: MAX_JOB_BYTES });
        }
        let due_at = record.due_at.map(Timestamp::unix_millis);
        let revision = Revision(uuid::Uuid::new_v4().simple().to_string());
        Ok(Self { kind: record.kind, id: record.id.clone(), due_at, revision, body })
    }
}

#[async_trait]
impl RecordStore for EmbeddedRecordStore {
    async fn insert(&self, record: &Record) -> Result<Revision, RecordError> {
        let row = Row::new(record)?;
        let revision = row.revision.clone();
        self.apply(record.kind, &record.id, Change::Insert(row)).await?;
        Ok(revision)
    }

    async fn get(&self, kind: RecordKind, id: &str) -> Result<Stored<Record>, RecordError> {
        let wanted = id.to_owned();
        let read = self.read(format!("read {kind} {id}"), move |connection| {
            connection
                .prepare_cached("SELECT id, due_at, revision, body FROM records WHERE kind = ?1 AND id = ?2")?
                .query_row([kind.0, &wanted], |row| stored(kind, row))
                .optional()
        });
        read.await?.ok_or_else(|| RecordError::not_found(kind, id))
    }

    async fn replace(&self, record: &Record, revision: &Revision) -> Result<Revision, RecordError> {
        let row = Row::new(record)?;
        let written = row.revision.clone();
        self.apply(record.kind, &record.id, Change::Replace { row, replaces: revision.clone() }).await?;
        Ok(written)
    }

    async fn delete(&self, kind: RecordKind, id: &str, revision: &Revision) -> Result<(), RecordError> {
        self.apply(kind, id, Change::Delete { kind, id: id.to_owned(), revision: revision.clone() }).await
    }

    async fn list(&self, query: RecordQuery) -> Result<Vec<Stored<Record>>, RecordError> {
        let kind = query.kind;
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        self.read(format!("list records of kind {kind}"), move |connection| {
            let end = format!("{}{LAST}", query.prefix);
            // A prefix may be an id itself; what `after` names was seen.
            let sql = match (query.descending, query.after.is_some()) {
                (false, false) => "WHERE kind = ?1 AND id >= ?2 AND id < ?3 ORDER BY id LIMIT ?4",
                (false, true) => "WHERE kind = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
                (true, _) => "WHERE kind = ?1 AND id >= ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4",
            };
            let (first, last) = match query.after {
                Some(after) if query.descending => (query.prefix, after),
                Some(after) => (after, end),
                None => (query.prefix, end),
            };
            let sql = format!("SELECT id, due_at, revision, body FROM records {sql}");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![kind.0, first, last, limit], |row| stored(kind, row))?;
            rows.collect()
        })
        .await
    }

    async fn due(&self, kind: RecordKind, until: Timestamp, limit: usize) -> Result<Vec<Stored<Record>>, RecordError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(format!("look which records of kind {kind} are due"), move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, due_at, revision, body FROM records
                 WHERE kind = ?1 AND due_at <= ?2 ORDER BY due_at, id LIMIT ?3",
            )?;
            let rows = statement.query_map(params![kind.0, until.unix_millis(), limit], |row| stored(kind, row))?;
            rows.collect()
        })
        .await
    }
}
