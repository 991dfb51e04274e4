//! What has a time at which a gateway must look at it, and what waits for what: all of it out of the one index.
//!
//! A job with a `wake_at` stands under `due` and that time, one that is not to be published yet under `waits:` and its reason,
//! and one that waits for its key under `key:` with owner and key, and the second it was created.

use job_model::{Job, Timestamp, WaitsFor};
use serde::Deserialize;
use serde_json::json;

use super::design::VIEW;
use super::document::Reader;
use super::http::Http;
use super::reading::documents_of;
use super::trouble::Trouble;
use crate::{DueJobs, Stored, WaitingJobs};

/// Sorts behind every text that goes on from here.
const LAST: &str = "\u{fff0}";

#[derive(Deserialize)]
struct Row {
    id: String,
    key: (String, String),
}

#[derive(Deserialize)]
struct Group {
    key: (String,),
    value: u64,
}

/// Jobs whose time has come, behind the first `skip` of them; and when the next one's comes.
pub(super) async fn due(
    http: &Http,
    reader: &Reader,
    until: Timestamp,
    skip: u64,
    limit: u64,
) -> Result<DueJobs, Trouble> {
    let query = [
        ("reduce", "false".to_owned()),
        ("startkey", json!(["due"]).to_string()),
        ("endkey", json!(["due", {}]).to_string()),
        ("skip", skip.to_string()),
        ("limit", limit.saturating_add(1).to_string()),
    ];
    let rows = http.get(VIEW, &query).await?.rows::<Row>()?;
    let time = |row: &Row| Timestamp::parse(&row.key.1).ok();
    let come = rows.iter().take_while(|row| time(row).is_none_or(|time| time <= until));
    let ids: Vec<String> = come.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|row| row.id.clone()).collect();
    let next = rows.get(ids.len()).and_then(time);
    let is_due = |job: &Job| job.wake_at.is_some_and(|time| time <= until);
    let jobs = if ids.is_empty() { Vec::new() } else { documents_of(http, reader, &ids).await?.1 };
    // A job may have moved on between the index and the document.
    Ok(DueJobs { rows: ids.len() as u64, jobs: jobs.into_iter().filter(|job| is_due(&job.value)).collect(), next })
}

/// Jobs that wait for a key, oldest first.
pub(super) async fn of_key(http: &Http, reader: &Reader, key: &str, limit: u64) -> Result<Vec<Stored<Job>>, Trouble> {
    let scope = format!("key:{key}");
    let query = [
        ("reduce", "false".to_owned()),
        ("startkey", json!([scope]).to_string()),
        ("endkey", json!([scope, {}]).to_string()),
        ("limit", limit.to_string()),
    ];
    let ids: Vec<String> = http.get(VIEW, &query).await?.rows::<Row>()?.into_iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let jobs = documents_of(http, reader, &ids).await?.1;
    Ok(jobs.into_iter().filter(|job| job.value.waits_for_key().as_deref() == Some(key)).collect())
}

/// How many jobs wait for what, and the keys that some wait for.
pub(super) async fn waiting(http: &Http) -> Result<WaitingJobs, Trouble> {
    let groups = async |prefix: &str| {
        let query = [
            ("group_level", "1".to_owned()),
            ("startkey", json!([prefix]).to_string()),
            ("endkey", json!([format!("{prefix}{LAST}")]).to_string()),
        ];
        let groups = http.get(VIEW, &query).await?.rows::<Group>()?;
        let named = |group: Group| Some((group.key.0.strip_prefix(prefix)?.to_owned(), group.value));
        Ok::<Vec<(String, u64)>, Trouble>(groups.into_iter().filter_map(named).collect())
    };
    let reasons = groups("waits:").await?;
    let reasons: Vec<_> =
        reasons.into_iter().filter_map(|(name, jobs)| Some((WaitsFor::parse(&name)?, jobs))).collect();
    let any_waits_for_a_key = reasons.iter().any(|(reason, _)| *reason == WaitsFor::Key);
    let keys = if any_waits_for_a_key { groups("key:").await? } else { Vec::new() };
    Ok(WaitingJobs { reasons, keys: keys.into_iter().map(|(key, _)| key).collect() })
}
