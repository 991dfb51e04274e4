//! The list and its totals, out of the table's summaries and counts.

use std::ops::RangeInclusive;

use job_model::{JobSummary, TokenName};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::schema;
use crate::query::Scope;
use crate::unreadable::Unreadable;
use crate::{ListPage, ListQuery, Revision, Stored};

/// Seconds in an hour of the table of counts.
const HOUR: i64 = 3600;

/// The jobs of a list between two seconds.
struct Range {
    owner: Option<TokenName>,
    scope: Scope,
    first: i64,
    last: i64,
}

impl Range {
    /// The columns of the scope with the values that they have.
    fn columns(&self) -> Vec<(&'static str, &str)> {
        let mut columns = Vec::new();
        columns.extend(self.owner.as_ref().map(|owner| ("owner", owner.as_str())));
        match self.scope {
            Scope::All => {}
            Scope::Status(status) => columns.push(("status", status.as_str())),
            Scope::State(state) => columns.push(("state", state.as_str())),
            // The plus keeps the planner to the index by state, which holds the status too.
            Scope::Both(status, state) => columns.extend([("state", state.as_str()), ("+status", status.as_str())]),
        }
        columns
    }

    /// The condition of the scope, whose parameters come from the third on.
    fn condition(&self) -> String {
        let columns = self.columns().into_iter().zip(3..);
        columns.map(|((column, _), number)| format!("{column} = ?{number} AND ")).collect()
    }

    fn scope_parameters(&self) -> Vec<Value> {
        self.columns().into_iter().map(|(_, value)| Value::Text(value.to_owned())).collect()
    }

    fn parameters(&self, first: i64, last: i64) -> Vec<Value> {
        let mut parameters = vec![Value::Integer(first), Value::Integer(last)];
        parameters.extend(self.scope_parameters());
        parameters
    }

    fn page(&self, skip: u64, limit: u64) -> String {
        let condition = self.condition();
        let (skip, limit) = (sql_count(skip), sql_count(limit));
        format!(
            "SELECT uuid, revision, summary FROM jobs WHERE {condition}created_at BETWEEN ?1 AND ?2
             ORDER BY created_at DESC, uuid DESC LIMIT {limit} OFFSET {skip}"
        )
    }

    fn count(&self) -> String {
        format!("SELECT count(*) FROM jobs WHERE {}created_at BETWEEN ?1 AND ?2", self.condition())
    }

    fn hours(&self) -> String {
        let condition = self.condition();
        let counts = if self.owner.is_some() { "counts_by_owner" } else { "counts" };
        format!(
            "SELECT hour, sum(jobs) FROM {counts} WHERE {condition}hour BETWEEN ?1 AND ?2 GROUP BY hour ORDER BY hour DESC"
        )
    }
}

pub(super) fn list(
    connection: &mut Connection,
    unreadable: &Unreadable,
    query: ListQuery,
) -> rusqlite::Result<ListPage> {
    let (Some(scope), Some(seconds)) = (query.filter.scope(), query.filter.seconds()) else {
        return Ok(ListPage::default());
    };
    let first = seconds.first.map_or(i64::MIN, schema::seconds);
    let last = seconds.last.map_or(i64::MAX, schema::seconds);
    let range = Range { owner: query.filter.owner, scope, first, last };
    // One snapshot, so that the total and the page belong together.
    let transaction = connection.transaction()?;
    let (total, start) = locate(&transaction, &range, query.skip)?;
    let Some((newest, skip)) = start.filter(|_| query.limit > 0) else {
        return Ok(ListPage { jobs: Vec::new(), total });
    };
    let mut statement = transaction.prepare(&range.page(skip, query.limit))?;
    let parameters = params_from_iter(range.parameters(first, newest));
    let rows = statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut jobs = Vec::new();
    for row in rows {
        let (uuid, revision, summary): (String, String, String) = row?;
        match serde_json::from_str::<JobSummary>(&summary) {
            Ok(value) => jobs.push(Stored { value, revision: Revision(revision) }),
            Err(error) => unreadable.report(&uuid, &revision, &error.to_string()),
        }
    }
    Ok(ListPage { jobs, total })
}

