//! The jobs of a batch, out of the one index: each stands under `batch:` with the batch, its state and its id, and under `all` in
//! the place of its state.

use job_model::{JobId, JobState, JobSummary};
use serde::Deserialize;
use serde_json::{Value, json};

use super::design::VIEW;
use super::document::Reader;
use super::http::Http;
use super::listing::summaries_in;
use super::trouble::Trouble;
use crate::Stored;

const ALL: &str = "all";

#[derive(Deserialize)]
struct Group {
    key: (String, String),
    value: u64,
}

fn scope(batch: &JobId) -> String {
    format!("batch:{batch}")
}

/// How many jobs are in which state.
pub(super) async fn states(http: &Http, batch: &JobId) -> Result<Vec<(JobState, u64)>, Trouble> {
    let query = [
        ("group_level", "2".to_owned()),
        ("startkey", json!([scope(batch)]).to_string()),
        ("endkey", json!([scope(batch), {}]).to_string()),
    ];
    let groups = http.get(VIEW, &query).await?.rows::<Group>()?;
    Ok(groups.into_iter().filter_map(|group| Some((JobState::parse(&group.key.1)?, group.value))).collect())
}

/// Jobs behind one.
pub(super) async fn jobs(
    http: &Http,
    reader: &Reader,
    batch: &JobId,
    state: Option<JobState>,
    after: Option<&JobId>,
    limit: u64,
) -> Result<Vec<Stored<JobSummary>>, Trouble> {
    let state = state.map_or(ALL, JobState::as_str);
    let mut first = vec![Value::from(scope(batch)), state.into()];
    first.extend(after.map(|after| Value::from(after.as_str())));
    let query = [
        ("reduce", "false".to_owned()),
        ("startkey", Value::Array(first).to_string()),
        ("endkey", json!([scope(batch), state, {}]).to_string()),
        // The range includes the one that was seen.
        ("limit", limit.saturating_add(u64::from(after.is_some())).to_string()),
    ];
    let mut found = summaries_in(&http.get(VIEW, &query).await?, reader)?;
    found.retain(|job| after.is_none_or(|after| job.value.uuid.as_str() > after.as_str()));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}
