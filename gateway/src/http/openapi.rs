//! The API's own description, made from the table of routes.

use std::fmt::Write;

use axum::Json;
use axum::response::Html;
use serde_json::{Map, Value, json};

use super::route::{Access, Content, Route};
use super::routes;

/// `GET /openapi.json`.
pub(crate) async fn document() -> Json<Value> {
    Json(describe(&routes()))
}

/// `GET /docs`.
pub(crate) async fn page() -> Html<String> {
    Html(readable(&routes()))
}

fn describe(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
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

fn operation(route: &Route) -> Value {
    let mut parameters = Vec::new();
    if route.path.contains("{uuid}") {
        let schema = json!({"type": "string", "maxLength": job_model::JobId::MAX_BYTES});
        parameters.push(json!({"name": "uuid", "in": "path", "required": true, "schema": schema}));
    }
    for (name, meaning) in &route.query {
        let kind = if *name == "status" { "string" } else { "integer" };
        parameters.push(json!({"name": name, "in": "query", "description": meaning, "schema": {"type": kind}}));
    }
    let mut responses = Map::new();
    for (status, content) in &route.answers {
        responses.insert(status.to_string(), response(*status, *content));
    }
    let mut operation = json!({"summary": route.summary, "parameters": parameters, "responses": responses});
    if route.takes_job {
        let schema = json!({"$ref": "#/components/schemas/NewJob"});
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if route.access == Access::Token {
        operation["security"] = json!([{"token": []}]);
    }
    operation
}

fn response(status: u16, content: Content) -> Value {
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let (media, schema) = match content {
        Content::Nothing => return json!({"description": "done"}),
        Content::Error if status == 401 => ("text/plain", json!({"type": "string", "const": "Unauthorized."})),
        Content::Text => ("text/plain", json!({"type": "string"})),
        Content::Html => ("text/html", json!({"type": "string"})),
        Content::Events => ("text/event-stream", json!({"type": "string"})),
        Content::Object => ("application/json", json!({"type": "object"})),
        Content::Job => ("application/json", json!({"type": "object", "properties": {"data": schema("Job")}})),
        Content::JobList => ("application/json", schema("JobList")),
        Content::Error if status == 422 => ("application/json", schema("InvalidJob")),
        Content::Error => ("application/json", schema("Error")),
    };
    let description = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    json!({"description": description.unwrap_or_default(), "content": {media: {"schema": schema}}})
}

/// The shapes of bodies. A test compares the job's with a job.
fn schemas() -> Value {
    let time = json!({"type": ["string", "null"], "format": "date-time"});
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let seconds = json!({"type": "integer", "minimum": 1, "description": "longest time to run, in seconds"});
    let attempts = json!({"type": "integer", "minimum": 1, "description": "executors that may begin it"});
    let log = json!({"type": "object", "properties": {
        "time": {"type": "string", "format": "date-time"},
        "level": {"enum": ["DEBUG", "INFO", "WARN", "ERROR"]},
        "message": {"type": "string"},
    }});
    let number = json!({"type": ["integer", "null"]});
    let url = json!({"type": ["string", "null"]});
    json!({
        "NewJob": {"type": "object", "properties": {
            "uuid": {"type": "string"}, "code": {"type": "string"}, "vars": texts, "modules": texts,
            "timeout": seconds, "max_attempts": attempts,
        }},
        "Job": {"type": "object", "properties": {
            "uuid": {"type": "string"}, "code": {"type": "string"},
            "status": {"enum": job_model::JobStatus::ALL.map(job_model::JobStatus::as_str)},
            "vars": texts, "modules": texts, "error": {"type": "string"},
            "logs": {"type": ["array", "null"], "items": log}, "results": {"type": ["object", "null"]},
            "created_at": {"type": "string", "format": "date-time"}, "started_at": time, "finished_at": time,
            "duration": {"type": "integer", "description": "milliseconds"},
            "timeout": seconds, "max_attempts": attempts,
        }},
        "JobList": {"type": "object", "properties": {
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
            "links": {"type": "object", "properties": {"first": url, "last": url, "prev": url, "next": url}},
            "meta": {"type": "object", "properties": {
                "current_page": number, "from": number, "last_page": number, "path": {"type": "string"},
                "per_page": number, "to": number, "total": number,
            }},
        }},
        "Error": {"type": "object", "properties": {"error": {"type": "string"}, "message": {"type": "string"}}},
        "InvalidJob": {"type": "object", "properties": {
            "error": {"type": "string"}, "message": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        }},
    })
}

/// The same as a page without scripts.
fn readable(routes: &[Route]) -> String {
    let mut html = String::from(concat!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>puppet-master gateway</title><style>",
        "body{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em}",
        "code,h2{font-family:ui-monospace,monospace}h2{font-size:1.1em;border-top:1px solid #ccc;padding-top:1em}",
        "</style><h1>puppet-master gateway</h1>",
        "<p>Send <code>Authorization: Bearer TOKEN</code> where a token is needed. ",
        "The same description for machines: <a href=openapi.json>openapi.json</a>.</p>",
    ));
    for route in routes {
        let token = if route.access == Access::Token { " · token" } else { "" };
        let _ = write!(html, "<h2>{} {}</h2><p>{}{token}</p><ul>", route.method, route.path, route.summary);
        if route.takes_job {
            html.push_str("<li>body: <code>{code, vars, modules, uuid?, timeout?, max_attempts?}</code></li>");
        }
        for (name, meaning) in &route.query {
            let _ = write!(html, "<li><code>?{name}=</code> {meaning}</li>");
        }
        let statuses: Vec<String> = route.answers.iter().map(|(status, _)| status.to_string()).collect();
        let _ = write!(html, "<li>answers {}</li></ul>", statuses.join(", "));
    }
    html
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use job_model::{Job, JobResult, NewJob, Timestamp};

    use super::{describe, readable};
    use crate::http::routes;

    #[test]
    fn the_document_holds_every_route_and_no_other() {
        let document = describe(&routes());
        let paths = document["paths"].as_object().unwrap();
        let methods = |path: &serde_json::Value| path.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let described: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| methods(item).into_iter().map(|method| (path.clone(), method)))
            .collect();
        let routes = routes();
        let table = routes.iter().map(|route| (route.path.to_owned(), route.method.as_str().to_ascii_lowercase()));
        assert_eq!(described, table.collect());
        let page = readable(&routes);
        assert!(routes.iter().all(|route| page.contains(&format!("{} {}", route.method, route.path))));
    }

    #[test]
    fn the_schema_of_a_job_has_the_fields_of_a_job() {
        let new = NewJob { timeout: Some(1), max_attempts: Some(1), ..NewJob::default() };
        let mut job = Job::create(new, Timestamp::now()).unwrap();
        job.finish(JobResult::not_started(job.uuid.clone(), "x")).unwrap();
        let job = serde_json::to_value(job.published()).unwrap();
        let document = describe(&routes());
        let schema = document["components"]["schemas"]["Job"]["properties"].as_object().unwrap();
        let keys =
            |object: &serde_json::Map<String, serde_json::Value>| object.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(schema), keys(job.as_object().unwrap()));
    }
}
