//! The API's verbs on schedules.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::join_all;
use job_model::{JobState, NewJob, Timestamp};
use job_store::records::RecordQuery;
use serde_json::{Value, json};

use super::audit;
use super::caller::Caller;
use super::error::ApiError;
use super::named::{self, NamePath, Page};
use super::new_files;
use super::scripts::told as script_told;
use crate::app::App;
use crate::records::typed_records::{self, Author, TypedRecord};
use crate::schedules::{self, Run, Schedule, ScheduleError, Wish};
use crate::scripts;
use crate::template_files;

/// Ticks to come that an answer shows.
const NEXT: usize = 5;
const MEMBERS: [&str; 9] =
    ["cron", "time_zone", "jitter", "catch_up", "on_duplicate", "paused", "script", "version", "job"];

/// `PUT /schedules/{name}`.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
    request: Request,
) -> Result<Response, ApiError> {
    let mut wish: Wish = named::members(request, &app, &MEMBERS).await?;
    let now = Timestamp::now();
    let refused = |reason: String| ApiError::Request { reason };
    let new = wish.job.take_files().map_err(refused)?;
    let before = match schedules::read(app.records.as_ref(), &caller.reach(), &name).await {
        Ok(found) => Some(found.value),
        Err(ScheduleError::NotFound(_)) => None,
        Err(error) => return Err(told(&app, error)),
    };
    if let Some(before) = &before {
        wish.job.keep_hidden(&before.wish.job);
    }
    wish.check(now).map_err(refused)?;
    named::known("job.", &wish.job.0, NewJob::members()).map_err(refused)?;
    if let Some(script) = &wish.script {
        let read = scripts::read(app.records.as_ref(), &caller.reach(), script, wish.version).await;
        let (_, version) = read.map_err(|error| script_told(&app, script, error))?;
        let template = version.template(&wish.job).map_err(|error| script_told(&app, script, error))?;
        template.job(now).map_err(refused)?;
    }
    let kept = before.as_ref().and_then(Schedule::kept_files);
    let files = new_files::keep(&app, &caller, (Schedule::KIND, &name), new, kept.as_ref()).await?;
    let author = Author::of(&caller.grant);
    let written = schedules::put(app.records.as_ref(), &author, &name, &wish, files.as_ref(), now).await;
    let schedule = match written {
        Ok((schedule, unused)) => {
            template_files::forget(&app, unused).await;
            schedule
        }
        Err(error) => {
            template_files::forget(&app, files.map(|files| files.of(Schedule::KIND, &name))).await;
            return Err(told(&app, error));
        }
    };
    app.schedules_changed.notify_one();
    audit::named(&caller, "put", "schedule", &name);
    let status = if schedule.created_at == now { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({"data": shown(&schedule)}))).into_response())
}

/// `GET /schedules/{name}`.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
) -> Result<Json<Value>, ApiError> {
    let found = schedules::read(app.records.as_ref(), &caller.reach(), &name).await;
    let schedule = found.map_err(|error| told(&app, error))?.value;
    let mut data = shown(&schedule);
    data["runs"] = Value::Array(join_all(schedule.runs.iter().rev().map(|run| shown_run(&app, run))).await);
    Ok(Json(json!({"data": data})))
}

/// `GET /schedules`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let Page { after, per_page } = Page::parse(query.as_deref())?;
    let query = RecordQuery { after, ..RecordQuery::first(Schedule::KIND, per_page) };
    let found = typed_records::page::<Schedule>(app.records.as_ref(), &caller.reach(), query).await;
    let (page, next) = found.map_err(|error| named::failed(&app, "Failed to list schedules", error))?;
    let data: Vec<_> = page.iter().map(shown).collect();
    Ok(Json(json!({"data": data, "next": next})))
}

/// `POST /schedules/{name}/pause`.
pub(crate) async fn pause(state: State<Arc<App>>, caller: Caller, name: NamePath) -> Result<Json<Value>, ApiError> {
    set_paused(state, caller, name, true).await
}

/// `POST /schedules/{name}/resume`.
pub(crate) async fn resume(state: State<Arc<App>>, caller: Caller, name: NamePath) -> Result<Json<Value>, ApiError> {
    set_paused(state, caller, name, false).await
}

async fn set_paused(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
    paused: bool,
) -> Result<Json<Value>, ApiError> {
    let written = schedules::pause(app.records.as_ref(), &caller.reach(), &name, paused, Timestamp::now()).await;
    let schedule = written.map_err(|error| told(&app, error))?;
    app.schedules_changed.notify_one();
    audit::named(&caller, if paused { "pause" } else { "resume" }, "schedule", &name);
    Ok(Json(json!({"data": shown(&schedule)})))
}

/// `DELETE /schedules/{name}`.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
) -> Result<StatusCode, ApiError> {
    let deleted = schedules::delete(app.records.as_ref(), &caller.reach(), &name).await;
    let files = deleted.map_err(|error| told(&app, error))?;
    template_files::forget(&app, files).await;
    audit::named(&caller, "delete", "schedule", &name);
    Ok(StatusCode::NO_CONTENT)
}

fn shown(schedule: &Schedule) -> Value {
    let wish = &schedule.wish;
    let mut shown = json!({
        "name": schedule.name,
        "cron": wish.cron,
        "time_zone": wish.time_zone,
        "catch_up": wish.catch_up,
        "on_duplicate": wish.on_duplicate,
        "paused": wish.paused,
        "job": wish.job.shown(),
        "created_at": schedule.created_at,
        "updated_at": schedule.updated_at,
        "next": schedule.next_ticks(NEXT),
        "runs": schedule.runs.iter().rev().collect::<Vec<_>>(),
    });
    let optional = [
        ("owner", schedule.owner.as_ref().map(|owner| json!(owner))),
        ("jitter", wish.jitter.clone()),
        ("script", wish.script.as_ref().map(|script| json!(script))),
        ("version", wish.version.map(Value::from)),
        ("input_files", schedule.files.as_ref().map(|files| json!(files.files))),
        ("problem", schedule.problem.as_ref().map(|problem| json!(problem))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    shown
}

/// A run with what has become of its job.
async fn shown_run(app: &App, run: &Run) -> Value {
    let mut shown = serde_json::to_value(run).expect("it has string keys only");
    if let Some(job) = &run.job {
        // One that was deleted meanwhile has no state.
        if let Ok(job) = app.store.get(job).await {
            shown["state"] = json!(JobState::of(&job.value).as_str());
        }
    }
    shown
}

fn told(app: &App, error: ScheduleError) -> ApiError {
    match error {
        ScheduleError::NotFound(name) => ApiError::NameNotFound { what: "Schedule", name },
        ScheduleError::Taken(name) => ApiError::NameTaken { what: "schedule", name },
        ScheduleError::Records(source) => named::failed(app, "Failed to use the schedule", source),
    }
}
