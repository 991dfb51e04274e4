//! The executor's own HTTP port: whether it lives, can work, and what it counts.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use job_queue::JobQueue;
use serde_json::{Map, Value};
use service::Chain;
use service::http_server::{Door, HttpServer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::memory;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::safeguards::Safeguards;
use crate::slots::SlotPool;

/// The longest time for asking the broker.
const DEADLINE: Duration = Duration::from_secs(2);

/// Whoever asks for more than that is not looking after an executor.
const DOOR: Door =
    Door { header_timeout: Duration::from_secs(10), idle_timeout: Duration::from_secs(120), most_connections: 64 };

/// What the answers are made of.
pub(crate) struct Status {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) slots: Arc<SlotPool>,
    pub(crate) network: Arc<Network>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) safeguards: Safeguards,
    pub(crate) stop: CancellationToken,
}

impl Status {
    /// Answers for ever.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let routes = Router::new()
            .route("/livez", get(alive))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::new(self));
        let (app, checks) = (routes.clone(), routes);
        let server = HttpServer { app, checks, door: DOOR, told: Arc::new(|_| {}) };
        // It answers to the very end: whoever drops this ends it.
        server.serve(listener, CancellationToken::new()).await;
    }
}

/// `ok`: the process answers.
async fn alive() -> &'static str {
    "ok"
}

/// Whether jobs can come and be run, what is missing, and which safeguards this system does not have.
async fn ready(State(status): State<Arc<Status>>) -> Response {
    let mut missing = Map::new();
    match tokio::time::timeout(DEADLINE, status.queue.ping()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => drop(missing.insert("queue".to_owned(), Chain(&error).to_string().into())),
        Err(_) => drop(missing.insert("queue".to_owned(), "no answer in time".into())),
    }
    if status.slots.serving() == 0 {
        missing.insert("browser".to_owned(), "no slot has started".into());
    }
    if status.stop.is_cancelled() {
        missing.insert("process".to_owned(), "it is stopping".into());
    }
    let code = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(readiness(missing, status.safeguards.absent()))).into_response()
}

/// `without` is there when a safeguard is not: jobs run nevertheless.
fn readiness(missing: Map<String, Value>, without: Map<String, Value>) -> Value {
    let mut answer = serde_json::json!({"ready": missing.is_empty(), "missing": missing});
    if !without.is_empty() {
        answer["without"] = without.into();
    }
    answer
}

/// Everything that is counted, in the form that is asked for.
async fn metrics(State(status): State<Arc<Status>>, headers: HeaderMap) -> Response {
    status.metrics.set_slots(status.slots.serving(), status.slots.busy());
    status.metrics.set_network(&status.network.counters());
    let run_dir = status.slots.run_dir().to_owned();
    // Reads hundreds of files of /proc.
    if let Ok(memory) = tokio::task::spawn_blocking(move || memory::of_tree(&run_dir)).await {
        for (part, bytes) in [("executor", memory.executor), ("slots", memory.slots), ("browsers", memory.browsers)] {
            status.metrics.set_memory(part, bytes);
        }
    }
    let (form, text) = status.metrics.answer(headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()));
    ([(CONTENT_TYPE, form)], text).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::readiness;

    #[test]
    fn a_safeguard_that_is_not_there_is_told() {
        assert_eq!(readiness(Map::new(), Map::new()).to_string(), r#"{"ready":true,"missing":{}}"#);
        let without = Map::from_iter([("landlock".to_owned(), Value::from("the kernel has none"))]);
        let told = r#"{"ready":true,"missing":{},"without":{"landlock":"the kernel has none"}}"#;
        assert_eq!(readiness(Map::new(), without).to_string(), told);
    }
}
