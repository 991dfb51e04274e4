//! What has a time at which a gateway must look at it, and what waits for what.

use job_model::{Job, Timestamp, WaitsFor};
use rusqlite::{Connection, params};

use super::reading::stored_job;
use crate::unreadable::Unreadable;
use crate::{DueJobs, Stored, WaitingJobs};

const DUE: &str =
    "SELECT uuid, revision, document FROM jobs WHERE wake_at <= ?1 ORDER BY wake_at, uuid LIMIT ?2 OFFSET ?3";
const NEXT: &str = "SELECT min(wake_at) FROM jobs WHERE wake_at > ?1";
const OF_KEY: &str =
    "SELECT uuid, revision, document FROM jobs WHERE waits_key = ?1 ORDER BY created_at, uuid LIMIT ?2";
const REASONS: &str = "SELECT waits_for, count(*) FROM jobs WHERE waits_for IS NOT NULL GROUP BY waits_for";
const KEYS: &str = "SELECT DISTINCT waits_key FROM jobs WHERE waits_key IS NOT NULL";

/// Jobs whose time has come, behind the first `skip` of them; and when the next one's comes.
pub(super) fn due(
    connection: &mut Connection,
    unreadable: &Unreadable,
    until: Timestamp,
    skip: u64,
    limit: u64,
) -> rusqlite::Result<DueJobs> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let parameters = params![until.unix_millis(), number(limit), number(skip)];
    let mut statement = connection.prepare_cached(DUE)?;
    let (mut rows, mut jobs) = (0, Vec::new());
    for row in statement.query_map(parameters, |row| stored_job(row, unreadable))? {
        rows += 1;
        jobs.extend(row?);
    }
    let mut statement = connection.prepare_cached(NEXT)?;
    let next: Option<i64> = statement.query_row([until.unix_millis()], |row| row.get(0))?;
    // Those that did not fit are due at once.
    let next = if rows == limit { Some(until) } else { next.and_then(Timestamp::from_unix_millis) };
    Ok(DueJobs { rows, jobs, next })
}

/// Jobs that wait for a key, oldest first.
pub(super) fn of_key(
    connection: &mut Connection,
    unreadable: &Unreadable,
    key: &str,
    limit: u64,
) -> rusqlite::Result<Vec<Stored<Job>>> {
    let mut statement = connection.prepare_cached(OF_KEY)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![key, limit], |row| stored_job(row, unreadable))?;
    rows.filter_map(Result::transpose).collect()
}

/// How many jobs wait for what, and the keys that some wait for.
pub(super) fn waiting(connection: &mut Connection, _: &Unreadable) -> rusqlite::Result<WaitingJobs> {
    let transaction = connection.transaction()?;
    let mut reasons = Vec::new();
    let mut statement = transaction.prepare_cached(REASONS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (reason, jobs): (String, i64) = (row.get(0)?, row.get(1)?);
        reasons.extend(WaitsFor::parse(&reason).map(|reason| (reason, jobs.unsigned_abs())));
    }
    let mut statement = transaction.prepare_cached(KEYS)?;
    let keys = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(WaitingJobs { reasons, keys })
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::{DUE, KEYS, NEXT, OF_KEY, REASONS};

    #[test]
    fn every_question_is_answered_out_of_an_index_that_ordinary_jobs_are_not_in() {
        let directory = tempfile::tempdir().unwrap();
        let connection = schema::open_for_writing(&directory.path().join("jobs.sqlite"), || "open".into()).unwrap();
        for (question, index) in [
            (DUE, "SEARCH jobs USING INDEX jobs_by_wake_at (wake_at<?)"),
            (NEXT, "SEARCH jobs USING COVERING INDEX jobs_by_wake_at (wake_at>?)"),
            (OF_KEY, "SEARCH jobs USING INDEX jobs_by_waits_key (waits_key=?)"),
            (REASONS, "SEARCH jobs USING COVERING INDEX jobs_by_waits_for (waits_for>?)"),
            (KEYS, "SEARCH jobs USING COVERING INDEX jobs_by_waits_key (waits_key>?)"),
        ] {
            assert_eq!(schema::plan(&connection, question), [index]);
        }
    }
}
