//! Many concurrent writes, few fsyncs.
//!
//! CouchDB commits every write request with an fsync, so single PUTs are bound by the disk and a `_bulk_docs` of a
//! hundred costs about as much as one PUT. One task collects the rows that callers hand in and sends them together:
//! at once when the store was idle, else when as many are there as in the last batch or two milliseconds have passed
//! (after a batch all its callers come back together, and the first of them should not go alone).
//!
//! A row's fate is its own. Conflicts come back per row, found by its id: pouchdb-server answers rows in whatever order it has
//! looked at them, and who takes another's "ok" for his own believes in a write that never was. A batch that the server
//! rejects as a whole because of one of its rows is written again one by one; a caller that goes away leaves its row in the
//! batch. Large documents travel alone and beside the batches, so that nobody waits for their upload.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::http::{Http, segment};
use super::trouble::{Fault, Trouble};
use crate::Revision;

/// The longest time a row waits for company.
const GATHER: Duration = Duration::from_millis(2);
/// A store without a write for this long is idle: the next row goes at once.
const IDLE: Duration = Duration::from_millis(10);
const ROWS_MAX: usize = 256;
const BYTES_MAX: usize = 4_000_000;
/// A larger document is written by itself.
const ALONE: usize = 256 * 1024;
const ALONE_AT_ONCE: usize = 8;
/// Rows that may wait in front of the task before callers wait too.
const QUEUE: usize = 1024;

/// Writes documents in groups. Its task ends when the last clone of it is gone and all rows are written.
pub(crate) struct GroupCommit {
    http: Arc<Http>,
    rows: mpsc::Sender<Row>,
    alone: Semaphore,
}

struct Row {
    id: String,
    document: Bytes,
    reply: oneshot::Sender<Result<Revision, RowFailure>>,
}

/// Why a document was not written.
#[derive(Clone)]
pub(crate) enum RowFailure {
    Conflict,
    TooLarge,
    /// A validation function of the database's own does not take it.
    Forbidden(Trouble),
    Other(Trouble),
}

#[derive(Deserialize)]
pub(super) struct RowReply {
    #[serde(default)]
    id: String,
    rev: Option<String>,
    error: Option<String>,
    #[serde(default)]
    reason: String,
}

impl GroupCommit {
    /// Starts the task; must be called inside a tokio runtime.
    pub(crate) fn start(http: Arc<Http>) -> Self {
        let (rows, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(queue, http.clone()));
        Self { http, rows, alone: Semaphore::new(ALONE_AT_ONCE) }
    }

    /// Writes one document and returns its new revision once it is durable.
    pub(crate) async fn write(&self, id: &str, document: Bytes) -> Result<Revision, RowFailure> {
        if document.len() > ALONE {
            let _permit = self.alone.acquire().await;
            return put(&self.http, id, document).await;
        }
        self.hand_in(id, document).await
    }

