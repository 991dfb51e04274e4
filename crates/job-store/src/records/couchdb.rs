//! Records in a CouchDB database of their own.
//!
//! A record's document is `KIND:ID`, so that a list is a range of `_all_docs`; what is due is found by one view. The
//! database and the view are made by the first write; until then there are no records. A member that is random per
//! write makes two equal writes on one revision differ, as in a job's document.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use job_model::Timestamp;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{Record, RecordError, RecordKind, RecordQuery, RecordStore};
use crate::couchdb::conflicts;
use crate::couchdb::document::{is_revision, tombstone};
use crate::couchdb::group_commit::{GroupCommit, RowFailure};
use crate::couchdb::hidden::with_conflicts;
use crate::couchdb::http::{Http, segment};
use crate::couchdb::trouble::Trouble;
use crate::{MAX_JOB_BYTES, Revision, StoreError, Stored};

const DESIGN: &str = "_design/records";
const DUE: &str = "_design/records/_view/due";
/// Raised with every change of the view; a gateway never replaces a newer one's.
const VERSION: u64 = 1;
/// ES5, since older servers know nothing newer.
const DUE_MAP: &str = r#"function (doc) {
  if (typeof doc.kind === "string" && typeof doc.due_at === "number") { emit([doc.kind, doc.due_at], null); }
}"#;
/// Behind every id that begins with the same text.
const LAST: char = '\u{10ffff}';

/// The records in one database of a CouchDB.
pub struct CouchDbRecordStore {
    http: Arc<Http>,
    writer: GroupCommit,
    /// Whether the database and its view are known to be there.
    made: Mutex<bool>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_rev")]
    revision: String,
    #[serde(default)]
    due_at: Option<i64>,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
struct Row {
    /// Absent when the document was deleted since the index was read; not a record's for a design document.
    #[serde(default)]
    doc: Option<Value>,
}

impl CouchDbRecordStore {
    /// A store on the server of `http`. Must be called inside a tokio runtime, which runs its writer.
    pub(crate) fn on(http: Http) -> Self {
        let http = Arc::new(http);
        let writer = GroupCommit::start(http.clone());
        Self { http, writer, made: Mutex::new(false) }
    }

    fn failed(&self, action: &str) -> impl Fn(Trouble) -> RecordError + use<> {
        let action = format!("{action} in CouchDB at {}", self.http.address());
        move |trouble| match trouble.into_error(action.clone()) {
            StoreError::Unavailable { action, source } => RecordError::Unavailable { action, source },
            StoreError::Refused { action, reason } => RecordError::Refused { action, reason },
            // A server's trouble is never about one job.
            other => RecordError::Refused { action: action.clone(), reason: other.to_string() },
        }
    }

    /// Makes the database and its view unless they are known to be there.
    async fn make(&self) -> Result<(), Trouble> {
        let mut made = self.made.lock().await;
        if *made {
            return Ok(());
        }
        self.http.ensure_database().await?;
        self.make_view().await?;
        *made = true;
        Ok(())
    }

    async fn make_view(&self) -> Result<(), Trouble> {
        let wanted = json!({
            "_id": DESIGN,
            "language": "javascript",
            "version": VERSION,
            "views": {"due": {"map": DUE_MAP}},
        });
        let reply = self.http.get(DESIGN, &[]).await?;
        let mut document = wanted.clone();
        if reply.status.is_success() {
            let stored: Value = reply.json()?;
            let is_newer = stored["version"].as_u64().is_some_and(|version| version > VERSION);
            if is_newer || (stored["version"] == wanted["version"] && stored["views"] == wanted["views"]) {
                return Ok(());
            }
            document["_rev"] = stored["_rev"].clone();
        } else if reply.status != StatusCode::NOT_FOUND {
            return Err(reply.fault().into());
        }
        let reply = self.http.write(Method::PUT, DESIGN, Some(Bytes::from(document.to_string()))).await?;
        // A lost race leaves another gateway's there.
        if reply.status.is_success() || reply.status == StatusCode::CONFLICT {
            Ok(())
        } else {
            Err(reply.fault().into())
        }
    }

