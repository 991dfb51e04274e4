//! One write to the table of jobs.

use job_model::JobId;
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use super::schema::Row;
use crate::Revision;
use crate::sqlite::{self, Outcome};

/// One write, fenced.
pub(super) enum Change {
    /// A row that must not be there yet.
    Insert(Row),
    /// A row that must be there at this revision.
    Update { row: Row, replaces: Revision },
    /// Removes the row at this revision.
    Delete { id: JobId, revision: Revision },
}

impl sqlite::Change for Change {
    fn apply(&self, connection: &Connection) -> rusqlite::Result<Outcome> {
        let changed = match self {
            Change::Insert(row) => connection
                .prepare_cached(
                    "INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (uuid) DO NOTHING",
                )?
                .execute(&columns(row)[..])?,
            Change::Update { row, replaces } => connection
                .prepare_cached(
                    "UPDATE jobs
                     SET status = ?2, state = ?3, created_at = ?4, revision = ?5, summary = ?6, document = ?7,
                         owner = ?8, wake_at = ?9, waits_for = ?10, waits_key = ?11
                     WHERE uuid = ?1 AND revision = ?12",
                )?
                .execute(params_from_iter(columns(row).into_iter().chain([&replaces.0 as &dyn ToSql])))?,
            Change::Delete { id, revision } => {
                let deleted = connection
                    .prepare_cached("DELETE FROM jobs WHERE uuid = ?1 AND revision = ?2")?
                    .execute(params![id.as_str(), revision.0])?;
                if deleted == 0 && !exists(connection, id)? {
                    return Ok(Outcome::NotFound);
                }
                deleted
            }
        };
        Ok(if changed == 0 { Outcome::Conflict } else { Outcome::Done })
    }
}

/// The values of a row, in the order of the table's columns.
fn columns(row: &Row) -> [&dyn ToSql; 11] {
    [
        &row.uuid,
        &row.status,
        &row.state,
        &row.created_at,
        &row.revision.0,
        &row.summary,
        &row.document,
        &row.owner,
        &row.wake_at,
        &row.waits_for,
        &row.waits_key,
    ]
}

fn exists(connection: &Connection, id: &JobId) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM jobs WHERE uuid = ?1")?;
    Ok(statement.query_row([id.as_str()], |_| Ok(())).optional()?.is_some())
}
