//! The API's verbs on single jobs.

use std::collections::BTreeMap;
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

use super::admission::{admit, check_priority};
use super::audit::{self, Change};
use super::auth::require;
use super::caller::Caller;
use super::error::ApiError;
use super::lookup::{JobPath, failure, find, joined, within};
use super::{body, new_files, wait};
use crate::admission;
use crate::app::App;
use crate::idempotency::{self, BodyHash, Claim, IdempotencyKey, Remembered};
use crate::input_files;
use crate::jobs::{self, Cancelled, Created};
use crate::tokens::{Reach, Scope, Storing};

/// The header whose value names a request: one that is sent again makes no second job.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

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
    let (time, key) = match may_create(&app, &caller, query.as_deref())
        .and_then(|time| Ok((time, idempotency_key(&caller, &request)?)))
    {
        Ok(allowed) => allowed,
        Err(refused) => {
            if !is_form {
                body::discard(request, &app.settings).await;
            }
            return Err(refused);
        }
    };
    if is_form {
        let room = admit(&app, &caller.grant).await?;
        let (mut job, repeatable) = new_files::read_form(&app, &caller, request, key).await?;
        let claim = match first_of_key(&app, repeatable, &mut job).await {
            Ok(First::Goes(claim)) => claim,
            Ok(First::Was(remembered)) => {
                input_files::forget(&app, input_files::set_of(&job)).await;
                return again(&app, &caller, job, remembered, time).await;
            }
            Err(error) => {
                input_files::forget(&app, input_files::set_of(&job)).await;
                return Err(error);
            }
        };
        return store(&app, &caller, Change::Create, job, room, time, claim).await;
    }
    let body = body::read(request, &app).await?;
    let repeatable = key.map(|key| (key, BodyHash::of(body.bytes())));
    let (mut job, files) = body::job(body.bytes())?;
    drop(body);
    check_dependencies(&app, &caller.reach(), &job).await?;
    check_priority(&caller.grant, &job)?;
    let claim = match first_of_key(&app, repeatable, &mut job).await? {
        First::Goes(claim) => claim,
        First::Was(remembered) => return again(&app, &caller, job, remembered, time).await,
    };
    let ready = async {
        let room = admit(&app, &caller.grant).await?;
        if !files.is_empty() {
            new_files::take(&app, &caller, &mut job, &[], files).await?;
        }
        Ok(room)
    };
    let room = match ready.await {
        Ok(room) => room,
        Err(error) => {
            if let Some(claim) = claim {
                claim.give_up(&app).await;
            }
            return Err(error);
        }
    };
    store(&app, &caller, Change::Create, job, room, time, claim).await
}

/// Whether a request makes the job of its idempotency key.
enum First {
    /// It does; without a key there is nothing to note afterwards.
    Goes(Option<Claim>),
    /// An earlier one did.
    Was(Remembered),
}

fn idempotency_key(caller: &Caller, request: &Request) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(header) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = IdempotencyKey::of(header.as_bytes(), caller.grant.owner());
    key.map(Some).ok_or(ApiError::IdempotencyKey)
}

/// `repeatable` is what tells a request with a key from others.
async fn first_of_key(
    app: &App,
    repeatable: Option<(IdempotencyKey, BodyHash)>,
    job: &mut Job,
) -> Result<First, ApiError> {
    let Some((key, hash)) = repeatable else { return Ok(First::Goes(None)) };
    let failed = "Failed to look for the idempotency key";
    let begun = tokio::time::timeout(app.settings.request_timeout, idempotency::begin(app, &key, &hash, job)).await;
    match begun.map_err(|_| ApiError::StoreTimeout { failed })? {
        Ok(idempotency::Request::First(claim)) => Ok(First::Goes(Some(claim))),
        Ok(idempotency::Request::Again(remembered)) => Ok(First::Was(remembered)),
        Ok(idempotency::Request::Other) => Err(ApiError::KeyReused),
        Err(source) => Err(ApiError::records(source)),
    }
}

/// The answer of the first request with the key: the job as it was made, or its end for who waits. `made` is what this
/// request would have made.
async fn again(
    app: &Arc<App>,
    caller: &Caller,
    made: Job,
    remembered: Remembered,
    time: Option<Duration>,
) -> Result<Response, ApiError> {
    if let Some(time) = time {
        let job = wait::until_done(app, caller, &remembered.uuid, time).await?;
        return Ok((StatusCode::CREATED, JobAnswer::of(job)).into_response());
    }
    // A job that was deleted meanwhile was made all the same.
    let input_files = match find(app, &remembered.uuid, &caller.reach()).await {
        Ok(job) => job.input_files,
        Err(ApiError::JobNotFound { .. }) => made.input_files,
        Err(error) => return Err(error),
    };
    let Remembered { uuid, created_at, run_at, waits_for, .. } = remembered;
    let owner = caller.grant.owner().cloned();
    let mut job = Job { uuid, created_at, run_at, waits_for, owner, input_files, ..made };
    Ok((StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], encode(&mut job)).into_response())
}

