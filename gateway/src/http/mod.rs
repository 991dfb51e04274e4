//! The HTTP API: the table of routes and what surrounds all of them.

mod access_log;
mod admission;
mod audit;
pub(crate) mod auth;
mod batches;
pub(crate) mod body;
mod caller;
mod dashboard;
mod deliveries;
mod docs;
mod error;
mod events;
mod files;
mod fleet;
mod health;
mod hosts;
mod jobs;
pub(crate) mod list;
mod lists;
mod lookup;
mod named;
mod network_rules;
mod new_files;
mod one_shots;
mod openapi;
mod route;
mod routes;
mod schedules;
mod schemas;
mod scripts;
pub(crate) mod wait;
mod zip;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Extension, Router};
use service::traces::TraceContext;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use tracing::Instrument;

use self::caller::RequestId;
use crate::app::App;
use crate::job_traces::{self, RequestTrace, TRACEPARENT};
use crate::metrics::RequestLabels;
pub(crate) use admission::admit;
pub(crate) use jobs::refuse_when_full;

use error::ApiError;
use route::{About, Access, Route};

/// Names a request: the client's own, or one that is made; in every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The whole API of one gateway.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (mut open, mut guarded) = (Router::new(), Router::new());
    let mut table: Vec<About> = Vec::new();
    for Route { handler, about } in routes::routes() {
        match about.access {
            Access::Open => open = open.route(about.path, handler),
            Access::Token(scopes) if app.settings.enable_api => {
                let checked = middleware::from_fn_with_state((app.clone(), scopes), auth::require_scopes);
                guarded = guarded.route(about.path, handler.route_layer(checked));
            }
            Access::Token(_) => {}
        }
        table.push(about);
    }
    let table: Arc<[About]> = table.into();
    if app.settings.enable_api {
        open = open.merge(guarded.route_layer(middleware::from_fn_with_state(app.clone(), auth::require_token)));
        if app.settings.dashboard {
            open = open.merge(dashboard::router());
        }
    }
    let router = open
        .fallback(|| async { ApiError::NoRoute })
        .method_not_allowed_fallback(|| async { ApiError::NoMethod })
        .layer(Extension(table))
        // A stream of events is never compressed: each must arrive at once. Files have lengths and ranges of their own.
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(DefaultPredicate::new().and(not_a_file)),
        )
        .layer(middleware::from_fn_with_state(app.clone(), hosts::require_host))
        .layer(middleware::from_fn_with_state(app.clone(), observe));
    match cors(&app) {
        Some(cors) => router.layer(cors).with_state(app),
        None => router.with_state(app),
    }
}

/// Whether an answer is not a file of a job.
fn not_a_file(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<files::Verbatim>().is_none()
}

/// What is answered to connections beyond the most that there may be.
pub(crate) fn checks(app: Arc<App>) -> Router {
    let checks = routes::routes().into_iter().filter(|route| health::CHECKS.contains(&route.about.path));
    checks
        .fold(Router::new(), |router, Route { handler, about }| router.route(about.path, handler))
        .fallback(|| async { ApiError::Crowded })
        .with_state(app)
}

/// Counts a request, names it, and gives its work a span.
async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers().get(REQUEST_ID).map(HeaderValue::as_bytes));
    request.extensions_mut().insert(id.clone());
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let line = access_log::Line::of(&app, &request, method, &id, began);
    let span = tracing::info_span!("http.request", http.method = method, http.route = route, request.id = %id);
    let traced = app.job_traces.is_on().then(|| RequestTrace {
        client: request.headers().get(TRACEPARENT).and_then(|text| TraceContext::parse(text.to_str().ok()?)),
        began: SystemTime::now(),
    });
    let answering = next.run(request).instrument(span);
    let mut response = match traced {
        Some(traced) => job_traces::REQUEST.scope(traced, answering).await,
        None => answering.await,
    };
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let status = response.status().as_u16();
    app.metrics.request_seconds.observe(began.elapsed().as_secs_f64());
    app.metrics.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    if let Some(line) = line {
        line.write(&response);
    }
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
    let headers = [
        AUTHORIZATION,
        CONTENT_TYPE,
        HeaderName::from_static("last-event-id"),
        HeaderName::from_static(TRACEPARENT),
        REQUEST_ID,
    ];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_headers(headers)
            .allow_methods(methods)
            .expose_headers([REQUEST_ID, RETRY_AFTER]),
    )
}
