//! Whether the gateway lives, can work, and what it counts.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use job_model::{JobStatus, Timestamp};
use job_queue::Queue;
use job_store::{JobFilter, LeftoverQuery, ListQuery};
use serde_json::{Map, Value};
use service::Chain;

use crate::app::App;
use crate::metrics::StatusLabels;

/// The longest time for asking one dependency.
const DEADLINE: Duration = Duration::from_secs(2);

/// `ok`, whatever the dependencies do: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// Whether the database and the broker can be used, and which cannot.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let (store, queue) = tokio::join!(
        tokio::time::timeout(DEADLINE, app.store.ping()),
        tokio::time::timeout(DEADLINE, app.queue.ping())
    );
    let late = || Some("no answer in time".to_owned());
    let store = store.map_or_else(|_| late(), |answer| answer.err().map(|error| Chain(&error).to_string()));
    let store = store.or_else(|| app.store_health.trouble());
    let queue = queue.map_or_else(|_| late(), |answer| answer.err().map(|error| Chain(&error).to_string()));
    let mut missing = Map::new();
    for (name, problem) in [("database", store), ("queue", queue)] {
        if let Some(problem) = problem {
            missing.insert(name.to_owned(), Value::String(problem));
        }
    }
    if app.stop.is_cancelled() {
        missing.insert("process".to_owned(), Value::String("it is stopping".to_owned()));
    }
    let ready = missing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(serde_json::json!({"ready": ready, "missing": missing}))).into_response()
}

/// Everything that is counted, in the OpenMetrics text form.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    // What cannot be asked now keeps its last value: a scrape must not fail with the thing it watches.
    let _ = tokio::time::timeout(DEADLINE, sample(&app)).await;
    let form = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(CONTENT_TYPE, form)], app.metrics.text()).into_response()
}

async fn sample(app: &App) {
    if let Ok(depth) = app.queue.depth(Queue::Jobs).await {
        app.metrics.queue_depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }
    for status in JobStatus::ALL {
        if let Ok(page) = app
            .store
            .list(ListQuery { filter: JobFilter { status: Some(status), ..JobFilter::ALL }, skip: 0, limit: 0 })
            .await
        {
            let labels = StatusLabels { status: status.as_str() };
            app.metrics.jobs.get_or_create(&labels).set(i64::try_from(page.total).unwrap_or(i64::MAX));
        }
    }
    let now = Timestamp::now();
    let oldest =
        LeftoverQuery { status: JobStatus::Queued, created_from: None, created_until: now, after: None, limit: 1 };
    if let Ok(found) = app.store.leftovers(oldest).await {
        let age = found.first().map_or(0, |job| now.unix_millis() - job.value.created_at.unix_millis());
        app.metrics.oldest_queued_seconds.set(age / 1000);
    }
}
