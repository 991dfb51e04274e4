//! Whether the gateway lives, can work, and what it counts.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use job_model::{Job, JobStatus, Timestamp};
use job_store::{JobFilter, LeftoverQuery, ListQuery, StoreError};
use serde_json::{Map, Value};
use service::Chain;

use crate::app::App;
use crate::clock;
use crate::metrics::StatusLabels;
use crate::tasks::queue_sampler;

/// Routes for operators and probes: under any host name, and also when all places for connections are taken.
pub(crate) const CHECKS: [&str; 3] = ["/healthz", "/livez", "/readyz"];
/// The route of what is counted.
pub(crate) const METRICS: &str = "/metrics";
/// The longest time for asking one dependency.
const DEADLINE: Duration = Duration::from_secs(2);

/// `ok`, whatever the dependencies do: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// Whether the database and the broker can be used, and which cannot; and what works on, but not as it was meant.
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
    let mut answer = serde_json::json!({"ready": ready, "missing": missing});
    if let Some(fault) = app.tokens.fault() {
        answer["warnings"] = serde_json::json!({"tokens": fault.to_string()});
    }
    (status, Json(answer)).into_response()
}

/// Everything that is counted, in the form that is asked for.
pub(crate) async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    // What cannot be asked now keeps its last value: a scrape must not fail with the thing it watches.
    let _ = tokio::time::timeout(DEADLINE, sample(&app)).await;
    let (form, text) = app.metrics.answer(headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()));
    ([(CONTENT_TYPE, form)], text).into_response()
}

async fn sample(app: &App) {
    if let Ok(depth) = queue_sampler::depth(app).await {
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
    if let Ok(oldest) = oldest_queued(app, now).await {
        let age = oldest.map_or(0, |created_at| now.unix_millis() - created_at.unix_millis());
        app.metrics.oldest_queued_seconds.set(age / 1000);
    }
}

/// When the oldest queued job was created. When the very oldest is one that the sweep leaves alone for its age, the jobs
/// younger than `REQUEUE_MAX_AGE` count.
pub(super) async fn oldest_queued(app: &App, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let query = |created_from| LeftoverQuery {
        status: JobStatus::Queued,
        created_from,
        created_until: now,
        after: None,
        limit: 1,
    };
    let recent = clock::before(app.settings.requeue_max_age);
    let mut found = app.store.leftovers(query(None)).await?;
    let is_left = |job: &Job| {
        job.instance.is_none() && job.dispatch.is_none() && recent.is_some_and(|recent| job.created_at < recent)
    };
    if found.first().is_some_and(|job| is_left(&job.value)) {
        found = app.store.leftovers(query(recent)).await?;
    }
    Ok(found.first().map(|job| job.value.created_at))
}
