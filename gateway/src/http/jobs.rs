//! The API's verbs on single jobs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use job_model::{Job, JobId};
use job_store::StoreError;
use serde::Serialize;

use super::admission::admit;
use super::auth::require;
use super::error::ApiError;
use super::lookup::{JobPath, failure, find, joined, within};
use super::{body, new_files, wait};
use crate::app::App;
use crate::audit::{self, Change};
use crate::caller::Caller;
use crate::input_files;
use crate::jobs::{self, Cancelled};
use crate::tokens::{Scope, Storing};

/// `{"data":job}`.
#[derive(Debug, Serialize)]
pub(crate) struct JobAnswer<T> {
    data: T,
}

impl<T> JobAnswer<T> {
    fn of(job: T) -> Json<Self> {
        Json(Self { data: job })
    }
}

/// `POST /jobs`.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let is_form = new_files::is_form(&request);
    let time = match may_create(&app, &caller, query.as_deref()) {
        Ok(time) => time,
        Err(refused) => {
            if !is_form {
                body::discard(request, &app.settings).await;
            }
            return Err(refused);
        }
    };
    if is_form {
        let room = admit(&app, &caller.grant).await?;
        let job = new_files::read_form(&app, &caller, request).await?;
        return store(&app, &caller, Change::Create, job, room, time).await;
    }
    let body = body::read(request, &app).await?;
    let (mut job, files) = body::job(body.bytes())?;
    drop(body);
    let room = admit(&app, &caller.grant).await?;
    if !files.is_empty() {
        new_files::take(&app, &caller, &mut job, files).await?;
    }
    store(&app, &caller, Change::Create, job, room, time).await
}

/// Whether a job is taken at all, before its body is; and for how long its client wants to wait.
fn may_create(app: &App, caller: &Caller, query: Option<&str>) -> Result<Option<Duration>, ApiError> {
    let time = wait::wanted(query, app.settings.max_wait)?;
    refuse_when_full(app)?;
    if time.is_some() {
        // Who waits reads the result.
        require(caller, Scope::JobsRead)?;
    }
    Ok(time)
}

/// `POST /jobs/{uuid}/rerun`: a new job that runs the same.
pub(crate) async fn rerun(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let time = wait::wanted(query.as_deref(), app.settings.max_wait)?;
    refuse_when_full(&app)?;
    let reach = caller.reach();
    let rerun = within(&app, "Failed to fetch job", jobs::rerun(&app, &id, &reach)).await?;
    let (mut job, old) = rerun.map_err(ApiError::JobId)?;
    let room = admit(&app, &caller.grant).await?;
    new_files::take_those_of(&app, &mut job, &old).await?;
    store(&app, &caller, Change::Rerun, job, room, time).await
}

pub(super) fn refuse_when_full(app: &App) -> Result<(), ApiError> {
    let waiting = app.queue_length.waiting();
    match app.settings.max_queue_length {
        Some(longest) if waiting >= u64::from(longest.get()) => Err(ApiError::Busy { waiting }),
        _ => Ok(()),
    }
}

/// Stores a job as the caller's and answers with it, at once or when it is done.
async fn store(
    app: &Arc<App>,
    caller: &Caller,
    change: Change,
    mut job: Job,
    room: Option<Storing>,
    time: Option<Duration>,
) -> Result<Response, ApiError> {
    let id = job.uuid.clone();
    job.owner = caller.grant.owner().cloned();
    // The job itself goes on to be published: the answer is made before.
    let answer = if time.is_none() { Some(encode(&mut job)) } else { None };
    save(app, caller, change, job, room).await?;
    Ok(match (answer, time) {
        (Some(answer), _) => (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], answer).into_response(),
        (None, time) => {
            let job = wait::until_done(app, caller, &id, time.unwrap_or_default()).await?;
            (StatusCode::CREATED, JobAnswer::of(job)).into_response()
        }
    })
}

