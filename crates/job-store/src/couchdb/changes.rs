//! The order of all writes: CouchDB's [`_changes`](https://docs.couchdb.org/en/stable/api/database/changes.html), each
//! document once, at its last write. It is kept with every write, so that reading it costs what it shows. A row names all
//! leaves of its document, so documents with several are met as they come about, whoever wrote them.

use job_model::JobId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::document::Reader;
use super::http::Http;
use super::trouble::Trouble;
use crate::{Change, Changes, Position};

#[derive(Deserialize)]
struct Feed<'a> {
    results: Vec<Row>,
    // A number on old servers, a text on clusters.
    #[serde(borrow)]
    last_seq: &'a RawValue,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    deleted: bool,
    /// A leaf each, deleted ones included.
    #[serde(default)]
    changes: Vec<IgnoredAny>,
}

/// Up to `limit` rows behind a position; without one nothing but the position of now. Documents with several leaves are noted.
pub(super) async fn read(
    http: &Http,
    reader: &Reader,
    since: Option<&Position>,
    limit: u64,
) -> Result<Changes, Trouble> {
    let mut query =
        vec![("since", since.map_or("now", |position| position.0.as_str()).to_owned()), ("limit", limit.to_string())];
    if since.is_some() {
        // A cluster's positions are long texts that take their time: only the last one is needed.
        query.push(("seq_interval", limit.to_string()));
        query.push(("style", "all_docs".to_owned()));
    }
    let reply = http.get("_changes", &query).await?;
    let feed: Feed<'_> = reply.json()?;
    let several = feed.results.iter().filter(|row| !row.deleted && row.changes.len() > 1);
    several.filter_map(|row| JobId::parse(&row.id).ok()).for_each(|id| reader.noted.add(id));
    let rows = feed.results.into_iter().filter_map(change).collect();
    Ok(Changes { rows, position: Position(feed.last_seq.get().trim_matches('"').to_owned()) })
}

/// What has no job's id, a design document, is nobody's business.
fn change(row: Row) -> Option<Change> {
    let id = JobId::parse(&row.id).ok()?;
    Some(if row.deleted { Change::Deleted(id) } else { Change::Written(id) })
}
