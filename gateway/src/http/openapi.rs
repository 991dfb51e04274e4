//! The API's own description, made from the table of routes.

use std::sync::Arc;

use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use super::route::{About, Access, Content};
use super::schemas::schemas;

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
        let schema = json!({"type": "string", "maxLength": job_model::JobId::MAX_BYTES});
        parameters.push(json!({"name": "uuid", "in": "path", "required": true, "schema": schema}));
    }
    if route.path.contains("name}") {
        let schema = json!({"type": "string"});
        parameters.push(json!({"name": "name", "in": "path", "required": true, "schema": schema}));
    }
    for (name, meaning) in &route.query {
        let schema = match *name {
            "page" | "per_page" | "wait" => json!({"type": "integer"}),
            "created_from" | "created_to" => json!({"type": "string", "format": "date-time"}),
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
    let mut operation = json!({"summary": route.summary, "parameters": parameters, "responses": responses});
    if route.takes_job {
        let schema = json!({"$ref": "#/components/schemas/NewJob"});
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if route.takes_one_shot {
        let schema = json!({"$ref": "#/components/schemas/OneShot"});
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if let Access::Token(scopes) = route.access {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        operation["security"] = json!([{"token": scopes}]);
    }
    operation
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
        Content::JobList => ("application/json", schema("JobList")),
        Content::Error if status == 403 => ("application/json", schema("Forbidden")),
        Content::Error if status == 422 => ("application/json", schema("InvalidJob")),
        Content::Error => ("application/json", schema("Error")),
    };
    json!({"description": description, "content": {media: {"schema": schema}}})
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use job_model::{
        Api, ErrorAt, Job, JobNetwork, JobResult, Language, NewFiles, NewJob, Record, Running, Timestamp, TokenName,
    };

    use super::describe;

    #[test]
    fn the_schema_of_a_job_has_the_fields_of_a_job() {
        let network = Some(JobNetwork::default());
        let (api, language, record) = (Some(Api::V25), Some(Language::Ts), Some(Record::Always));
        let (timeout, max_attempts, ignore_https_errors) = (Some(1), Some(1), Some(true));
        let files = NewFiles { auto: true, ..NewFiles::default() };
        let new = NewJob {
            timeout,
            max_attempts,
            network,
            api,
            language,
            ignore_https_errors,
            record,
            files,
            ..NewJob::default()
        };
        let mut job = Job::create(new, Timestamp::now()).unwrap();
        let error_at = Some(ErrorAt { module: "code".to_owned(), line: 1, column: 1 });
        let (attempt, error_stack) = (Some(1), Some("x".to_owned()));
        let failed = JobResult::not_started(job.uuid.clone(), "x");
        job.finish(JobResult { attempt, error_at, error_stack, ..failed }).unwrap();
        job.running = Some(Running { since: Timestamp::now(), executor: "e".to_owned(), attempt: 1 });
        job.rerun_of = Some(job.uuid.clone());
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
