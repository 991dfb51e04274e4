//! The API's verbs on batches. A batch's rows become jobs while its body arrives.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use job_model::{FileName, JobId, JobState, NewFile, NewJob, Webhook, WebhookEvent};
use job_store::records::RecordQuery;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::audit;
use super::auth::require;
use super::caller::Caller;
use super::error::ApiError;
use super::named::{self, Page, parameter};
use super::{body, jobs, lookup};
use crate::app::App;
use crate::batches::{self, Accepting, Batch, BatchError, MAX_ID_BYTES, Refused, Rows, Wish};
use crate::job_template::JobTemplate;
use crate::records::typed_records::{self, TypedRecord};
use crate::tokens::Scope;
use crate::webhooks;

/// The one member of a first row that is not a job.
const HEAD: &str = "batch";
const HEAD_MEMBERS: [&str; 6] = ["uuid", "name", "webhook", "job", "script", "version"];

/// What a first row may say of the batch.
#[derive(Deserialize, Default)]
struct Head {
    #[serde(default)]
    uuid: Option<JobId>,
    #[serde(flatten)]
    wish: Wish,
    /// Those of `wish.job`.
    #[serde(skip)]
    files: BTreeMap<FileName, NewFile>,
}

/// The batch that a path names.
pub(crate) struct BatchPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for BatchPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let id = Path::<String>::from_request_parts(parts, state).await.map(|Path(id)| id).unwrap_or_default();
        match JobId::parse(id.clone()) {
            Ok(_) => Ok(Self(id)),
            Err(_) => Err(ApiError::NameNotFound { what: "Batch", name: id }),
        }
    }
}

/// `POST /batches`.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    if let Err(refused) = jobs::refuse_when_full(&app) {
        body::discard(request, &app.settings).await;
        return Err(refused);
    }
    // Once begun it goes on when the client hangs up: the batch says then how far it came.
    let taking = app.tasks.spawn(take(app.clone(), caller, request.into_body()));
    lookup::joined(taking.await)
}

