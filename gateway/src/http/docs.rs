//! The API's description as a page to read, made from the same table of routes. It needs no scripts and no network.

use std::fmt::Write;
use std::sync::Arc;

use axum::Extension;
use axum::extract::Request;
use axum::response::Html;
use serde_json::Value;

use super::list::origin;
use super::route::{About, Access};
use super::schemas::schemas;

const STYLE: &str = include_str!("docs.css");

/// What the stream of a job carries: event, data, meaning.
const EVENTS: [(&str, &str, &str); 4] = [
    ("status", r#"{"status":"running"}"#, "it is created, queued, running, retrying or done"),
    ("log", r#"{"time":"…","level":"INFO","message":"…"}"#, "the job has logged a line"),
    ("result", r#"{"uuid":"…","status":"done",…}"#, "the job with its result; the stream ends"),
    ("deleted", r#"{"uuid":"…"}"#, "somebody has deleted the job; the stream ends"),
];

/// `GET /docs`.
pub(crate) async fn page(Extension(routes): Extension<Arc<[About]>>, request: Request) -> Html<String> {
    let base = origin(request.uri(), request.headers()).unwrap_or_else(|| "http://localhost:3000".to_owned());
    Html(readable(&routes, &base))
}

pub(super) fn readable(routes: &[About], base: &str) -> String {
    let mut html = format!(
        concat!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">",
            "<title>puppet-master gateway</title><link rel=icon href=\"data:,\"><style>{style}</style><main><h1>puppet-master gateway</h1>",
            "<p>Runs JavaScript written against Puppeteer\u{2019}s <code>page</code> in headless Chromium and keeps its results ",
            "and its log. The same description for machines: <a href=openapi.json>openapi.json</a>.</p>",
            "<pre tabindex=0>curl -H 'Authorization: Bearer TOKEN' '{base}/jobs?wait=30' \\\n  -d '{{\"code\": \"await page.goto(vars.url); ",
            "results.title = await page.title()\",\n       \"vars\": {{\"url\": \"https://example.org/\"}}}}'</pre>",
            "<p>Routes marked with scopes, as <b class=token>jobs:read</b>, need the header ",
            "<code>Authorization: Bearer TOKEN</code>. A token without a name may do everything, and one of TOKENS_FILE what ",
            "its scopes say, with its own jobs or, by <code>jobs:all</code>, with everybody\u{2019}s. ",
            "Answers are JSON: a job comes as <code>{{\"data\": job}}</code>, a failure as ",
            "<code>{{\"error\": \"what failed\", \"message\": \"why\"}}</code>.</p>",
        ),
        style = STYLE,
        base = base,
    );
    html.push_str("<h2>Routes</h2>");
    for route in routes {
        push_route(&mut html, route);
    }
    let schemas = schemas();
    html.push_str("<h2>A new job</h2><p>All fields may be absent. Unknown ones are ignored.</p>");
    push_fields(&mut html, &schemas["NewJob"]);
    html.push_str("<h2>A job</h2>");
    push_fields(&mut html, &schemas["Job"]);
    html.push_str("<h2>Events of a job</h2><p>Server-Sent Events. An event\u{2019}s id is the number of log lines so far.</p><table>");
    for (name, data, meaning) in EVENTS {
        let _ = write!(html, "<tr><th>{name}<td><code>{data}</code><td>{meaning}");
    }
    html.push_str("</table></main>");
    html
}

fn push_route(html: &mut String, route: &About) {
    let token = match route.access {
        Access::Open => String::new(),
        Access::Token(scopes) => scopes.iter().map(|scope| format!("<b class=token>{scope}</b>")).collect(),
    };
    let (method, path) = (&route.method, route.shown_path());
    let _ =
        write!(html, "<section><h3><b class={method}>{method}</b> {path}{token}</h3><p>{}</p><table>", route.summary);
    if route.takes_job() {
        html.push_str("<tr><th>body<td>a new job, see below");
    }
    for (name, meaning) in &route.query {
        let _ = write!(html, "<tr><th>?{name}=<td>{meaning}");
    }
    for (name, meaning) in &route.headers {
        let _ = write!(html, "<tr><th>{name}:<td>{meaning}");
    }
    for (status, content) in &route.answers {
        let _ = write!(html, "<tr><th>{status}<td>{}", route.meaning(*status, *content));
    }
    html.push_str("</table></section>");
}

fn push_fields(html: &mut String, schema: &Value) {
    html.push_str("<table>");
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let kind = match (&field["type"], &field["additionalProperties"]) {
            (_, Value::Object(_)) => "object of strings".to_owned(),
            (Value::String(kind), _) => kind.clone(),
            (Value::Array(kinds), _) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            _ => "string".to_owned(),
        };
        let meaning = field["description"].as_str().unwrap_or_default();
        let _ = write!(html, "<tr><th>{name}<td class=kind>{kind}<td>{meaning}");
    }
    html.push_str("</table>");
}