    async fn write(&self, record: &Record, revision: Option<&Revision>) -> Result<Revision, RecordError> {
        record.check()?;
        let (kind, id) = (record.kind, record.id.as_str());
        if revision.is_some_and(|revision| !is_revision(revision)) {
            return Err(RecordError::conflict(kind, id));
        }
        let document = document(record, revision);
        if document.len() > MAX_JOB_BYTES {
            return Err(RecordError::TooLarge { kind, id: id.to_owned(), size: document.len(), limit: MAX_JOB_BYTES });
        }
        let (size, failed) = (document.len(), self.failed(&format!("write {kind} {id}")));
        for remade in [false, true] {
            self.make().await.map_err(self.failed("make the database of the service"))?;
            return match self.writer.write(&document_id(kind, id), document.clone()).await {
                Ok(revision) => Ok(revision),
                Err(RowFailure::Conflict) => Err(RecordError::conflict(kind, id)),
                Err(RowFailure::TooLarge) => {
                    Err(RecordError::TooLarge { kind, id: id.to_owned(), size, limit: MAX_JOB_BYTES.min(size - 1) })
                }
                // It was dropped: what is not there has not been written, so nothing is done twice.
                Err(RowFailure::Other(Trouble::Missing(_))) if !remade => {
                    *self.made.lock().await = false;
                    continue;
                }
                Err(RowFailure::Forbidden(trouble) | RowFailure::Other(trouble)) => Err(failed(trouble)),
            };
        }
        unreachable!("the second try returns")
    }

    /// The documents of a range or a view; none where there is no database yet.
    async fn rows(
        &self,
        kind: RecordKind,
        action: String,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Vec<Stored<Record>>, RecordError> {
        let failed = self.failed(&action);
        let reply = self.http.get(path, query).await.map_err(&failed)?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = reply.rows().map_err(&failed)?;
        let mut found = Vec::with_capacity(rows.len());
        for document in rows.into_iter().filter_map(|row| row.doc) {
            found.extend(self.settled(kind, document).await.map_err(&failed)?);
        }
        Ok(found)
    }

    /// The record of a document. Of several leaves the one that CouchDB shows stays: so every revision that is handed out
    /// is that of an only leaf, and to delete it deletes the record.
    async fn settled(&self, kind: RecordKind, document: Value) -> Result<Option<Stored<Record>>, Trouble> {
        let hides = document.get("_conflicts").is_some();
        let Some(shown) = stored(kind, document) else { return Ok(None) };
        if !hides {
            return Ok(Some(shown));
        }
        let rank = |document: &[u8]| {
            let document = serde_json::from_slice(document).ok()?;
            stored(kind, document).map(drop)
        };
        let id = document_id(kind, &shown.value.id);
        let document = conflicts::settle(&self.http, &self.writer, &id, rank).await?;
        let document = document.map(|document| serde_json::from_slice(&document).map_err(Trouble::unavailable));
        Ok(document.transpose()?.and_then(|document| stored(kind, document)))
    }
}

fn document_id(kind: RecordKind, id: &str) -> String {
    format!("{kind}:{id}")
}

fn document(record: &Record, revision: Option<&Revision>) -> Bytes {
    let mut document = json!({"_id": document_id(record.kind, &record.id), "kind": record.kind.0});
    // Absent, not null: CouchDB answers 400 to a null revision.
    if let Some(revision) = revision {
        document["_rev"] = json!(revision.0);
    }
    if let Some(due_at) = record.due_at {
        document["due_at"] = json!(due_at.unix_millis());
    }
    document["body"] = record.body.clone();
    document["write_token"] = json!(uuid::Uuid::new_v4().simple().to_string());
    Bytes::from(document.to_string())
}

/// The record of a document; `None` for what is not one of this kind.
fn stored(kind: RecordKind, document: Value) -> Option<Stored<Record>> {
    let Document { id, revision, due_at, body } = serde_json::from_value(document).ok()?;
    let id = id.strip_prefix(kind.0)?.strip_prefix(':')?.to_owned();
    let due_at = due_at.and_then(Timestamp::from_unix_millis);
    Some(Stored { value: Record { kind, id, due_at, body }, revision: Revision(revision) })
}

#[async_trait]
impl RecordStore for CouchDbRecordStore {
    async fn insert(&self, record: &Record) -> Result<Revision, RecordError> {
        self.write(record, None).await
    }