/// The list's total, and the second that the page begins at with how many rows to pass over from there.
fn locate(connection: &Connection, range: &Range, skip: u64) -> rusqlite::Result<(u64, Option<(i64, u64)>)> {
    let hour = |second: i64| second.saturating_add(schema::YEAR_0).div_euclid(HOUR);
    let mut statement = connection.prepare(&range.hours())?;
    let mut rows = statement.query(params_from_iter(range.parameters(hour(range.first), hour(range.last))))?;
    let (mut total, mut start) = (0, None);
    while let Some(row) = rows.next()? {
        let (hour, jobs): (i64, i64) = (row.get(0)?, row.get(1)?);
        let first = hour * HOUR - schema::YEAR_0;
        let whole = first..=first + (HOUR - 1);
        let newest = range.last.min(*whole.end());
        let jobs = if range.holds(&whole) { jobs } else { count(connection, range, &whole)? }.unsigned_abs();
        if start.is_none() && skip < total + jobs {
            start = Some((newest, skip - total));
        }
        total += jobs;
    }
    Ok((total, start))
}

impl Range {
    fn holds(&self, seconds: &RangeInclusive<i64>) -> bool {
        self.first <= *seconds.start() && *seconds.end() <= self.last
    }
}

/// How many jobs of the range were created in these seconds.
fn count(connection: &Connection, range: &Range, seconds: &RangeInclusive<i64>) -> rusqlite::Result<i64> {
    let (first, last) = (range.first.max(*seconds.start()), range.last.min(*seconds.end()));
    connection.query_row(&range.count(), params_from_iter(range.parameters(first, last)), |row| row.get(0))
}

fn sql_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use job_model::{JobState, JobStatus, TokenName};

    use super::{Range, Scope, schema};

    #[test]
    fn every_list_reads_one_range_of_an_index_in_its_order() {
        let directory = tempfile::tempdir().unwrap();
        let connection = schema::open_for_writing(&directory.path().join("jobs.sqlite"), || "open".into()).unwrap();
        let between = "created_at>? AND created_at<?";
        let failed = Scope::State(JobState::Failed);
        let queued_running = Scope::Both(JobStatus::Queued, JobState::Running);
        for (owned, scope, index) in [
            (false, Scope::All, format!("jobs_by_created_at ({between})")),
            (false, Scope::Status(JobStatus::Done), format!("jobs_by_status (status=? AND {between})")),
            (false, failed, format!("jobs_by_state (state=? AND {between})")),
            (false, queued_running, format!("jobs_by_state (state=? AND {between})")),
            (true, Scope::All, format!("jobs_by_owner (owner=? AND {between})")),
            (
                true,
                Scope::Status(JobStatus::Done),
                format!("jobs_by_owner_and_status (owner=? AND status=? AND {between})"),
            ),
            (true, failed, format!("jobs_by_owner_and_state (owner=? AND state=? AND {between})")),
            (true, queued_running, format!("jobs_by_owner_and_state (owner=? AND state=? AND {between})")),
        ] {
            let owner = owned.then(|| TokenName::parse("alice").unwrap());
            let range = Range { owner, scope, first: 0, last: 1 };
            assert_eq!(schema::plan(&connection, &range.page(0, 1)), [format!("SEARCH jobs USING INDEX {index}")]);
            let counted = format!("SEARCH jobs USING COVERING INDEX {index}");
            assert_eq!(schema::plan(&connection, &range.count()), [counted]);
        }
        let range = Range { owner: TokenName::parse("alice").ok(), scope: Scope::All, first: 0, last: 1 };
        let hours = schema::plan(&connection, &range.hours());
        assert!(hours[0].starts_with("SEARCH counts_by_owner USING PRIMARY KEY (owner=?"), "{hours:?}");
    }
}
