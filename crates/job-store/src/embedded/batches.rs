//! The jobs of a batch: within a range of the primary key, since their ids begin with the batch's. Other jobs may have such
//! ids, too; which batch a job belongs to, its summary says.

use job_model::{JobId, JobState, JobSummary};
use rusqlite::{Connection, params};

use crate::{Revision, Stored};

const STATES: &str = "SELECT state, count(*) FROM jobs
    WHERE uuid > ?1 AND uuid < ?2 AND json_extract(summary, '$.batch') = ?3 GROUP BY state";
const JOBS: &str = "SELECT revision, summary FROM jobs
    WHERE uuid > ?1 AND uuid < ?2 AND json_extract(summary, '$.batch') = ?3 AND (?4 IS NULL OR state = ?4)
    ORDER BY uuid LIMIT ?5";

/// Behind the hyphen that ids go on with.
const END: char = '.';

/// How many jobs are in which state.
pub(super) fn states(connection: &mut Connection, batch: &JobId) -> rusqlite::Result<Vec<(JobState, u64)>> {
    let mut statement = connection.prepare_cached(STATES)?;
    let mut rows = statement.query(params![format!("{batch}-"), format!("{batch}{END}"), batch.as_str()])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        let (state, jobs): (String, i64) = (row.get(0)?, row.get(1)?);
        states.extend(JobState::parse(&state).map(|state| (state, jobs.unsigned_abs())));
    }
    Ok(states)
}

/// Jobs behind one.
pub(super) fn jobs(
    connection: &mut Connection,
    batch: &JobId,
    state: Option<JobState>,
    after: Option<&JobId>,
    limit: u64,
) -> rusqlite::Result<Vec<Stored<JobSummary>>> {
    let first = after.map_or_else(|| format!("{batch}-"), |after| after.as_str().to_owned());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(JOBS)?;
    let parameters = params![first, format!("{batch}{END}"), batch.as_str(), state.map(JobState::as_str), limit];
    let rows = statement.query_map(parameters, |row| {
        let summary = serde_json::from_str::<JobSummary>(row.get_ref(1)?.as_str()?).ok();
        Ok(summary.map(|value| Ok(Stored { value, revision: Revision(row.get(0)?) })))
    })?;
    rows.filter_map(Result::transpose).map(|row| row?).collect()
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::{JOBS, STATES};

    #[test]
    fn both_questions_read_the_batchs_rows_alone() {
        let directory = tempfile::tempdir().unwrap();
        let connection = schema::open_for_writing(&directory.path().join("jobs.sqlite"), || "open".into()).unwrap();
        for question in [STATES, JOBS] {
            let plan = schema::plan(&connection, question);
            assert!(plan[0].contains("USING INDEX sqlite_autoindex_jobs_1 (uuid>? AND uuid<?)"), "{plan:?}");
        }
    }
}
