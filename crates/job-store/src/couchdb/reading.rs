//! Whole documents, many at once: what the sweep picks up, and the jobs of a list.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::stream::{self, Stream};
use job_model::{Job, JobId, JobStatus};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::design::VIEW;
use super::document::Reader;
use super::hidden::with_conflicts;
use super::http::Http;
use super::range::Range;
use super::trouble::{Reply, Trouble};
use crate::query::Scope;
use crate::{LeftoverQuery, Stored};

/// Whether there are documents, by their ids, which the body names.
pub(super) const ALL_DOCS: &str = "_all_docs";
/// Documents by their ids, which the body names.
const BY_IDS: &str = "_all_docs?include_docs=true&conflicts=true";
/// How many documents one request of the sweep fetches at most.
const CHUNK: u64 = 100;
/// How many jobs a chunk of a stream has at most.
const CHUNK_MOST: usize = 100;
/// Where a stream of jobs begins, before it knows how large they are.
const FIRST_CHUNK: usize = 16;
/// What a chunk of a stream may weigh in bytes, unless it is a single job.
const CHUNK_BYTES: usize = 2_000_000;

#[derive(Deserialize)]
struct Row<'a> {
    // Absent when the document has been deleted between the two requests of `documents`.
    #[serde(default)]
    id: String,
    // Null when the document was deleted after the index was read.
    #[serde(borrow)]
    doc: Option<&'a RawValue>,
}

/// Jobs that are stuck, oldest first. Goes on past documents that are no jobs, so that they never hide the others.
pub(super) async fn leftovers(http: &Http, reader: &Reader, query: LeftoverQuery) -> Result<Vec<Stored<Job>>, Trouble> {
    let Some(mut seconds) = query.seconds() else { return Ok(Vec::new()) };
    let after = query.after.as_ref().map(|(time, id)| (time.truncated_to_seconds(), id));
    // Where the cursor lies inside the range, the range begins at its second.
    let begins_at_cursor = after.is_some_and(|(time, _)| seconds.first.is_none_or(|first| first <= time));
    if begins_at_cursor {
        seconds.first = after.map(|(time, _)| time);
    }
    if seconds.first.zip(seconds.last).is_some_and(|(first, last)| first > last) {
        return Ok(Vec::new());
    }
    let mut range = match query.status {
        JobStatus::Created => Range::left(seconds),
        status => Range::new(None, Scope::Status(status), seconds),
    }
    .ascending()
    .to_vec();
    if let Some((_, id)) = after.filter(|_| begins_at_cursor) {
        // Not every server knows the parameter, hence the look at every job below.
        range.push(("startkey_docid", id.as_str().to_owned()));
    }
    let is_behind = |job: &Job| after.is_none_or(|(time, id)| (job.created_at, &job.uuid) > (time, id));
    let mut found = Vec::new();
    let mut skip = 0;
    loop {
        let missing = query.limit.saturating_sub(found.len() as u64).min(CHUNK);
        if missing == 0 {
            return Ok(found);
        }
        let (rows, jobs) = documents(http, reader, &range, skip, missing).await?;
        // A job may change its state between the index and the document.
        let wanted = |job: &Job| job.status == query.status && job.waits_for.is_none() && is_behind(job);
        found.extend(jobs.into_iter().filter(|stored| wanted(&stored.value)));
        if rows < missing {
            return Ok(found);
        }
        skip += rows;
    }
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
    if with_documents {
        query.push(with_conflicts());
    }
    let reply = http.get(VIEW, &query).await?;
    if with_documents {
        return jobs_in(&reply, reader);
    }
    let ids: Vec<String> = reply.rows::<Row<'_>>()?.into_iter().map(|row| row.id).collect();
    if ids.is_empty() { Ok((0, Vec::new())) } else { documents_of(http, reader, &ids).await }
}

/// How many of these ids the server answered for, and the jobs that have them.
pub(super) async fn documents_of(
    http: &Http,
    reader: &Reader,
    ids: &[String],
) -> Result<(u64, Vec<Stored<Job>>), Trouble> {
    jobs_in(&http.post(BY_IDS, Bytes::from(json!({ "keys": ids }).to_string())).await?, reader)
}

/// How many rows an answer with documents has, and the jobs in them.
pub(super) fn jobs_in(reply: &Reply, reader: &Reader) -> Result<(u64, Vec<Stored<Job>>), Trouble> {
    let rows = reply.rows::<Row<'_>>()?;
    let jobs = rows.iter().filter_map(|row| reader.read_and_note(row.doc?.get().as_bytes())).collect();
    Ok((rows.len() as u64, jobs))
}

/// The jobs of these ids in this order, read in chunks. A chunk that turns out too heavy is given up and made smaller.
pub(super) fn read_many<'a>(
    http: &'a Http,
    reader: &'a Reader,
    ids: Vec<JobId>,
) -> impl Stream<Item = Result<Job, Trouble>> + Send + 'a {
    let state = (ids.into_iter().collect::<VecDeque<_>>(), VecDeque::new(), FIRST_CHUNK);
    stream::try_unfold(state, move |(mut ids, mut ready, mut count)| async move {
        loop {
            if let Some(job) = ready.pop_front() {
                return Ok(Some((job, (ids, ready, count))));
            }
            if ids.is_empty() {
                return Ok(None);
            }
            count = count.min(ids.len());
            let keys: Vec<&JobId> = ids.iter().take(count).collect();
            let body = Bytes::from(json!({ "keys": keys }).to_string());
            let most = if count == 1 { usize::MAX } else { 2 * CHUNK_BYTES };
            let Some(reply) = http.post_within(BY_IDS, body, most).await? else {
                count = (count / 4).max(1);
                continue;
            };
            ready.extend(jobs_in(&reply, reader)?.1.into_iter().map(|stored| stored.value));
            ids.drain(..count);
            let fits = CHUNK_BYTES * count / reply.body.len().max(1);
            count = fits.clamp(1, (4 * count).min(CHUNK_MOST));
        }
    })
}
