//! For fuzzers: the readers of what CouchDB answers.

use bytes::Bytes;
use job_model::Job;
use reqwest::StatusCode;

use super::document::Reader;
use super::group_commit::{RowReply, row_outcome};
use super::listing::{Count, summaries_in};
use super::reading::jobs_in;
use super::trouble::Reply;

/// Reads an answer in every way that we read one; returns the job when it is one's document.
pub fn answer(bytes: &[u8]) -> Option<Job> {
    let reply = Reply { status: StatusCode::OK, body: Bytes::copy_from_slice(bytes) };
    let reader = Reader::default();
    let _ = reply.fault();
    let _ = reply.rows::<Count>();
    let _ = jobs_in(&reply, &reader);
    let _ = summaries_in(&reply, &reader);
    for row in reply.json::<Vec<RowReply>>().into_iter().flatten().chain(reply.json().ok()) {
        let _ = row_outcome(row);
    }
    reader.read(bytes).map(|stored| stored.value)
}
