//! The list, its totals and the leftovers, all read from the one index.
//!
//! A view passes over `skip` rows one by one, so the cost of a plain page grows with its number. A deep page is found
//! by counting instead: the counts per month name the month that holds the wanted position, those per day its day, and
//! so on down to the second, at most five small requests that the B-tree answers from its inner nodes. Only what
//! remains inside the last part is passed over.

use bytes::Bytes;
use job_model::{Job, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::design::VIEW;
use super::document::Reader;
use super::http::{Http, Reply, Trouble};
use crate::{LeftoverQuery, ListPage, ListQuery, Stored};

/// Passing over this many rows costs less than another request.
const NEAR: u64 = 500;
/// The key of a row: the scope and five parts of the time.
const KEY_PARTS: usize = 6;
/// How many documents one request of the sweep fetches at most.
const CHUNK: u64 = 100;
/// Beyond what any caller may mean; some servers refuse larger numbers.
const LIMIT_MAX: u64 = 100_000;

#[derive(Deserialize)]
struct Rows<'a> {
    #[serde(borrow)]
    rows: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    // Absent when the document has been deleted between the two requests of `documents`.
    #[serde(default)]
    id: String,
    // Null when the document was deleted after the index was read.
    #[serde(borrow)]
    doc: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Counts {
    rows: Vec<Count>,
}

#[derive(Deserialize)]
struct Count {
    key: Vec<String>,
    value: u64,
}

/// A page of the list, newest first.
pub(super) async fn list(http: &Http, reader: &Reader, query: ListQuery) -> Result<ListPage, Trouble> {
    let scope = query.status.map_or("all", |status| status.as_str());
    let (total, jobs) = tokio::try_join!(total(http, scope), page(http, reader, scope, query))?;
    Ok(ListPage { jobs, total })
}

async fn total(http: &Http, scope: &str) -> Result<u64, Trouble> {
    Ok(counts(http, &[scope.to_owned()], 1).await?.first().map_or(0, |count| count.value))
}

async fn page(http: &Http, reader: &Reader, scope: &str, query: ListQuery) -> Result<Vec<Job>, Trouble> {
    if query.limit == 0 {
        return Ok(Vec::new());
    }
    let Some((start, skip)) = locate(http, scope, query.skip).await? else { return Ok(Vec::new()) };
    let range = [
        ("descending", "true".to_owned()),
        ("startkey", end_of(&start).to_string()),
        ("endkey", json!([scope]).to_string()),
    ];
    let jobs = documents(http, reader, &range, skip, query.limit.min(LIMIT_MAX)).await?.1;
    // A job may change its state between the index and the document.
    let is_wanted = |job: &Job| query.status.is_none_or(|status| job.status == status);
    Ok(jobs.into_iter().map(|stored| stored.value).filter(is_wanted).collect())
}

/// The key to begin a page at (it and everything older) and how many rows to pass over from there.
async fn locate(http: &Http, scope: &str, skip: u64) -> Result<Option<(Vec<String>, u64)>, Trouble> {
    let mut start = vec![scope.to_owned()];
    let mut rest = skip;
    while rest > NEAR && start.len() < KEY_PARTS {
        let groups = counts(http, &start, start.len() + 1).await?;
        let mut found = None;
        for group in groups.into_iter().rev() {
            if rest < group.value {
                found = Some(group.key);
                break;
            }
            rest -= group.value;
        }
        match found {
            Some(key) => start = key,
            None => return Ok(None),
        }
    }
    Ok(Some((start, rest)))
}

/// How many rows there are below a key, by the first `level` parts of theirs, oldest first.
async fn counts(http: &Http, below: &[String], level: usize) -> Result<Vec<Count>, Trouble> {
    let range = [
        ("group_level", level.to_string()),
        ("startkey", json!(below).to_string()),
        ("endkey", end_of(below).to_string()),
    ];
    Ok(http.get(VIEW, &range).await?.json::<Counts>()?.rows)
}

/// An object sorts after every string, so this is behind all keys that begin with these parts.
fn end_of(parts: &[String]) -> Value {
    let mut key: Vec<Value> = parts.iter().cloned().map(Value::String).collect();
    key.push(json!({}));
    Value::Array(key)
}

/// Jobs that are stuck, oldest first. Goes on past documents that are no jobs, so that they never hide the others.
pub(super) async fn leftovers(http: &Http, reader: &Reader, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, Trouble> {
    let scope = query.status.as_str();
    let range = [("startkey", json!([scope]).to_string()), ("endkey", key_of(scope, query.created_until).to_string())];
    let mut found = Vec::new();
    let mut skip = 0;
    loop {
        let missing = query.limit.saturating_sub(found.len() as u64).min(CHUNK);
        if missing == 0 {
            return Ok(found);
        }
        let (rows, jobs) = documents(http, reader, &range, skip, missing).await?;
        found.extend(jobs.into_iter().filter(|stored| stored.value.status == query.status));
        if rows < missing {
            return Ok(found);
        }
        skip += rows;
    }
}

fn key_of(scope: &str, time: Timestamp) -> Value {
    let text = time.to_whole_seconds();
    json!([scope, text[0..7], text[8..10], text[11..13], text[14..16], text[17..19]])
}

/// How many rows there are behind the first `skip` of a range, up to `limit`, and the jobs in them.
///
/// With documents a server reads those of the rows that it passes over, too; so then the ids come first.
async fn documents(
    http: &Http,
    reader: &Reader,
    range: &[(&str, String)],
    skip: u64,
    limit: u64,
) -> Result<(u64, Vec<Stored<Job>>), Trouble> {
    let with_documents = skip == 0;
    let mut query = range.to_vec();
    query.push(("reduce", "false".to_owned()));
    query.push(("skip", skip.to_string()));
    query.push(("limit", limit.to_string()));
    query.push(("include_docs", with_documents.to_string()));
    let mut reply = http.get(VIEW, &query).await?;
    if !with_documents {
        let keys: Vec<String> = reply.json::<Rows<'_>>()?.rows.into_iter().map(|row| row.id).collect();
        if keys.is_empty() {
            return Ok((0, Vec::new()));
        }
        reply = http.post("_all_docs?include_docs=true", Bytes::from(json!({ "keys": keys }).to_string())).await?;
    }
    jobs_in(&reply, reader)
}

/// How many rows an answer with documents has, and the jobs in them.
pub(super) fn jobs_in(reply: &Reply, reader: &Reader) -> Result<(u64, Vec<Stored<Job>>), Trouble> {
    let rows = reply.json::<Rows<'_>>()?.rows;
    let jobs = rows.iter().filter_map(|row| reader.read(row.doc?.get().as_bytes())).collect();
    Ok((rows.len() as u64, jobs))
}
