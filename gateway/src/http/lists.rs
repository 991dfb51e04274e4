//! The API's verbs on many jobs: list them, delete them.
//!
//! A full list is written piece by piece: one job at a time is in memory, and of all lists together few are read at once.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use job_model::{JobId, JobStatus};
use job_store::{ListPage, ListQuery, StoreError};
use serde::Serialize;
use serde_json::json;
use service::Chain;
use tokio::sync::mpsc;

use super::audit::{self, Change};
use super::caller::Caller;
use super::error::ApiError;
use super::list::{FilterQuery, PageQuery, Standing, View, own_url};
use super::lookup::{failure, joined, shown, shown_summary, within};
use crate::app::App;
use crate::clock;
use crate::jobs;
use crate::tokens::Reach;

/// Bytes that are handed on at once.
const PIECE: usize = 64 * 1024;
/// Jobs that are deleted in one step.
const STEP: u64 = 500;

/// `GET /jobs`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = PageQuery::parse(query.as_deref().unwrap_or_default())?;
    let page = match query.to_store(&caller.reach()) {
        Some(wanted) => within(&app, "Failed to fetch job list", app.store.list(wanted)).await?,
        None => ListPage::default(),
    };
    let standing = query.describe(page.jobs.len() as u64, page.total, own_url(&uri, &headers));
    if query.view() == View::Summary || page.jobs.is_empty() {
        let mut data: Vec<_> = page.jobs.into_iter().map(|job| shown_summary(&app, job.value)).collect();
        data.retain(|job| query.has_status(job.status));
        let Standing { links, meta } = standing;
        return Ok(Json(json!({"data": data, "links": links, "meta": meta})).into_response());
    }
    let ids = page.jobs.into_iter().map(|job| job.value.uuid).collect();
    Ok(([(CONTENT_TYPE, "application/json")], full(app, caller, query, ids, &standing).await?).into_response())
}

/// The body of a full list. Its first job is read before the answer begins, so that the status can report a store in trouble.
async fn full(
    app: Arc<App>,
    caller: Caller,
    query: PageQuery,
    ids: Vec<JobId>,
    standing: &Standing,
) -> Result<Body, ApiError> {
    let standing = serde_json::to_string(standing).expect("it has string keys only");
    let (pieces, mut body) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let (begun, begin) = tokio::sync::oneshot::channel();
    app.tasks.spawn({
        let app = app.clone();
        async move {
            let mut begun = Some(begun);
            if let Err(error) = write(&app, (&query, &caller.reach()), ids, &standing, &pieces, &mut begun).await {
                match begun.take() {
                    Some(begun) => {
                        let _ = begun.send(Err(error));
                    }
                    None => {
                        tracing::warn!(error = %Chain(&error), "list cut off: the database failed in the middle");
                        let _ = pieces.send(Err(std::io::Error::other("the database failed in the middle"))).await;
                    }
                }
            }
        }
    });
    within(&app, "Failed to fetch job list", async { begin.await.unwrap_or(Ok(())) }).await?;
    let pieces = stream::poll_fn(move |context| body.poll_recv(context));
    Ok(Body::from_stream(pieces))
}

type Begun = tokio::sync::oneshot::Sender<Result<(), StoreError>>;

/// Writes a list until it is complete or the client has gone.
async fn write(
    app: &App,
    (query, reach): (&PageQuery, &Reach),
    ids: Vec<JobId>,
    standing: &str,
    pieces: &mpsc::Sender<Result<Bytes, std::io::Error>>,
    begun: &mut Option<Begun>,
) -> Result<(), StoreError> {
    let mut jobs = app.store.read_many(ids);
    let mut separator = "{\"data\":[";
    loop {
        // A job and its text are as large as the database takes, and more lists are read than fit into memory.
        let turn = app.list_turns.acquire().await;
        let Some(job) = jobs.next().await.transpose()? else { break };
        let job = shown(app, job);
        if !query.has_status(job.status) || !reach.covers(&job) {
            continue; // it has moved on since the list was made, or is somebody else's new one
        }
        let mut text = Pieces::new(separator);
        serde_json::to_writer(&mut text, &job).expect("a job has string keys only");
        separator = ",";
        if let Some(begun) = begun.take() {
            let _ = begun.send(Ok(()));
        }
        drop(turn);
        for piece in text.0 {
            if !send(app, pieces, piece).await {
                return Ok(());
            }
        }
    }
    if let Some(begun) = begun.take() {
        let _ = begun.send(Ok(()));
    }
    // All of its jobs may be gone by now.
    let opened = if separator == "," { "" } else { separator };
    let end = format!("{opened}],{}", standing.strip_prefix('{').unwrap_or(standing));
    send(app, pieces, end.into_bytes()).await;
    Ok(())
}

