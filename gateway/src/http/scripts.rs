//! The API's verbs on scripts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use job_model::NewJob;
use job_store::records::RecordQuery;
use serde_json::{Map, Value, json};

use super::audit::{self, Change};
use super::caller::Caller;
use super::error::ApiError;
use super::named::{self, NamePath, Page};
use super::{admission, body, jobs, new_files};
use crate::app::App;
use crate::job_template::JobTemplate;
use crate::records::typed_records::{self, Author, TypedRecord};
use crate::scripts::{self, Script, ScriptError, Version};
use crate::template_files;

/// The member that is not one of the job.
const VARS_SCHEMA: &str = "vars_schema";
/// Members of a script that belong to single jobs.
const OF_JOBS: [&str; 5] = ["uuid", "run_at", "delay", "expires_at", "depends_on"];
/// Members of a job that belong to its script.
const OF_SCRIPTS: [&str; 3] = ["code", "modules", "language"];

/// `PUT /scripts/{name}`: a new version.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
    request: Request,
) -> Result<Response, ApiError> {
    let known: Vec<&'static str> = NewJob::members().iter().copied().chain([VARS_SCHEMA]).collect();
    let mut members: Map<String, Value> = named::members(request, &app, &known).await?;
    let refused = |reason: String| ApiError::Request { reason };
    if let Some(member) = OF_JOBS.into_iter().find(|member| members.contains_key(*member)) {
        return Err(refused(format!("the field {member:?} cannot be said of all jobs of a script")));
    }
    let vars_schema = members.remove(VARS_SCHEMA).filter(|schema| !schema.is_null());
    if let Some(schema) = &vars_schema {
        vars_schema::check(schema).map_err(refused)?;
    }
    let mut template = JobTemplate(members);
    let new = template.take_files().map_err(refused)?;
    let before = match scripts::read(app.records.as_ref(), &caller.reach(), &name, None).await {
        Ok((_, latest)) => Some(latest),
        Err(ScriptError::NotFound(_)) => None,
        Err(error) => return Err(told(&app, &name, error)),
    };
    if let Some(before) = &before {
        template.keep_hidden(&before.job);
    }
    template.job(job_model::Timestamp::now()).map_err(refused)?;
    let kept = before.as_ref().and_then(Version::kept_files);
    let files = new_files::keep(&app, &caller, (Script::KIND, &name), new, kept.as_ref()).await?;
    let author = Author::of(&caller.grant);
    let written = scripts::put(app.records.as_ref(), &author, &name, template, vars_schema, files.clone()).await;
    let (script, version) = match written {
        Ok(written) => written,
        Err(error) => {
            template_files::forget(&app, files.map(|files| files.of(Script::KIND, &name))).await;
            return Err(told(&app, &name, error));
        }
    };
    audit::named(&caller, "put", "script", &name);
    let status = if version.version == 1 { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({"data": shown(&script, &version)}))).into_response())
}

/// `GET /scripts/{name}`.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let version = named::version(query.as_deref())?;
    let found = scripts::read(app.records.as_ref(), &caller.reach(), &name, version).await;
    let (script, version) = found.map_err(|error| told(&app, &name, error))?;
    Ok(Json(json!({"data": shown(&script, &version)})))
}

/// `GET /scripts`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let Page { after, per_page } = Page::parse(query.as_deref())?;
    let query = RecordQuery { after, ..RecordQuery::first(Script::KIND, per_page) };
    let found = typed_records::page::<Script>(app.records.as_ref(), &caller.reach(), query).await;
    let (page, next) = found.map_err(|error| named::failed(&app, "Failed to list scripts", error))?;
    let data: Vec<_> = page.iter().map(summary).collect();
    Ok(Json(json!({"data": data, "next": next})))
}

/// `DELETE /scripts/{name}`.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
) -> Result<StatusCode, ApiError> {
    let deleted = scripts::delete(app.records.as_ref(), &caller.reach(), &name).await;
    let files = deleted.map_err(|error| told(&app, &name, error))?;
    template_files::forget(&app, files).await;
    audit::named(&caller, "delete", "script", &name);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /scripts/{name}/jobs`: a job that runs the script.
pub(crate) async fn create_job(
    State(app): State<Arc<App>>,
    caller: Caller,
    NamePath(name): NamePath,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let version = named::version(query.as_deref())?;
    let time = jobs::may_create(&app, &caller, query.as_deref())?;
    let mut given = given(request, &app).await?;
    let own = given.take_files().map_err(|reason| ApiError::Request { reason })?;
    let found = scripts::read(app.records.as_ref(), &caller.reach(), &name, version).await;
    let (_, version) = found.map_err(|error| told(&app, &name, error))?;
    let template = version.template(&given).map_err(|error| told(&app, &name, error))?;
    let (mut job, _) = body::job(&template.body())?;
    version.mark(&mut job);
    jobs::check_dependencies(&app, &caller.reach(), &job).await?;
    let room = admission::admit(&app, &caller.grant).await?;
    new_files::take(&app, &caller, &mut job, version.kept_files().as_slice(), own).await?;
    jobs::store(&app, &caller, Change::Create, job, room, time, None).await
}

/// What a client says beside the script; nothing for an empty body.
async fn given(request: Request, app: &App) -> Result<JobTemplate, ApiError> {
    let is_empty = axum::body::HttpBody::is_end_stream(request.body());
    if is_empty {
        return Ok(JobTemplate::default());
    }
    let members: Map<String, Value> = named::members(request, app, NewJob::members()).await?;
    if let Some(member) = OF_SCRIPTS.into_iter().find(|member| members.contains_key(*member)) {
        let reason = format!("the field {member:?} belongs to the script: PUT another version of it");
        return Err(ApiError::Request { reason });
    }
    Ok(JobTemplate(members))
}

fn summary(script: &Script) -> Value {
    let mut shown = json!({
        "name": script.name,
        "version": script.version,
        "created_at": script.created_at,
        "updated_at": script.updated_at,
    });
    if let Some(owner) = &script.owner {
        shown["owner"] = json!(owner);
    }
    shown
}

fn shown(script: &Script, version: &Version) -> Value {
    let mut shown = summary(script);
    shown["latest"] = json!(script.version);
    (shown["version"], shown["updated_at"]) = (json!(version.version), json!(version.created_at));
    shown["job"] = version.job.shown();
    if let Some(files) = &version.files {
        shown["input_files"] = json!(files.files);
    }
    if let Some(schema) = &version.vars_schema {
        shown[VARS_SCHEMA] = schema.clone();
    }
    shown
}

pub(super) fn told(app: &App, name: &str, error: ScriptError) -> ApiError {
    match error {
        ScriptError::NotFound(name) => ApiError::NameNotFound { what: "Script", name },
        ScriptError::Taken(name) => ApiError::NameTaken { what: "script", name },
        ScriptError::Vars { script, errors } => ApiError::Vars { script, errors },
        ScriptError::Records(source) => {
            tracing::debug!(script = name, "a script could not be read or written");
            named::failed(app, "Failed to use the script", source)
        }
    }
}