async fn take(app: Arc<App>, caller: Caller, body: Body) -> Result<Response, ApiError> {
    let mut rows = Rows::new(app.settings.max_body_bytes);
    let mut pieces = body.into_data_stream();
    let mut accepting = None;
    let arriving = async {
        loop {
            let next = tokio::time::timeout(app.settings.request_timeout, pieces.next()).await;
            let Some(piece) = next.map_err(|_| Refused::Row("the body did not come in time".to_owned()))? else {
                break;
            };
            let piece = piece.map_err(|error| Refused::Row(format!("the body ended: {error}")))?;
            let (whole, cut) = rows.take(&piece);
            for row in whole {
                take_row(&app, &caller, &mut accepting, &row).await?;
            }
            cut.map_err(|error| malformed(accepting.as_ref(), error.to_string()))?;
        }
        rows.end().map_err(|error| malformed(accepting.as_ref(), error.to_string()))
    };
    let outcome = arriving.await;
    let Some(accepting) = accepting else {
        return Err(refused(outcome.err().unwrap_or_else(|| Refused::Row("there are no rows".to_owned()))));
    };
    match accepting.end(outcome).await {
        Ok(batch) => {
            audit::named(&caller, "create", "batch", batch.uuid.as_str());
            Ok((StatusCode::CREATED, Json(json!({"data": shown(&app, &batch).await?}))).into_response())
        }
        Err((batch, reason)) => {
            audit::named(&caller, "create", "batch", batch.uuid.as_str());
            let status = match &reason {
                Refused::Row(_) => StatusCode::UNPROCESSABLE_ENTITY,
                Refused::Taken(_) => StatusCode::CONFLICT,
                Refused::Later(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            let (Refused::Row(message) | Refused::Later(message) | Refused::Taken(message)) = reason;
            let batch = shown(&app, &batch).await?;
            let body = json!({"error": "Batch is incomplete", "message": message, "data": batch});
            Ok((status, Json(body)).into_response())
        }
    }
}

/// The first row may be the batch's own; every other one is a job.
async fn take_row(
    app: &Arc<App>,
    caller: &Caller,
    accepting: &mut Option<Accepting>,
    row: &[u8],
) -> Result<(), Refused> {
    let mut members = read_row(row).map_err(|reason| malformed(accepting.as_ref(), reason))?;
    let accepting = match accepting {
        Some(accepting) => accepting,
        None => {
            let is_head = members.len() == 1 && members.contains_key(HEAD);
            let head = if is_head {
                head(members.remove(HEAD).unwrap_or_default()).map_err(Refused::Row)?
            } else {
                Head::default()
            };
            let begun = Accepting::begin(app, &caller.grant, head.uuid, head.wish, head.files).await?;
            let accepting = accepting.insert(begun);
            if is_head {
                return Ok(());
            }
            accepting
        }
    };
    named::known("", &members, NewJob::members()).map_err(|reason| malformed(Some(accepting), reason))?;
    accepting.row(members).await
}

/// Why the next row cannot be one.
fn malformed(accepting: Option<&Accepting>, reason: String) -> Refused {
    let refused = Refused::Row(reason);
    match accepting {
        Some(accepting) => refused.at_row(accepting.next_row()),
        None => refused,
    }
}

fn read_row(row: &[u8]) -> Result<Map<String, Value>, String> {
    body::check_depth(row).map_err(|error| error.sentence())?;
    let text = std::str::from_utf8(row).map_err(|error| error.to_string())?;
    let text = json_text::without_lone_surrogates(text);
    serde_json::from_str(&text).map_err(|error| format!("it is not JSON: {error}"))
}

/// What a client says of the batch as a whole.
fn head(value: Value) -> Result<Head, String> {
    let Value::Object(members) = &value else { return Err("the field \"batch\" must be an object".to_owned()) };
    named::known("batch.", members, &HEAD_MEMBERS)?;
    if let Some(webhook) = members.get("webhook").filter(|webhook| !webhook.is_null()) {
        Webhook::read(webhook).map_err(|reason| format!("the field \"batch.webhook\" {reason}"))?;
    }
    let mut head: Head = serde_json::from_value(value).map_err(|error| format!("the field \"batch\": {error}"))?;
    if head.uuid.as_ref().is_some_and(|uuid| uuid.as_str().len() > MAX_ID_BYTES || uuid.as_str().starts_with('#')) {
        return Err(format!("the field \"batch.uuid\" has {MAX_ID_BYTES} bytes at most and does not begin with #"));
    }
    if let Some(webhook) = &head.wish.webhook {
        webhooks::check(webhook, &[WebhookEvent::BatchDone])?;
    }
    head.files = head.wish.job.take_files().map_err(|reason| format!("the field \"batch.job\": {reason}"))?;
    let JobTemplate(members) = &head.wish.job;
    if members.contains_key("uuid") {
        return Err("the field \"batch.job.uuid\" cannot be said of all jobs of a batch".to_owned());
    }
    named::known("batch.job.", members, NewJob::members())?;
    Ok(head)
}

fn refused(reason: Refused) -> ApiError {
    match reason {
        Refused::Row(reason) => ApiError::Request { reason },
        Refused::Later(reason) => ApiError::Later { reason },
        Refused::Taken(reason) => ApiError::NotNow { reason },
    }
}

/// `GET /batches`: by their ids, which are the latest first unless clients chose them.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let Page { after, per_page } = Page::parse(query.as_deref())?;
    let query = RecordQuery { after, descending: true, ..RecordQuery::first(Batch::KIND, per_page) };
    let found = typed_records::page::<Batch>(app.records.as_ref(), &caller.reach(), query).await;
    let (page, next) = found.map_err(|error| named::failed(&app, "Failed to list batches", error))?;
    let mut data = Vec::new();
    for batch in page {
        data.push(shown(&app, &batch).await?);
    }
    Ok(Json(json!({"data": data, "next": next})))
}

/// `GET /batches/{batch}`.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    BatchPath(id): BatchPath,
) -> Result<Json<Value>, ApiError> {
    let found = batches::read(&app, &caller.reach(), &id).await.map_err(|error| told(&app, error))?;
    Ok(Json(json!({"data": shown(&app, &found.value).await?})))
}