    async fn get(&self, kind: RecordKind, id: &str) -> Result<Stored<Record>, RecordError> {
        let failed = self.failed(&format!("read {kind} {id}"));
        let reply = self.http.get(&segment(&document_id(kind, id)), &[with_conflicts()]).await.map_err(&failed)?;
        if reply.status == StatusCode::NOT_FOUND {
            return Err(RecordError::not_found(kind, id));
        }
        let document = reply.json().map_err(&failed)?;
        let found = self.settled(kind, document).await.map_err(failed)?;
        found.ok_or_else(|| RecordError::not_found(kind, id))
    }

    async fn replace(&self, record: &Record, revision: &Revision) -> Result<Revision, RecordError> {
        self.write(record, Some(revision)).await
    }

    async fn delete(&self, kind: RecordKind, id: &str, revision: &Revision) -> Result<(), RecordError> {
        let failed = self.failed(&format!("delete {kind} {id}"));
        if is_revision(revision) {
            let document = document_id(kind, id);
            match self.writer.write(&document, tombstone(&document, revision)).await {
                Ok(_) => return Ok(()),
                Err(RowFailure::Conflict | RowFailure::TooLarge | RowFailure::Other(Trouble::Missing(_))) => {}
                Err(RowFailure::Forbidden(trouble) | RowFailure::Other(trouble)) => return Err(failed(trouble)),
            }
        }
        // What a fence that has held means: that depends on whether there still is a document.
        self.get(kind, id).await?;
        Err(RecordError::conflict(kind, id))
    }

    async fn list(&self, query: RecordQuery) -> Result<Vec<Stored<Record>>, RecordError> {
        let (kind, limit) = (query.kind, query.limit);
        let first = document_id(kind, &query.prefix);
        let last = format!("{first}{LAST}");
        let seen = query.after.as_ref().map(|after| document_id(kind, after));
        let (first, last) = match (seen, query.descending) {
            (Some(seen), true) => (seen, first),
            (Some(seen), false) => (seen, last),
            (None, true) => (last, first),
            (None, false) => (first, last),
        };
        // One more, since the range includes what `after` names.
        let parameters = [
            ("startkey", json!(first).to_string()),
            ("endkey", json!(last).to_string()),
            ("descending", query.descending.to_string()),
            ("limit", limit.saturating_add(usize::from(query.after.is_some())).to_string()),
            ("include_docs", "true".to_owned()),
            with_conflicts(),
        ];
        let action = format!("list records of kind {kind}");
        let mut found = self.rows(kind, action, "_all_docs", &parameters).await?;
        found.retain(|record| query.goes_on_with(&record.value.id));
        found.truncate(limit);
        Ok(found)
    }

    async fn due(&self, kind: RecordKind, until: Timestamp, limit: usize) -> Result<Vec<Stored<Record>>, RecordError> {
        let parameters = [
            ("startkey", json!([kind.0]).to_string()),
            ("endkey", json!([kind.0, until.unix_millis()]).to_string()),
            ("limit", limit.to_string()),
            ("include_docs", "true".to_owned()),
            with_conflicts(),
        ];
        let action = format!("look which records of kind {kind} are due");
        let mut found = self.rows(kind, action, DUE, &parameters).await?;
        // A document may have moved on since its row was read.
        found.retain(|record| record.value.due_at.is_some_and(|due_at| due_at <= until));
        Ok(found)
    }
}
