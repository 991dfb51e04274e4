//! The executor's own HTTP port: whether it lives, can work, and what it counts.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use job_queue::JobQueue;
use serde_json::Value;
use service::Chain;
use service::http_server::{Door, HttpServer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::memory;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::slot_lock::KernelLocks;
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
    pub(crate) locks: KernelLocks,
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

/// Whether jobs can come and be run, what is missing, and what a slot is locked without.
async fn ready(State(status): State<Arc<Status>>) -> Response {
    let mut missing = serde_json::Map::new();
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
    (code, Json(readiness(missing, status.locks))).into_response()
}

/// `slot_lock` is there when the kernel does not have all that locks a slot: jobs run nevertheless.
fn readiness(missing: serde_json::Map<String, Value>, locks: KernelLocks) -> Value {
    let mut answer = serde_json::json!({"ready": missing.is_empty(), "missing": missing});
    if !locks.are_whole() {
        answer["slot_lock"] = serde_json::json!(locks);
    }
    answer
}

/// Everything that is counted, in the OpenMetrics text form.
async fn metrics(State(status): State<Arc<Status>>) -> Response {
    status.metrics.set_slots(status.slots.serving(), status.slots.busy());
    status.metrics.set_network(&status.network.counters());
    let run_dir = status.slots.run_dir().to_owned();
    // Reads hundreds of files of /proc.
    if let Ok(memory) = tokio::task::spawn_blocking(move || memory::of_tree(&run_dir)).await {
        for (part, bytes) in [("executor", memory.executor), ("slots", memory.slots), ("browsers", memory.browsers)] {
            status.metrics.set_memory(part, bytes);
        }
    }
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], status.metrics.text())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::readiness;
    use crate::slot_lock::KernelLocks;

    #[test]
    fn a_kernel_that_cannot_lock_slots_is_told() {
        let whole = KernelLocks { landlock: true, seccomp: true };
        assert_eq!(readiness(Default::default(), whole).to_string(), r#"{"ready":true,"missing":{}}"#);
        let old = readiness(Default::default(), KernelLocks { landlock: false, ..whole });
        let told = r#"{"ready":true,"missing":{},"slot_lock":{"landlock":false,"seccomp":true}}"#;
        assert_eq!(old.to_string(), told);
    }
}