/// `GET /batches/{batch}/jobs`.
pub(crate) async fn list_jobs(
    State(app): State<Arc<App>>,
    caller: Caller,
    BatchPath(id): BatchPath,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let Page { after, per_page } = Page::parse(query.as_deref())?;
    let state = match parameter(query.as_deref(), "state") {
        None => None,
        Some(text) => {
            let names = JobState::ALL.map(JobState::as_str).join(", ");
            let reason = format!("{text:?} is not one of {names}");
            Some(JobState::parse(&text).ok_or(ApiError::Query { name: "state", reason })?)
        }
    };
    let after = after.map(JobId::parse).transpose().map_err(ApiError::JobId)?;
    let batch = batches::read(&app, &caller.reach(), &id).await.map_err(|error| told(&app, error))?.value;
    let found = app.store.batch_jobs(&batch.uuid, state, after.as_ref(), per_page as u64);
    let found = lookup::within(&app, "Failed to fetch job list", found).await?;
    let next = (found.len() == per_page).then(|| found.last().map(|job| job.value.uuid.clone())).flatten();
    let data: Vec<_> = found.into_iter().map(|job| lookup::shown_summary(&app, job.value)).collect();
    Ok(Json(json!({"data": data, "next": next})))
}

/// `POST /batches/{batch}/cancel`.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    BatchPath(id): BatchPath,
) -> Result<Response, ApiError> {
    let batch = batches::cancel(&app, &caller.reach(), &id).await.map_err(|error| told(&app, error))?;
    audit::named(&caller, "cancel", "batch", &id);
    Ok((StatusCode::ACCEPTED, Json(json!({"data": shown(&app, &batch).await?}))).into_response())
}

/// `POST /batches/{batch}/rerun`: a new batch of the jobs that did not succeed.
pub(crate) async fn rerun(
    State(app): State<Arc<App>>,
    caller: Caller,
    BatchPath(id): BatchPath,
) -> Result<Response, ApiError> {
    require(&caller, Scope::JobsCreate)?;
    jobs::refuse_when_full(&app)?;
    let made = batches::rerun(&app, &caller.reach(), caller.grant.owner(), &id).await;
    let batch = made.map_err(|error| told(&app, error))?;
    audit::named(&caller, "rerun", "batch", &id);
    Ok((StatusCode::ACCEPTED, Json(json!({"data": shown(&app, &batch).await?}))).into_response())
}

async fn shown(app: &App, batch: &Batch) -> Result<Value, ApiError> {
    let counts = lookup::within(app, "Failed to count the jobs of the batch", batch.count(app)).await?;
    let mut shown = json!({
        "uuid": batch.uuid,
        "state": batch.state(&counts),
        "created_at": batch.created_at,
        "accepted": u64::from(batch.accepted).max(counts.values().sum()),
        "counts": counts,
    });
    let optional = [
        ("name", batch.wish.name.as_ref().map(|name| json!(name))),
        ("owner", batch.owner.as_ref().map(|owner| json!(owner))),
        ("script", batch.wish.script.as_ref().map(|script| json!(script))),
        ("incomplete", (batch.stage == batches::Stage::Incomplete).then_some(json!(true))),
        ("error", batch.error.as_ref().map(|error| json!(error))),
        ("webhook", batch.wish.webhook.as_ref().map(|webhook| json!(webhook.shown()))),
        ("rerun_of", batch.rerun_of.as_ref().map(|old| json!(old))),
        ("cancelled_at", batch.cancelled_at.map(|at| json!(at))),
        ("finished_at", batch.finished_at.map(|at| json!(at))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    Ok(shown)
}

pub(super) fn told(app: &App, error: BatchError) -> ApiError {
    match error {
        BatchError::NotFound(name) => ApiError::NameNotFound { what: "Batch", name },
        BatchError::NotNow(reason) => ApiError::NotNow { reason: reason.to_owned() },
        BatchError::Records(source) => named::failed(app, "Failed to use the batch", source),
    }
}
