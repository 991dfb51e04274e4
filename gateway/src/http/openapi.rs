//! The API's own description, made from the table of routes.

use std::sync::Arc;

use axum::http::Method;
use axum::{Extension, Json};
use job_model::JobState;
use serde_json::{Map, Value, json};

use super::route::{About, Access, Content};
use super::schemas::schemas;
use super::{list, named};

/// `GET /openapi.json`.
pub(crate) async fn document(Extension(routes): Extension<Arc<[About]>>) -> Json<Value> {
    Json(describe(&routes))
}

pub(super) fn describe(routes: &[About]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.shown_path()).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "puppet-master gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Runs Puppeteer scripts in headless browsers.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
        },
    })
}

fn operation(route: &About) -> Value {
    let mut parameters = Vec::new();
    if route.path.contains("{uuid}") {
        let schema = json!({"type": "string", "maxLength": job_model::JobId::MAX_BYTES, "pattern": JOB_ID});
        parameters.push(json!({"name": "uuid", "in": "path", "required": true, "schema": schema}));
    }
    if route.path.contains("{batch}") {
        let schema = json!({"type": "string"});
        parameters.push(json!({"name": "batch", "in": "path", "required": true, "schema": schema}));
    }
    if route.path.contains("name}") {
        let schema = match route.path {
            path if path.starts_with("/scripts") || path.starts_with("/schedules") => {
                json!({"type": "string", "pattern": NAME})
            }
            _ => json!({"type": "string"}),
        };
        parameters.push(json!({"name": "name", "in": "path", "required": true, "schema": schema}));
    }
    if route.path.contains("{delivery}") {
        let schema = json!({"type": "string"});
        parameters.push(json!({"name": "delivery", "in": "path", "required": true, "schema": schema}));
    }
    for (name, meaning) in &route.query {
        // In a list an empty filter counts as absent; to delete jobs one says which are meant.
        let or_empty = |schema: Value| match route.method {
            Method::DELETE => schema,
            _ => json!({"anyOf": [schema, {"const": ""}]}),
        };
        let schema = match *name {
            "page" | "version" => json!({"type": "integer", "minimum": 1, "maximum": u32::MAX}),
            "per_page" if route.query.iter().any(|(name, _)| *name == "after") => {
                json!({"type": "integer", "minimum": 1, "maximum": named::MAX_PER_PAGE})
            }
            "per_page" => json!({"type": "integer", "minimum": 1, "maximum": list::MAX_PER_PAGE}),
            // More than MAX_WAIT is cut.
            "wait" => json!({"type": "integer", "minimum": 0, "maximum": u64::MAX}),
            "view" => json!({"enum": ["full", "summary"]}),
            "state" => or_empty(json!({"enum": JobState::ALL.map(JobState::as_str)})),
            "status" => or_empty(json!({"type": "string", "minLength": 1})),
            "owner" => or_empty(json!({"type": "string", "pattern": TOKEN_NAME})),
            "created_from" | "created_to" => or_empty(json!({"type": "string", "format": "date-time"})),
            _ => json!({"type": "string"}),
        };
        parameters.push(json!({"name": name, "in": "query", "description": meaning, "schema": schema}));
    }
    for (name, meaning) in &route.headers {
        parameters.push(json!({"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}));
    }
    let mut responses = Map::new();
    for (status, content) in &route.answers {
        responses.insert(status.to_string(), response(route, *status, *content));
    }
    let mut operation = json!({
        "operationId": operation_id(route), "summary": route.summary, "parameters": parameters, "responses": responses,
    });
    if let Some(name) = route.takes {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if let Access::Token(scopes) = route.access {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        operation["security"] = json!([{"token": scopes}]);
    }
    operation
}

/// What a job may be called.
const JOB_ID: &str = r"^(?!_)[^/\u0000-\u001f\u007f-\u009f]+$";
/// What scripts and schedules may be called.
const NAME: &str = "^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$";
/// What tokens may be called.
const TOKEN_NAME: &str = "^[0-9a-z][0-9a-z._-]{0,63}$";

/// A name for the functions of generated clients: `postJobsUuidCancel` is POST /jobs/{uuid}/cancel.
fn operation_id(route: &About) -> String {
    let mut name = route.method.as_str().to_ascii_lowercase();
    for word in route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        name.push(word.as_bytes()[0].to_ascii_uppercase().into());
        name.push_str(&word[1..]);
    }
    name
}

fn response(route: &About, status: u16, content: Content) -> Value {
    let description = route.meaning(status, content);
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let (media, schema) = match content {
        Content::Nothing => return json!({"description": description}),
        Content::Text => ("text/plain", json!({"type": "string"})),
        Content::Html => ("text/html", json!({"type": "string"})),
        Content::Events => ("text/event-stream", json!({"type": "string"})),
        Content::Object => ("application/json", json!({"type": "object"})),
        Content::Job => ("application/json", json!({"type": "object", "properties": {"data": schema("Job")}})),
        Content::File if route.path.ends_with(".zip") => {
            ("application/zip", json!({"type": "string", "format": "binary"}))
        }
        Content::File => ("application/octet-stream", json!({"type": "string", "format": "binary"})),
        Content::Files => (
            "application/json",
            json!({"type": "object", "properties": {"data": {"type": "array", "items": schema("File")}}}),
        ),
        Content::Count => {
            ("application/json", json!({"type": "object", "properties": {"deleted": {"type": "integer"}}}))
        }
        Content::Fleet => ("application/json", json!({"type": "object", "properties": {"data": schema("Fleet")}})),
        Content::Stats => ("application/json", json!({"type": "object", "properties": {"data": schema("Stats")}})),
        Content::Executor => {
            ("application/json", json!({"type": "object", "properties": {"data": schema("Executor")}}))
        }
        Content::One(name) => ("application/json", json!({"type": "object", "properties": {"data": schema(name)}})),
        // All of them at once.
        Content::Many(name) if !route.query.iter().any(|(name, _)| *name == "after") => (
            "application/json",
            json!({"type": "object", "properties": {"data": {"type": "array", "items": schema(name)}}}),
        ),
        Content::Many(name) => (
            "application/json",
            json!({"type": "object", "properties": {
                "data": {"type": "array", "items": schema(name)},
                "next": {"type": ["string", "null"], "description": "give it as after to read on; null at the end"},
            }}),
        ),
        Content::JobList => ("application/json", schema("JobList")),
        Content::Error if status == 403 => ("application/json", schema("Forbidden")),
        Content::Error if status == 422 => ("application/json", schema("InvalidJob")),
        Content::Error => ("application/json", schema("Error")),
    };
    let mut response = json!({"description": description, "content": {media: {"schema": require_all(schema)}}});
    if status == 401 {
        // Clients that name no media type were written for the predecessor.
        response["content"]["text/plain"] = json!({"schema": {"type": "string"}});
    }
    response
}

/// What answers always have: every member of their outermost object.
fn require_all(mut schema: Value) -> Value {
    if let Some(members) = schema["properties"].as_object() {
        schema["required"] = members.keys().cloned().collect();
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use job_model::{
        Api, ErrorAt, Job, JobNetwork, JobResult, Language, NewFiles, NewJob, OnDuplicate, Priority, Record, RunKey,
        Running, ScheduleTick, ScriptVersion, Timestamp, TokenName, WaitsFor,
    };

    use super::describe;

    #[test]
    fn the_schema_of_a_new_job_has_the_members_of_a_new_job() {
        let document = describe(&[]);
        let schema = document["components"]["schemas"]["NewJob"]["properties"].as_object().unwrap();
        let described: BTreeSet<&str> = schema.keys().map(String::as_str).collect();
        assert_eq!(described, NewJob::members().iter().copied().collect());
    }

    #[test]
    fn the_schema_of_a_job_has_the_fields_of_a_job() {
        let network = Some(JobNetwork::default());
        let (api, language, record) = (Some(Api::V25), Some(Language::Ts), Some(Record::Always.into()));
        let (timeout, max_attempts, ignore_https_errors) = (Some(1), Some(1), Some(true));
        let webhook = serde_json::from_str(r#"{"url":"https://a.example"}"#).unwrap();
        let files = NewFiles { auto: true, ..NewFiles::default() };
        let new = NewJob {
            timeout,
            max_attempts,
            network,
            api,
            language,
            ignore_https_errors,
            record,
            webhook,
            priority: Some(Priority::High),
            run_at: Some(Timestamp::now()),
            expires_at: Some(Timestamp::now()),
            retry: serde_json::from_str(r#"{"times":1}"#).unwrap(),
            key: RunKey::parse("k"),
            max_running: Some(1),
            on_duplicate: Some(OnDuplicate::Skip),
            files,
            ..NewJob::default()
        };
        let mut job = Job::create(new, Timestamp::now()).unwrap();
        let error_at = Some(ErrorAt { module: "code".to_owned(), line: 1, column: 1 });
        let (attempt, error_stack) = (Some(1), Some("x".to_owned()));
        let failed = JobResult::not_started(job.uuid.clone(), "x");
        job.finish(JobResult { attempt, error_at, error_stack, ..failed }).unwrap();
        (job.attempts, job.waits_for) = (Some(Vec::new()), Some(WaitsFor::Key));
        job.running = Some(Running { since: Timestamp::now(), executor: "e".to_owned(), attempt: 1 });
        job.rerun_of = Some(job.uuid.clone());
        (job.depends_on, job.vars_from) = (Some(Vec::new()), Some(BTreeMap::new()));
        job.script = Some(ScriptVersion { name: "s".to_owned(), version: 1 });
        job.schedule = Some(ScheduleTick { name: "s".to_owned(), tick: Timestamp::now() });
        job.batch = Some(job.uuid.clone());
        job.owner = TokenName::parse("alice").ok();
        (job.input_files, job.files) = (Some(Vec::new()), Some(Vec::new()));
        let job = serde_json::to_value(job.published()).unwrap();
        let document = describe(&[]);
        let schema = document["components"]["schemas"]["Job"]["properties"].as_object().unwrap();
        let keys =
            |object: &serde_json::Map<String, serde_json::Value>| object.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(schema), keys(job.as_object().unwrap()));
    }
}