/// Refuses a job that depends on one that is not there.
pub(super) async fn check_dependencies(app: &App, reach: &Reach, job: &Job) -> Result<(), ApiError> {
    if job.depends_on.is_none() {
        return Ok(());
    }
    let missing = within(app, "Failed to fetch job", jobs::missing_dependency(app, reach, job)).await?;
    let Some(id) = missing else { return Ok(()) };
    Err(ApiError::Invalid { errors: BTreeMap::from([("depends_on", vec![format!("There is no job {id}.")])]) })
}

/// Whether a job is taken at all, before its body is; and for how long its client wants to wait.
pub(super) fn may_create(app: &App, caller: &Caller, query: Option<&str>) -> Result<Option<Duration>, ApiError> {
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
    let time = may_create(&app, &caller, query.as_deref())?;
    let reach = caller.reach();
    let rerun = within(&app, "Failed to fetch job", jobs::rerun(&app, &id, &reach)).await?;
    let (mut job, old) = rerun.map_err(ApiError::JobId)?;
    let room = admit(&app, &caller.grant).await?;
    new_files::take_those_of(&app, &mut job, &old).await?;
    store(&app, &caller, Change::Rerun, job, room, time, None).await
}

pub(crate) fn refuse_when_full(app: &App) -> Result<(), ApiError> {
    let waiting = app.queue_length.waiting();
    match app.settings.max_queue_length {
        Some(longest) if waiting >= u64::from(longest.get()) => Err(ApiError::Busy { waiting }),
        _ => Ok(()),
    }
}

/// Stores a job as the caller's and answers with it, at once or when it is done.
pub(super) async fn store(
    app: &Arc<App>,
    caller: &Caller,
    change: Change,
    mut job: Job,
    room: Option<Storing>,
    time: Option<Duration>,
    claim: Option<Claim>,
) -> Result<Response, ApiError> {
    let id = job.uuid.clone();
    admission::give_to(&mut job, &caller.grant);
    // The job itself goes on to be published: the answer is made before.
    let answer = if time.is_none() { Some(encode(&mut job)) } else { None };
    match (save(app, caller, change, job, room).await, claim) {
        (Ok(()), Some(claim)) => claim.stored(app).await,
        // It is the one of a request whose gateway died before it could say so, or of one that took over from this request.
        (Err(ApiError::JobExists { .. }), Some(claim)) if claim.is_shared(app).await.map_err(ApiError::records)? => {
            claim.stored(app).await;
        }
        (Err(error), Some(claim)) => {
            // After any other error the job may be there.
            if matches!(error, ApiError::JobExists { .. } | ApiError::TooLarge { .. } | ApiError::KeyBusy { .. }) {
                claim.give_up(app).await;
            }
            return Err(error);
        }
        (saved, None) => saved?,
    }
    Ok(match (answer, time) {
        (Some(answer), _) => (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], answer).into_response(),
        (None, time) => {
            let job = wait::until_done(app, caller, &id, time.unwrap_or_default()).await?;
            (StatusCode::CREATED, JobAnswer::of(job)).into_response()
        }
    })
}

/// Stores a job that was given to the caller, and has it published. One that cannot be stored leaves none of the files that came
/// with it.
pub(super) async fn save(
    app: &Arc<App>,
    caller: &Caller,
    change: Change,
    mut job: Job,
    room: Option<Storing>,
) -> Result<(), ApiError> {
    let (id, input) = (job.uuid.clone(), input_files::set_of(&job));
    app.job_traces.note(&mut job);
    // Once begun it goes on when the client hangs up: what is stored is also published.
    let creating = app.tasks.spawn({
        let (app, caller, id) = (app.clone(), caller.clone(), id.clone());
        async move {
            let created = jobs::create(&app, job).await;
            drop(room);
            match &created {
                Ok(Created::Stored) => audit::changed(&caller, change, &id),
                created if jobs::is_not_there(created) => input_files::forget(&app, input).await,
                _ => {}
            }
            created
        }
    });
    let stored = async { joined(creating.await) };
    match tokio::time::timeout(app.settings.request_timeout, stored).await {
        Ok(Ok(Created::Stored)) => Ok(()),
        Ok(Ok(Created::Skipped { by })) => Err(ApiError::KeyBusy { by: by.to_string() }),
        Ok(Err(StoreError::Conflict { .. })) => Err(taken(app, caller, id).await),
        Ok(Err(error)) => Err(failure(app, "Failed to save job", error)),
        Err(_) => Err(ApiError::StoreTimeout { failed: "Failed to save job" }),
    }
}

/// The answer for a job that is created, without a copy of the job.
fn encode(job: &mut Job) -> Vec<u8> {
    job.look_at_published(|job| serde_json::to_vec(&JobAnswer { data: job }).expect("a new job has string keys only"))
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