/// Stores a job as the caller's, bound by what its token may reach, and has it published. One that cannot be stored leaves none of the files that came with it.
pub(super) async fn save(
    app: &Arc<App>,
    caller: &Caller,
    change: Change,
    mut job: Job,
    room: Option<Storing>,
) -> Result<(), ApiError> {
    let (id, input) = (job.uuid.clone(), new_files::input_of(&job));
    job.owner = caller.grant.owner().cloned();
    // A rerun stays bound by the token under which its code was written, too.
    job.network_token = match (job.network_token.take(), caller.grant.network()) {
        (Some(written_under), Some(own)) => Some(written_under.and(own)),
        (written_under, own) => written_under.or_else(|| own.cloned()),
    };
    // Once begun it goes on when the client hangs up: what is stored is also published.
    let creating = app.tasks.spawn({
        let (app, caller, id) = (app.clone(), caller.clone(), id.clone());
        async move {
            let created = jobs::create(&app, job).await;
            drop(room);
            match (&created, input, &app.files) {
                (Ok(()), ..) => audit::changed(&caller, change, &id),
                // After any other error the job may be there.
                (Err(StoreError::Conflict { .. } | StoreError::TooLarge { .. }), Some(set), Some(files)) => {
                    input_files::remove(files, &set).await;
                }
                _ => {}
            }
            created
        }
    });
    let stored = async { joined(creating.await) };
    match tokio::time::timeout(app.settings.request_timeout, stored).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(StoreError::Conflict { .. })) => Err(taken(app, caller, id).await),
        Ok(Err(error)) => Err(failure(app, "Failed to save job", error)),
        Err(_) => Err(ApiError::StoreTimeout { failed: "Failed to save job" }),
    }
}

/// The answer for a job that is created, without a copy of the job.
fn encode(job: &mut Job) -> Vec<u8> {
    let shown = job.network.as_ref().map(|network| network.shown());
    let hidden = (job.instance.take(), job.network_token.take(), std::mem::replace(&mut job.network, shown));
    let answer = serde_json::to_vec(&JobAnswer { data: &*job }).expect("a new job has string keys only");
    (job.instance, job.network_token, job.network) = hidden;
    answer
}

/// The uuid is taken. Of somebody else's job that is all there is to know.
async fn taken(app: &Arc<App>, caller: &Caller, id: JobId) -> ApiError {
    let created_at = find(app, &id, &caller.reach()).await.ok().map(|job| job.created_at);
    ApiError::JobExists { id: id.to_string(), created_at }
}

/// `GET /jobs/{uuid}`.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
    RawQuery(query): RawQuery,
) -> Result<Json<JobAnswer<Arc<Job>>>, ApiError> {
    Ok(JobAnswer::of(match wait::wanted(query.as_deref(), app.settings.max_wait)? {
        Some(time) => wait::until_done(&app, &caller, &id, time).await?,
        None => Arc::new(find(&app, &id, &caller.reach()).await?),
    }))
}

/// `DELETE /jobs/{uuid}`: a job under way is cancelled too.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
) -> Result<StatusCode, ApiError> {
    let deleting = app.tasks.spawn({
        let app = app.clone();
        async move {
            jobs::delete(&app, &id, &caller.reach()).await?;
            audit::changed(&caller, Change::Delete, &id);
            Ok(())
        }
    });
    within(&app, "Failed to delete job", async { joined(deleting.await) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /jobs/{uuid}/cancel`: ends the job and keeps it. Cancelling twice is fine.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
) -> Result<Json<JobAnswer<Job>>, ApiError> {
    let reach = caller.reach();
    let cancelling = app.tasks.spawn({
        let (app, id, reach) = (app.clone(), id.clone(), reach.clone());
        async move {
            let cancelled = jobs::cancel(&app, &id, &reach).await?;
            if cancelled == Cancelled::Yes {
                audit::changed(&caller, Change::Cancel, &id);
            }
            Ok(cancelled)
        }
    });
    match within(&app, "Failed to cancel job", async { joined(cancelling.await) }).await? {
        Cancelled::Yes | Cancelled::Before => Ok(JobAnswer::of(find(&app, &id, &reach).await?)),
        Cancelled::DoneBefore => Err(ApiError::JobDone { id: id.to_string() }),
    }
}
