//! The HTTP API: the table of routes and what surrounds all of them.

pub(crate) mod auth;
pub(crate) mod body;
mod docs;
mod error;
mod events;
mod health;
mod jobs;
pub(crate) mod list;
mod openapi;
mod route;
mod schemas;
pub(crate) mod wait;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, Method};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use tracing::Instrument;

use crate::app::App;
use crate::metrics::RequestLabels;
use error::ApiError;
use route::{Access, Content, Route};

/// Every route there is.
fn routes() -> Vec<Route> {
    use Access::{Open, Token};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const WAIT: &str = "answer as soon as the job is done, or after so many seconds";
    vec![
        Route::new(POST, "/jobs", Token, post(jobs::create), "Create a job")
            .query("wait", WAIT)
            .takes_job()
            .answers(201, Content::Job)
            .fails(&[400, 401, 408, 409, 413, 422, 500, 503]),
        Route::new(GET, "/jobs", Token, get(jobs::list), "List jobs, newest first")
            .query("page", "which page, from 1")
            .query("per_page", "jobs on a page, 10 by default")
            .query("status", "only jobs in this state: created, queued or done; empty for all")
            .answers(200, Content::JobList)
            .fails(&[400, 401, 500]),
        Route::new(GET, "/jobs/{uuid}", Token, get(jobs::read), "Read a job")
            .query("wait", WAIT)
            .answers(200, Content::Job)
            .fails(&[400, 401, 404, 500]),
        Route::new(
            Method::DELETE,
            "/jobs/{uuid}",
            Token,
            delete(jobs::delete),
            "Delete a job; cancels it when under way",
        )
        .answers(204, Content::Nothing)
        .fails(&[401, 404, 500]),
        Route::new(POST, "/jobs/{uuid}/cancel", Token, post(jobs::cancel), "Cancel a job and keep it")
            .answers(200, Content::Job)
            .fails(&[401, 404, 409, 500]),
        Route::new(GET, "/jobs/{uuid}/events", Token, get(events::events), "Follow a job until its result")
            .header("Last-Event-ID", "the id of the last event that was seen: the stream goes on after it")
            .answers(200, Content::Events)
            .fails(&[401, 404, 500]),
        Route::new(GET, "/healthz", Open, get(health::alive), "Whether the process answers")
            .answers(200, Content::Text),
        Route::new(GET, "/livez", Open, get(health::alive), "Whether the process answers").answers(200, Content::Text),
        Route::new(GET, "/readyz", Open, get(health::ready), "Whether database and queue can be used")
            .answers(200, Content::Object)
            .answers(503, Content::Object),
        Route::new(GET, "/metrics", Open, get(health::metrics), "What is counted, for Prometheus")
            .answers(200, Content::Text),
        Route::new(GET, "/openapi.json", Open, get(openapi::document), "This description, as OpenAPI")
            .answers(200, Content::Object),
        Route::new(GET, "/docs", Open, get(docs::page), "This description, to read").answers(200, Content::Html),
    ]
}

/// The whole API of one gateway.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (mut open, mut guarded) = (Router::new(), Router::new());
    for route in routes() {
        match route.access {
            Access::Open => open = open.route(route.path, route.handler),
            Access::Token if app.settings.enable_api => guarded = guarded.route(route.path, route.handler),
            Access::Token => {}
        }
    }
    if app.settings.enable_api {
        open = open.merge(guarded.route_layer(middleware::from_fn_with_state(app.clone(), auth::require_token)));
    }
    let router = open
        .fallback(|| async { ApiError::NoRoute })
        .method_not_allowed_fallback(|| async { ApiError::NoMethod })
        .layer(middleware::from_fn_with_state(app.clone(), observe));
    match cors(&app) {
        Some(cors) => router.layer(cors).with_state(app),
        None => router.with_state(app),
    }
}

/// Counts a request and gives its work a span.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("http.request", http.method = method, http.route = route);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    app.metrics.request_seconds.observe(began.elapsed().as_secs_f64());
    app.metrics.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    span.in_scope(|| {
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(http.status = status, duration_ms, "request answered");
    });
    response
}

/// What browsers on other origins may do; nothing unless configured.
fn cors(app: &App) -> Option<CorsLayer> {
    let mut origins = app.settings.cors_allow_origin.clone();
    origins.retain(|origin| !origin.is_empty());
    if origins.is_empty() {
        return None;
    }
    let allowed =
        if origins.iter().any(|origin| origin == "*") { AllowOrigin::from(Any) } else { AllowOrigin::list(origins) };
    let headers = [AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("last-event-id")];
    let methods = [Method::GET, Method::POST, Method::DELETE];
    Some(CorsLayer::new().allow_origin(allowed).allow_headers(headers).allow_methods(methods))
}