    async fn hand_in(&self, id: &str, document: Bytes) -> Result<Revision, RowFailure> {
        let (reply, outcome) = oneshot::channel();
        let row = Row { id: id.to_owned(), document, reply };
        // Neither fails while the task lives, and it lives as long as this sender unless the runtime shuts down.
        self.rows.send(row).await.map_err(|_| RowFailure::Other(Trouble::unavailable(Stopped)))?;
        outcome.await.unwrap_or_else(|_| Err(RowFailure::Other(Trouble::unavailable(Stopped))))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct Stopped;

async fn run(mut queue: mpsc::Receiver<Row>, http: Arc<Http>) {
    let mut expected = 1;
    let mut idle_since = Instant::now();
    let mut left_over = None;
    loop {
        let first = match left_over.take() {
            Some(row) => row,
            None => match queue.recv().await {
                Some(row) => row,
                None => return,
            },
        };
        if idle_since.elapsed() > IDLE {
            expected = 1;
        }
        let batch;
        (batch, left_over) = gather(first, &mut queue, expected).await;
        expected = batch.len();
        commit(&http, batch).await;
        idle_since = Instant::now();
    }
}

/// The next batch, and a row that did not fit into it: one that would make it too large, or a second row of a document.
/// CouchDB would refuse the second row and no more. PouchDB keeps the refused revision as a leaf without a document, and
/// once the document is deleted, that leaf is what it shows.
async fn gather(first: Row, queue: &mut mpsc::Receiver<Row>, expected: usize) -> (Vec<Row>, Option<Row>) {
    let deadline = Instant::now() + GATHER;
    let mut bytes = first.document.len();
    let mut batch = vec![first];
    while batch.len() < ROWS_MAX {
        let row = match queue.try_recv() {
            Ok(row) => row,
            Err(mpsc::error::TryRecvError::Disconnected) => break,
            Err(mpsc::error::TryRecvError::Empty) if batch.len() >= expected => break,
            Err(mpsc::error::TryRecvError::Empty) => match timeout_at(deadline, queue.recv()).await {
                Ok(Some(row)) => row,
                Ok(None) | Err(_) => break,
            },
        };
        bytes += row.document.len();
        if bytes > BYTES_MAX || batch.iter().any(|other| other.id == row.id) {
            return (batch, Some(row));
        }
        batch.push(row);
    }
    (batch, None)
}

async fn commit(http: &Http, mut batch: Vec<Row>) {
    if batch.len() == 1 {
        let row = batch.remove(0);
        let outcome = put(http, &row.id, row.document).await;
        let _ = row.reply.send(outcome);
        return;
    }
    match send_batch(http, &batch).await {
        Ok(outcomes) => {
            for (row, outcome) in batch.into_iter().zip(outcomes) {
                let _ = row.reply.send(outcome);
            }
        }
        Err(Rejected::ByOneRow(fault)) => {
            tracing::debug!(rows = batch.len(), "a batch was rejected and is written row by row: {fault}");
            let single = |row: Row| async move {
                let outcome = put(http, &row.id, row.document).await;
                let _ = row.reply.send(outcome);
            };
            futures::stream::iter(batch).for_each_concurrent(ALONE_AT_ONCE, single).await;
        }
        Err(Rejected::AsAWhole(trouble)) => {
            for row in batch {
                let _ = row.reply.send(Err(RowFailure::Other(trouble.clone())));
            }
        }
    }
}

enum Rejected {
    /// One row is at fault, so the others deserve another try.
    ByOneRow(Fault),
    AsAWhole(Trouble),
}

async fn send_batch(http: &Http, batch: &[Row]) -> Result<Vec<Result<Revision, RowFailure>>, Rejected> {
    http.count_rows(batch.len());
    let reply = http.write(Method::POST, "_bulk_docs", Some(batch_body(batch))).await.map_err(Rejected::AsAWhole)?;
    match reply.status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => return Err(Rejected::ByOneRow(reply.fault())),
        _ => {}
    }
    let rows: Vec<RowReply> = reply.json().map_err(Rejected::AsAWhole)?;
    let answered = rows.len();
    let mut rows: HashMap<String, RowReply> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let outcome = |row: &Row| match rows.remove(&row.id) {
        Some(reply) => row_outcome(reply),
        None => Err(RowFailure::Other(Trouble::unavailable(RowMissing { sent: batch.len(), answered }))),
    };
    Ok(batch.iter().map(outcome).collect())
}

#[derive(Debug, thiserror::Error)]
#[error("the server answered {answered} of {sent} rows, and not this one")]
struct RowMissing {
    sent: usize,
    answered: usize,
}

fn batch_body(batch: &[Row]) -> Bytes {
    let size = batch.iter().map(|row| row.document.len() + 1).sum::<usize>();
    let mut body = BytesMut::with_capacity(size + 16);
    body.put_slice(br#"{"docs":["#);
    for (index, row) in batch.iter().enumerate() {
        if index > 0 {
            body.put_u8(b',');
        }
        body.put_slice(&row.document);
    }
    body.put_slice(b"]}");
    body.freeze()
}

pub(super) fn row_outcome(row: RowReply) -> Result<Revision, RowFailure> {
    let error = match (row.rev, row.error) {
        (Some(rev), None) => return Ok(Revision(rev)),
        (_, error) => error.unwrap_or_default(),
    };
    let fault = |status| Trouble::from(Fault { status, error: error.clone(), reason: row.reason });
    Err(match error.as_str() {
        "conflict" => RowFailure::Conflict,
        "forbidden" => RowFailure::Forbidden(fault(StatusCode::FORBIDDEN)),
        "unauthorized" => RowFailure::Other(fault(StatusCode::FORBIDDEN)),
        _ => RowFailure::Other(fault(StatusCode::INTERNAL_SERVER_ERROR)),
    })
}

async fn put(http: &Http, id: &str, document: Bytes) -> Result<Revision, RowFailure> {
    http.count_rows(1);
    let reply = http.write(Method::PUT, &segment(id), Some(document)).await.map_err(RowFailure::Other)?;
    match reply.status {
        StatusCode::CONFLICT => Err(RowFailure::Conflict),
        StatusCode::PAYLOAD_TOO_LARGE => Err(RowFailure::TooLarge),
        StatusCode::FORBIDDEN => Err(RowFailure::Forbidden(reply.fault().into())),
        _ => row_outcome(reply.json().map_err(RowFailure::Other)?),
    }
}