/// Hands a piece on. False when the client is gone, or takes nothing for too long.
async fn send(app: &App, pieces: &mpsc::Sender<Result<Bytes, std::io::Error>>, piece: Vec<u8>) -> bool {
    let sending = pieces.send(Ok(piece.into()));
    if let Ok(sent) = tokio::time::timeout(app.settings.request_timeout, sending).await {
        return sent.is_ok();
    }
    tracing::info!("list cut off: its client takes nothing");
    false
}

/// A text in pieces, which are freed one by one.
struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    fn new(beginning: &str) -> Self {
        Self(vec![beginning.as_bytes().to_vec()])
    }
}

impl std::io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for bytes in bytes.chunks(PIECE) {
            match self.0.last_mut() {
                Some(last) if last.len() + bytes.len() <= PIECE => last.extend_from_slice(bytes),
                _ => self.0.push(bytes.to_vec()),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a bulk delete did: `{"deleted":n}`.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    deleted: u64,
}

/// `DELETE /jobs`: all jobs of a filter, which must be given. Jobs under way are cancelled, too. Without any query the answer is
/// 405, as at the predecessor, which has no such route.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Deleted>, ApiError> {
    let query = query.unwrap_or_default();
    let filter = FilterQuery::parse(&query)?;
    if query.is_empty() {
        return Err(ApiError::NoBareDelete);
    }
    if !filter.is_given() || !super::list::is_exact(&query) {
        return Err(ApiError::NoFilter);
    }
    // Once begun it goes on when the client hangs up. Each step has the time of a request.
    let deleting = app.tasks.spawn({
        let app = app.clone();
        async move { delete_all(&app, &caller, &filter).await }
    });
    let deleted = joined(deleting.await)?;
    tracing::info!(jobs = deleted, "jobs deleted by a filter");
    Ok(Json(Deleted { deleted }))
}

async fn delete_all(app: &App, caller: &Caller, filter: &FilterQuery) -> Result<u64, ApiError> {
    const FAILED: &str = "Failed to delete jobs";
    let reach = caller.reach();
    let Some(filter) = filter.to_store(&reach) else { return Ok(0) };
    let (mut deleted, mut skip) = (0, 0);
    // Those that were created meanwhile are not meant.
    let created_to = filter.created_to.or_else(|| job_model::Timestamp::from_unix_millis(clock::now()));
    let filter = job_store::JobFilter { created_to, ..filter };
    while !app.stop.is_cancelled() {
        let query = ListQuery { filter: filter.clone(), skip, limit: STEP };
        let page = within(app, FAILED, app.store.list(query)).await?;
        if page.jobs.is_empty() {
            break;
        }
        let (done, under_way): (Vec<_>, Vec<_>) =
            page.jobs.into_iter().partition(|job| job.value.status == JobStatus::Done);
        let wanted = (done.len() + under_way.len()) as u64;
        let ids = within(app, FAILED, jobs::delete_rows(app, done)).await?;
        ids.iter().for_each(|id| audit::changed(caller, Change::BulkDelete, id));
        let mut gone = ids.len() as u64;
        for job in under_way {
            // It may move on at any moment: read again and deleted as it is.
            match within(app, FAILED, jobs::delete(app, &job.value.uuid, &reach)).await {
                Ok(()) => {
                    audit::changed(caller, Change::BulkDelete, &job.value.uuid);
                    gone += 1;
                }
                Err(ApiError::JobNotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        deleted += gone;
        // What stays for whatever reason is passed over.
        skip += wanted - gone;
    }
    if deleted > 0 {
        app.store.reclaim().await.map_err(|error| failure(app, FAILED, error))?;
    }
    Ok(deleted)
}
