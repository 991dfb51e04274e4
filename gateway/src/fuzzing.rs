//! For fuzzers: the readers of what clients and other gateways send.

use std::time::Duration;

use job_model::{Job, JobEvent};

use crate::feed::Feeds;
use crate::http::{body, list::PageQuery, wait};
use crate::tokens::Reach;

/// Reads the body of `POST /jobs`.
pub fn new_job(bytes: &[u8]) -> Option<Job> {
    body::job(bytes).ok().map(|(job, _)| job)
}

/// Broadcasts of job events, one a line.
pub fn hear_events(bytes: &[u8]) {
    let feeds = Feeds::default();
    let events: Vec<JobEvent> =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let watches: Vec<_> = events.iter().map(|event| feeds.watch(&event.uuid)).collect();
    events.into_iter().for_each(|event| feeds.hear(event));
    drop(watches);
}

/// Reads the query of a URL.
pub fn query(text: &str) {
    let _ = wait::wanted(Some(text), Duration::from_secs(300));
    if let Ok(query) = PageQuery::parse(text) {
        let _ = query.to_store(&Reach::All);
        let _ = query.describe(1, u64::MAX, String::new());
    }
}
