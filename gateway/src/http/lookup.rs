//! What the routes of a single job share: which job a path names, reading it, and what is known of it beyond its document.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use job_model::{Job, JobId, JobStatus, JobSummary, Running};
use job_store::{StoreError, Stored};

use super::error::ApiError;
use crate::app::App;
use crate::clock;
use crate::feed::Watch;
use crate::fleet::{Creation, GONE_AFTER};
use crate::tokens::Reach;

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

/// The job that a path names, and the name of something of it: a file, a delivery. A batch's deliveries are named alike.
pub(crate) struct PartPath(pub(crate) JobId, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PartPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Ok(Path((id, name))) = Path::<(String, String)>::from_request_parts(parts, state).await else {
            return Err(ApiError::JobNotFound { id: parts.uri.path().to_owned() });
        };
        let id = JobId::parse(id.clone()).map_err(|_| ApiError::JobNotFound { id })?;
        Ok(Self(id, name))
    }
}

/// Reads a job for a client. A job out of its reach does not exist.
pub(crate) async fn find(app: &App, id: &JobId, reach: &Reach) -> Result<Job, ApiError> {
    Ok(shown(app, read(app, id, reach).await?))
}

/// Reads a job as it is stored. A job out of reach does not exist.
pub(crate) async fn read(app: &App, id: &JobId, reach: &Reach) -> Result<Job, ApiError> {
    let Stored { value: mut job, .. } = within(app, "Failed to fetch job", app.store.get(id)).await?;
    job.owner = app.created_here.owner(&job);
    if reach.covers(&job) { Ok(job) } else { Err(ApiError::JobNotFound { id: id.to_string() }) }
}

/// Watches a job and reads it: what happens in between is heard. A job out of reach does not exist.
pub(crate) async fn find_and_watch(app: &App, id: &JobId, reach: &Reach) -> Result<(Job, Watch), ApiError> {
    let mut watch = app.feeds.watch(id);
    let job = read(app, id, reach).await?;
    app.feeds.settle(&job, &mut watch);
    Ok((shown(app, job), watch))
}

/// The job as clients see it: with what this gateway knows beyond its document.
pub(crate) fn shown(app: &App, mut job: Job) -> Job {
    let creation = Creation::of(&job);
    if job.status == JobStatus::Created && app.held_marks.holds(&creation) {
        job.status = JobStatus::Queued;
    }
    show_running(app, &creation, &mut job.status, &mut job.running);
    job.published()
}

/// As [`shown`], of a summary.
pub(crate) fn shown_summary(app: &App, mut job: JobSummary) -> JobSummary {
    let creation = Creation::new(job.uuid.clone(), job.instance.clone());
    if job.status == JobStatus::Created && app.held_marks.holds(&creation) {
        job.status = JobStatus::Queued;
    }
    show_running(app, &creation, &mut job.status, &mut job.running);
    job.published()
}

fn show_running(app: &App, creation: &Creation, status: &mut JobStatus, running: &mut Option<Running>) {
    if *status == JobStatus::Done {
        return;
    }
    let now = clock::now();
    let known = app.fleet.sighting(creation, now).running;
    let heard_everybody = app.fleet.listening_since().is_some_and(|since| now - since > GONE_AFTER);
    if known.is_some() {
        // An executor has it from the queue.
        *status = JobStatus::Queued;
        *running = known;
    } else if heard_everybody {
        *running = None;
    }
}

/// Calls the store within the time of a request; `failed` is the error that the client gets otherwise.
pub(crate) async fn within<T>(
    app: &App,
    failed: &'static str,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, ApiError> {
    match tokio::time::timeout(app.settings.request_timeout, call).await {
        Ok(called) => called.map_err(|source| failure(app, failed, source)),
        Err(_) => {
            app.metrics.store_errors.inc();
            Err(ApiError::StoreTimeout { failed })
        }
    }
}

/// The answer to a failure of the store.
pub(crate) fn failure(app: &App, failed: &'static str, source: StoreError) -> ApiError {
    match source {
        StoreError::NotFound { id } => ApiError::JobNotFound { id: id.to_string() },
        StoreError::TooLarge { size, limit, .. } => ApiError::TooLarge { size: Some(size), limit },
        source => {
            if matches!(source, StoreError::Unavailable { .. } | StoreError::Refused { .. }) {
                app.metrics.store_errors.inc();
            }
            ApiError::Store { failed, source }
        }
    }
}

/// What a task of ours returned; its panic goes on here.
pub(crate) fn joined<T>(outcome: Result<T, tokio::task::JoinError>) -> T {
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
