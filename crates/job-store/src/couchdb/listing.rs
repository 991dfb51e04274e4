//! The list and its totals, read from the one index: its values are the summaries, so that no document is read.
//!
//! A view passes over `skip` rows one by one, so the cost of a plain page grows with its number. A deep page is found
//! by counting instead: the counts per month name the month that holds the wanted position, those per day its day, and
//! so on down to the second, at most five small requests that the B-tree answers from its inner nodes. Only what
//! remains inside the last part is passed over. Times between which jobs were created cut the range of keys.

use bytes::Bytes;
use job_model::{Job, JobId, JobSummary};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::design::VIEW;
use super::document::Reader;
use super::http::Http;
use super::range::Range;
use super::reading::documents_of;
use super::trouble::{Reply, Trouble};
use crate::{ListPage, ListQuery, Revision, Stored};

/// Passing over this many rows costs less than another request.
const NEAR: u64 = 500;
/// The key of a row: the scope and five parts of the time.
const KEY_PARTS: usize = 6;
/// How many documents are read at a time where the index has no summaries.
const OLD_CHUNK: usize = 10;
/// Beyond what any caller may mean; some servers refuse larger numbers.
const LIMIT_MAX: u64 = 100_000;

#[derive(Deserialize)]
pub(super) struct Count {
    key: Vec<String>,
    value: u64,
}

#[derive(Deserialize)]
struct SummaryRow<'a> {
    id: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct IndexValue {
    rev: String,
    #[serde(flatten)]
    summary: JobSummary,
}

/// A page of the list, newest first.
pub(super) async fn list(http: &Http, reader: &Reader, query: ListQuery) -> Result<ListPage, Trouble> {
    let (Some(scope), Some(seconds)) = (query.filter.scope(), query.filter.seconds()) else {
        return Ok(ListPage::default());
    };
    let range = Range::new(query.filter.owner.as_ref(), scope, seconds);
    let (total, jobs) = tokio::try_join!(total(http, &range), page(http, reader, &range, query))?;
    Ok(ListPage { jobs, total })
}

async fn total(http: &Http, range: &Range) -> Result<u64, Trouble> {
    Ok(counts(http, range, 1).await?.first().map_or(0, |count| count.value))
}

async fn page(
    http: &Http,
    reader: &Reader,
    range: &Range,
    query: ListQuery,
) -> Result<Vec<Stored<JobSummary>>, Trouble> {
    if query.limit == 0 {
        return Ok(Vec::new());
    }
    let Some((last, skip)) = locate(http, range, query.skip).await? else { return Ok(Vec::new()) };
    let mut request = Range { first: range.first.clone(), last }.descending().to_vec();
    request.push(("reduce", "false".to_owned()));
    request.push(("skip", skip.to_string()));
    request.push(("limit", query.limit.min(LIMIT_MAX).to_string()));
    let reply = http.get(VIEW, &request).await?;
    match old_rows(&reply)? {
        Some(ids) => from_documents(http, reader, &ids).await,
        None => summaries_in(&reply, reader),
    }
}

/// The ids of an answer that comes from an index of version 1, whose values are null.
fn old_rows(reply: &Reply) -> Result<Option<Vec<String>>, Trouble> {
    let rows = reply.rows::<SummaryRow<'_>>()?;
    let is_old = rows.first().is_some_and(|row| row.value.get() == "null");
    Ok(is_old.then(|| rows.into_iter().map(|row| row.id).collect()))
}

/// The list until the index of version 1 is replaced.
async fn from_documents(http: &Http, reader: &Reader, ids: &[String]) -> Result<Vec<Stored<JobSummary>>, Trouble> {
    let mut summaries = Vec::new();
    for some in ids.chunks(OLD_CHUNK) {
        let jobs = documents_of(http, reader, some).await?.1;
        let summary = |job: Stored<Job>| Stored { value: JobSummary::of(&job.value), revision: job.revision };
        summaries.extend(jobs.into_iter().map(summary));
    }
    Ok(summaries)
}

/// The key that a page begins at (with everything older) and how many rows to pass over from there.
async fn locate(http: &Http, range: &Range, skip: u64) -> Result<Option<(Vec<String>, u64)>, Trouble> {
    let mut start = vec![range.first[0].clone()];
    let mut rest = skip;
    while rest > NEAR && start.len() < KEY_PARTS {
        let groups = counts(http, &range.within(&start), start.len() + 1).await?;
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
    Ok(Some((range.within(&start).last, rest)))
}

/// How many rows of a range there are, by the first `level` parts of their keys, oldest first.
async fn counts(http: &Http, range: &Range, level: usize) -> Result<Vec<Count>, Trouble> {
    let [start, end] = range.ascending();
    let query = [("group_level", level.to_string()), start, end];
    http.get(VIEW, &query).await?.rows()
}

/// The summaries of those of these jobs that the index has under `files`; of none where the index is an older one.
pub(super) async fn with_files(http: &Http, reader: &Reader, ids: &[JobId]) -> Result<Vec<JobSummary>, Trouble> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Value> = ids.iter().map(|id| json!(["files", id])).collect();
    let body = Bytes::from(json!({ "keys": keys }).to_string());
    let found = summaries_in(&http.post(&format!("{VIEW}?reduce=false"), body).await?, reader)?;
    Ok(found.into_iter().map(|stored| stored.value).collect())
}

/// The summaries in an answer of the index.
pub(super) fn summaries_in(reply: &Reply, reader: &Reader) -> Result<Vec<Stored<JobSummary>>, Trouble> {
    let rows = reply.rows::<SummaryRow<'_>>()?;
    Ok(rows.iter().filter_map(|row| summary(row, reader)).collect())
}

fn summary(row: &SummaryRow<'_>, reader: &Reader) -> Option<Stored<JobSummary>> {
    match serde_json::from_str::<IndexValue>(row.value.get()) {
        Ok(IndexValue { rev, summary }) => Some(Stored { value: summary, revision: Revision(rev) }),
        Err(error) => {
            reader.unreadable.report(&row.id, "in the index", &error.to_string());
            None
        }
    }
}
