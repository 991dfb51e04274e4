//! One-shots over HTTP: a request becomes a job, the file that the job leaves is the answer.
//!
//! What happens to gateway or executor meanwhile happens to a job like any other: the request waits for the job's result,
//! whichever attempt that is of.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AGE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use job_files::JobFiles;
use job_model::{FileName, InstanceId, Job, JobId, JobStatus, Outcome};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::admission::admit;
use super::audit::Change;
use super::caller::Caller;
use super::error::ApiError;
use super::{body, files, jobs, lookup, new_files, wait};
use crate::admission;
use crate::app::App;
use crate::input_files::InputFiles;
use crate::left_file::LeftFile;
use crate::one_shots::{CacheKey, OneShot, OneShotRequest, Refused};

/// Names the job of an answer.
const JOB_ID: HeaderName = HeaderName::from_static("job-id");
/// <https://www.rfc-editor.org/rfc/rfc7240>.
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The document of a request that has no address.
const PAGE: &str = "page.html";

/// `POST /screenshot` and the others, `GET /screenshot` and `/pdf`.
pub(super) async fn answer(
    kind: OneShot,
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let store = files::store(&app)?.clone();
    jobs::refuse_when_full(&app)?;
    let headers = request.headers().clone();
    let read = if *request.method() == Method::GET {
        kind.read_query(form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()))
    } else {
        kind.read(members(body::read(request, &app).await?.bytes())?)
    };
    let asked = read.map_err(|Refused(reason)| ApiError::Request { reason })?;
    let cached = asked.cache.map(|longest| (CacheKey::of(kind, &asked, &caller.grant), Duration::from_secs(longest)));
    if let Some((key, longest)) = &cached
        && let Some(response) = from_cache(&app, &caller, &store, key, *longest, &headers).await
    {
        return Ok(response);
    }
    let (id, instance) = create(&app, &caller, kind, asked).await?;
    let done = if wants_no_waiting(&headers) {
        false
    } else {
        wait::until_done(&app, &caller, &id, app.settings.max_wait).await?.status == JobStatus::Done
    };
    let response = if done {
        of_job(&lookup::read(&app, &id, &caller.reach()).await?, &store, &headers).await?
    } else {
        accepted(&app, &caller, &id).await?
    };
    if let Some((key, _)) = &cached
        && response.status().is_success()
    {
        key.note(&store, id, instance).await;
    }
    Ok(response)
}

/// The answer of an equal request's job, when that is young enough and made one.
async fn from_cache(
    app: &App,
    caller: &Caller,
    store: &JobFiles,
    key: &CacheKey,
    longest: Duration,
    headers: &HeaderMap,
) -> Option<Response> {
    let earlier = key.find(store, longest).await?;
    // A job that is gone by now answers nothing.
    let job = lookup::read(app, &earlier.job, &caller.reach()).await.ok().filter(|job| earlier.is(job))?;
    let mut response = of_job(&job, store, headers).await.ok()?;
    if !response.status().is_success() && response.status() != StatusCode::NOT_MODIFIED {
        return None;
    }
    response.headers_mut().insert(AGE, HeaderValue::from(earlier.age.as_secs()));
    Some(response)
}

/// Stores the job of a request, with its document.
async fn create(
    app: &Arc<App>,
    caller: &Caller,
    kind: OneShot,
    asked: OneShotRequest,
) -> Result<(JobId, Option<InstanceId>), ApiError> {
    let room = admit(app, &caller.grant).await?;
    let mut job = kind.job(&asked);
    if let Some(html) = asked.html {
        let mut input = InputFiles::of(&job, files::store(app)?);
        let page = FileName::parse(PAGE).map_err(|error| ApiError::Request { reason: error.to_string() })?;
        let stored = input.put(&page, html.as_bytes()).await;
        input.settle(&mut job, stored).await.map_err(|error| new_files::told(app, error))?;
    }
    let made = (job.uuid.clone(), job.instance.clone());
    admission::give_to(&mut job, &caller.grant);
    jobs::save(app, caller, Change::Create, job, room).await?;
    Ok(made)
}

/// The answer that a job which is done has made.
async fn of_job(job: &Job, store: &JobFiles, headers: &HeaderMap) -> Result<Response, ApiError> {
    let name = job.results.as_ref().and_then(|results| results.get("answer")).and_then(Value::as_str);
    let found = name.filter(|_| job.error.is_empty()).and_then(|name| LeftFile::of(job, name));
    let mut response = match found {
        Some(found) => files::answer(store, &found, &Method::GET, headers).await?,
        None => failed(job),
    };
    name_job(&mut response, &job.uuid);
    Ok(response)
}

/// The answer for a job that made none: why not, and what the job logged.
fn failed(job: &Job) -> Response {
    let status = match job.outcome_or_derived() {
        Outcome::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Outcome::GivenUp | Outcome::Expired => StatusCode::SERVICE_UNAVAILABLE,
        Outcome::Cancelled => StatusCode::CONFLICT,
        Outcome::Failed | Outcome::Succeeded => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let message = if job.error.is_empty() { "the job left no answer" } else { &job.error };
    let body = json!({"error": "The page could not be had", "message": message, "job": job.uuid, "logs": job.logs});
    (status, Json(body)).into_response()
}

/// The answer for a client that does not wait, or has waited long enough: the job goes on.
async fn accepted(app: &App, caller: &Caller, id: &JobId) -> Result<Response, ApiError> {
    let job = lookup::find(app, id, &caller.reach()).await?;
    let mut response = (StatusCode::ACCEPTED, Json(json!({"data": job}))).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/jobs/{id}")) {
        response.headers_mut().insert(LOCATION, place);
    }
    name_job(&mut response, id);
    Ok(response)
}

fn name_job(response: &mut Response, id: &JobId) {
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(JOB_ID, id);
    }
}

fn wants_no_waiting(headers: &HeaderMap) -> bool {
    let preferred = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    preferred.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case("respond-async"))
}

/// The members of a body.
fn members(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    body::check_depth(body)?;
    let read = serde_json::from_slice(body);
    read.map_err(|error| ApiError::Request { reason: format!("the body is not a JSON object: {error}") })
}
