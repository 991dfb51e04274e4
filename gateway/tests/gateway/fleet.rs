//! Who is there, how the last hour went, and executors that are to take no more jobs.

use std::sync::Arc;
use std::time::Duration;

use job_model::{Heartbeat, JobControl, Outcome, Timestamp};
use job_queue::{JobQueue, Topic};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::executors::{begin, result_of, still_runs};
use crate::running::{Backend, Running, answer, on_every_backend, settings, within};

on_every_backend!(
    the_fleet_names_gateways_executors_and_what_they_run,
    the_last_hour_is_counted,
    an_executor_drains_until_it_is_told_otherwise,
);

async fn the_fleet_names_gateways_executors_and_what_they_run(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let other = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({"uuid": "runs"})).await;
    gateway.create(&json!({"uuid": "waits"})).await;
    let job = backend.parts.store.get(&id).await.unwrap().value;
    let running = begin(&backend.parts.queue, &job, "e");
    let fleet = within(async {
        loop {
            still_runs(&backend.parts.queue, &job, &running);
            let (status, answer) = gateway.get("/fleet").await;
            assert_eq!(status, StatusCode::OK);
            let fleet = answer["data"].clone();
            if fleet["gateways"].as_array().unwrap().len() == 2 && fleet["executors"][0]["busy"] == 1 {
                return fleet;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let this = fleet["gateways"].as_array().unwrap().iter().filter(|gateway| gateway["this"] == true).count();
    assert_eq!(this, 1);
    let executor = &fleet["executors"][0];
    assert_eq!((&executor["name"], &executor["slots"], &executor["draining"]), (&json!("e"), &json!(2), &json!(false)));
    assert_eq!((&executor["jobs"][0]["uuid"], &executor["jobs"][0]["attempt"]), (&json!("runs"), &json!(1)));
    assert!(executor["jobs"][0]["since"].is_string());
    assert!(fleet["queue"]["depth"].is_u64(), "{fleet}");
    other.stop().await;
    gateway.stop().await;
}

async fn the_last_hour_is_counted(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    for outcome in [Outcome::Succeeded, Outcome::Succeeded, Outcome::Failed] {
        let id = gateway.create(&json!({})).await;
        let job = backend.parts.store.get(&id).await.unwrap().value;
        let error = (outcome == Outcome::Failed).then(|| "why".to_owned());
        let result = job_model::JobResult { outcome: Some(outcome), error, duration: 120, ..result_of(&job) };
        gateway.send_result(serde_json::to_vec(&result).unwrap()).await;
        gateway.done(&id).await;
    }
    gateway.create(&json!({})).await;
    let (status, answer) = gateway.get("/stats").await;
    let (jobs, here) = (&answer["data"]["jobs"], &answer["data"]["this_gateway"]);
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&jobs["succeeded"], &jobs["failed"], &jobs["waiting"]), (&json!(2), &json!(1), &json!(1)));
    let sum = |list: &serde_json::Value| list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum(&here["created_per_minute"]), sum(&here["ended_per_minute"])), (4, 3));
    assert_eq!((&here["duration_ms"]["max"], &here["duration_ms"]["mean"]), (&json!(120), &json!(120)));
    gateway.stop().await;
}

/// An executor that only says who it is, and does what it is told.
async fn obey(queue: Arc<dyn JobQueue>, name: &'static str) -> JoinHandle<()> {
    let mut orders = queue.subscribe(Topic::JobControl).await.unwrap();
    tokio::spawn(async move {
        let (started_at, mut draining) = (Timestamp::now(), false);
        loop {
            let beat = Heartbeat {
                executor: name.to_owned(),
                started_at,
                slots: 1,
                jobs: vec![],
                stopping: false,
                draining,
                without: Vec::new(),
                facts: job_model::ExecutorFacts::default(),
            };
            queue.broadcast(Topic::Heartbeats, serde_json::to_vec(&beat).unwrap());
            let heard = tokio::time::timeout(Duration::from_millis(100), orders.next()).await;
            let Ok(Ok(body)) = heard else { continue };
            let control: JobControl = serde_json::from_slice(&body).unwrap();
            if let Some(order) = control.drain.filter(|order| order.executor == name) {
                assert_eq!(control.cancel, None);
                draining = order.on;
            }
        }
    })
}

async fn an_executor_drains_until_it_is_told_otherwise(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let executor = obey(backend.parts.queue.clone(), "e-1").await;
    within(async {
        while gateway.get("/fleet").await.1["data"]["executors"].as_array().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    for (method, draining) in
        [(Method::POST, true), (Method::POST, true), (Method::DELETE, false), (Method::DELETE, false)]
    {
        let (status, body) = answer(gateway.request(method, "/fleet/executors/e-1/drain")).await;
        assert_eq!((status, &body["data"]["draining"]), (StatusCode::OK, &json!(draining)));
        assert_eq!(gateway.get("/fleet").await.1["data"]["executors"][0]["draining"], draining);
    }
    let (status, body) = answer(gateway.request(Method::POST, "/fleet/executors/nobody/drain")).await;
    assert_eq!((status, &body["error"]), (StatusCode::NOT_FOUND, &json!("Executor nobody not found")));
    executor.abort();
    gateway.stop().await;
}
