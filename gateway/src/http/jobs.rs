//! The API's verbs on jobs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use futures::TryStreamExt;
use job_model::{Job, JobId, JobResult, JobStage, JobStatus};
use job_store::{StoreError, Stored};
use serde::Serialize;

use super::error::ApiError;
use super::list::{JobList, PageQuery, own_url};
use super::{body, wait};
use crate::app::App;
use crate::collector::{self, Kept};

/// The error text of a job that a client cancelled.
const CANCELLED: &str = "cancelled";

/// The job that a path names. A text that no job can have is a job that does not exist.
pub(crate) struct JobPath(pub(crate) JobId);

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Ok(Path(id)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(ApiError::JobNotFound { id: parts.uri.path().to_owned() }); // not UTF-8
        };
        JobId::parse(id.clone()).map(Self).map_err(|_| ApiError::JobNotFound { id })
    }
}

/// `{"data":job}`.
#[derive(Debug, Serialize)]
pub(crate) struct JobAnswer {
    data: Job,
}

impl JobAnswer {
    fn of(job: Job) -> Json<Self> {
        Json(Self { data: job.published() })
    }
}

/// `POST /jobs`.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<(StatusCode, Json<JobAnswer>), ApiError> {
    let time = wait::wanted(query.as_deref(), app.settings.max_wait)?;
    if let Some(longest) = app.settings.max_queue_length {
        let waiting = app.load.waiting();
        if waiting >= u64::from(longest.get()) {
            return Err(ApiError::Busy { waiting });
        }
    }
    let body = body::read(request, &app.settings).await?;
    let job = body::job(&body)?;
    drop(body);
    let id = job.uuid.clone();
    // Once begun it goes on when the client hangs up: what is stored is also published.
    let inserting = app.tasks.spawn(insert(app.clone(), job));
    let stored = within(&app, "Failed to save job", async { joined(inserting.await) }).await;
    let job = match stored {
        Err(ApiError::Store { source: StoreError::Conflict { .. }, .. }) => return Err(taken(&app, id).await),
        stored => stored?,
    };
    let job = match time {
        Some(time) => wait::until_done(&app, &id, time).await?,
        None => job,
    };
    Ok((StatusCode::CREATED, JobAnswer::of(job)))
}

/// Stores a new job and hands it on to be published.
async fn insert(app: Arc<App>, job: Job) -> Result<Job, StoreError> {
    let revision = app.store.insert(&job).await?;
    let stored = Stored { value: job.clone(), revision };
    app.metrics.created.inc();
    app.load.accepted();
    tracing::info!(job.id = %job.uuid, "job created");
    match &app.dispatcher {
        Some(dispatcher) => dispatcher.dispatch(stored),
        None => app.announce_stage(job.uuid.clone(), 0, JobStage::Created),
    }
    Ok(job)
}

async fn taken(app: &Arc<App>, id: JobId) -> ApiError {
    let created_at = find(app, &id).await.ok().map(|stored| stored.value.created_at);
    ApiError::JobExists { id: id.to_string(), created_at }
}

/// `GET /jobs/{uuid}`.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    JobPath(id): JobPath,
    RawQuery(query): RawQuery,
) -> Result<Json<JobAnswer>, ApiError> {
    let job = match wait::wanted(query.as_deref(), app.settings.max_wait)? {
        Some(time) => wait::until_done(&app, &id, time).await?,
        None => find(&app, &id).await?.value,
    };
    Ok(JobAnswer::of(job))
}

/// `GET /jobs`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<JobList>, ApiError> {
    let query = PageQuery::parse(query.as_deref().unwrap_or_default())?;
    let failed = "Failed to fetch job list";
    let Some(wanted) = query.to_store() else {
        return Ok(Json(query.describe(Vec::new(), 0, own_url(&uri, &headers))));
    };
    let page = within(&app, failed, app.store.list(wanted)).await?;
    let ids = page.jobs.into_iter().map(|stored| stored.value.uuid).collect();
    let mut jobs: Vec<Job> = within(&app, failed, app.store.read_many(ids).try_collect()).await?;
    // A job may move on between the list and the job.
    jobs.retain(|job| wanted.filter.status.is_none_or(|status| job.status == status));
    Ok(Json(query.describe(jobs, page.total, own_url(&uri, &headers))))
}

/// `DELETE /jobs/{uuid}`: a job under way is cancelled too.
pub(crate) async fn delete(State(app): State<Arc<App>>, JobPath(id): JobPath) -> Result<StatusCode, ApiError> {
    let deleting = app.tasks.spawn(remove(app.clone(), id));
    within(&app, "Failed to delete job", async { joined(deleting.await) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(app: Arc<App>, id: JobId) -> Result<(), StoreError> {
    let status = loop {
        let stored = app.store.get(&id).await?;
        match app.store.delete(&id, &stored.revision).await {
            Ok(()) => break stored.value.status,
            Err(StoreError::Conflict { .. }) => {} // it moved on meanwhile
            Err(error) => return Err(error),
        }
    };
    tracing::info!(job.id = %id, "job deleted");
    app.feeds.deleted(&id);
    if status != JobStatus::Done {
        app.order_cancel(id);
    }
    Ok(())
}

/// `POST /jobs/{uuid}/cancel`: ends the job and keeps it. Cancelling twice is fine.
pub(crate) async fn cancel(State(app): State<Arc<App>>, JobPath(id): JobPath) -> Result<Json<JobAnswer>, ApiError> {
    let cancelling = app.tasks.spawn(end(app.clone(), id.clone()));
    within(&app, "Failed to cancel job", async { joined(cancelling.await) }).await?;
    let job = find(&app, &id).await?.value;
    if job.error != CANCELLED {
        return Err(ApiError::JobDone { id: id.to_string() });
    }
    Ok(JobAnswer::of(job))
}

async fn end(app: Arc<App>, id: JobId) -> Result<(), StoreError> {
    let result = JobResult::not_started(id.clone(), CANCELLED);
    if collector::store_result(&app, &id, &result).await? == Kept::First {
        tracing::info!(job.id = %id, "job cancelled");
        app.order_cancel(id);
    }
    Ok(())
}

/// Reads a job for a client.
pub(crate) async fn find(app: &App, id: &JobId) -> Result<Stored<Job>, ApiError> {
    within(app, "Failed to fetch job", app.store.get(id)).await
}

/// A call to the store within the time of a request; `failed` is what the client is told otherwise.
async fn within<T>(
    app: &App,
    failed: &'static str,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, ApiError> {
    match tokio::time::timeout(app.settings.request_timeout, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(StoreError::NotFound { id })) => Err(ApiError::JobNotFound { id: id.to_string() }),
        Ok(Err(StoreError::TooLarge { limit, .. })) => Err(ApiError::TooLarge { limit }),
        Ok(Err(source)) => {
            if matches!(source, StoreError::Unavailable { .. } | StoreError::Refused { .. }) {
                app.metrics.store_errors.inc();
            }
            Err(ApiError::Store { failed, source })
        }
        Err(_) => {
            app.metrics.store_errors.inc();
            Err(ApiError::StoreTimeout { failed })
        }
    }
}

/// What a task of ours returned; its panic goes on here.
fn joined<T>(outcome: Result<T, tokio::task::JoinError>) -> T {
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
