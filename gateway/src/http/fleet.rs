//! Who is there and what they do: the fleet, its statistics, and executors that are to take no more jobs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use job_model::{JobState, Timestamp};
use job_store::{JobFilter, ListQuery};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::audit;
use super::caller::Caller;
use super::error::ApiError;
use super::health::oldest_queued;
use super::lookup::within;
use crate::app::App;
use crate::clock::{self, Millis};
use crate::tasks::queue_sampler;

/// How long an executor has for saying that it heard an order.
const EXECUTOR_ANSWERS: Duration = Duration::from_secs(10);
/// Time between two looks at what it says.
const LOOK: Duration = Duration::from_millis(100);
/// Time after which the order is given once more: it may have been lost.
const ORDER_AGAIN: Duration = Duration::from_secs(1);
/// What the statistics are about.
const HOUR: Millis = 60 * 60 * 1000;

/// `GET /fleet`.
pub(crate) async fn fleet(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let now = clock::now();
    let depth = tokio::time::timeout(app.settings.request_timeout, queue_sampler::depth(&app)).await;
    let moment = Timestamp::from_unix_millis(now).unwrap_or_else(Timestamp::now);
    let oldest = within(&app, "Failed to look for the oldest job", oldest_queued(&app, moment)).await?;
    let age = oldest.map(|created_at| ((now - created_at.unix_millis()) / 1000).max(0));
    Ok(Json(json!({"data": {
        "gateways": app.roster.gateways(app.orders.gateway(), &app.settings.changed, now),
        "executors": app.roster.executors(now),
        // Null where the broker cannot be asked now.
        "queue": {"depth": depth.ok().and_then(Result::ok), "oldest_seconds": age},
    }})))
}

/// `GET /stats`.
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let now = clock::now();
    let since = Timestamp::from_unix_millis(now - HOUR);
    let mut jobs = Map::new();
    for state in JobState::ALL {
        let filter = JobFilter { state: Some(state), created_from: since, ..JobFilter::ALL };
        let counted = app.store.list(ListQuery { filter, skip: 0, limit: 0 });
        let total = within(&app, "Failed to count the jobs", counted).await?.total;
        jobs.insert(state.as_str().to_owned(), total.into());
    }
    let until = Timestamp::from_unix_millis(now);
    let this_gateway = app.last_hour.read(now);
    Ok(Json(json!({"data": {"since": since, "until": until, "jobs": jobs, "this_gateway": this_gateway}})))
}

/// `POST /fleet/executors/{name}/drain`: it finishes its jobs and takes no more.
pub(crate) async fn drain(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    order(&app, &caller, name, true).await
}

/// `DELETE /fleet/executors/{name}/drain`: it takes jobs again.
pub(crate) async fn undrain(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    order(&app, &caller, name, false).await
}

/// Gives the order until the executor says that it does so.
async fn order(app: &App, caller: &Caller, name: String, drains: bool) -> Result<Json<Value>, ApiError> {
    let deadline = Instant::now() + EXECUTOR_ANSWERS;
    let mut ordered: Option<Instant> = None;
    loop {
        let Some(executor) = app.roster.find(&name, clock::now()) else {
            return Err(ApiError::ExecutorNotFound { name });
        };
        if executor.draining == drains {
            if ordered.is_some() {
                audit::executor(caller, if drains { "drain" } else { "undrain" }, &name);
            }
            return Ok(Json(json!({"data": executor})));
        }
        let now = Instant::now();
        if now >= deadline || app.stop.is_cancelled() {
            return Err(ApiError::ExecutorSilent { name });
        }
        if ordered.is_none_or(|at| now - at >= ORDER_AGAIN) {
            app.orders.drain(app.queue.as_ref(), &name, drains);
            ordered = Some(now);
        }
        tokio::time::sleep(LOOK).await;
    }
}
