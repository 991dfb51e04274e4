//! What counts as a loss, and what does not.

use std::time::Duration;

use gateway::Settings;
use job_model::Timestamp;
use job_queue::Queue;
use serde_json::json;

use crate::executors::Executor;
use crate::running::{Backend, Running, on_every_backend, settings, within};

on_every_backend!(
    backlog_is_not_a_loss,
    jobs_that_waited_longer_than_requeue_after_run_once,
    a_job_that_an_executor_runs_is_never_lost,
);

const REQUEUE_AFTER: Duration = Duration::from_millis(500);

fn impatient() -> Settings {
    Settings { requeue_after: Some(REQUEUE_AFTER), requeue_margin: Duration::from_millis(1), ..settings() }
}

/// Lets several times the shortest time pass after which a job could be lost, with sweeps all the while.
async fn wait_for_sweeps() {
    let until = Timestamp::now().unix_millis() + 3_000;
    while Timestamp::now().unix_millis() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn backlog_is_not_a_loss(backend: Backend) {
    let gateway = Running::start(&backend.parts, impatient()).await;
    let mut newest = None;
    for _ in 0..20 {
        newest = Some(gateway.create(&json!({})).await);
    }
    wait_for_sweeps().await;
    let newest = newest.unwrap();
    let (status, _) = gateway.post(&format!("/jobs/{newest}/cancel"), &json!({})).await;
    assert_eq!(status, 200);
    wait_for_sweeps().await;
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 20);
    gateway.stop().await;
}

async fn jobs_that_waited_longer_than_requeue_after_run_once(backend: Backend) {
    let gateway = Running::start(&backend.parts, impatient()).await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(gateway.create(&json!({})).await);
    }
    wait_for_sweeps().await;
    let time = Duration::from_millis(200);
    let executors = ["a", "b"].map(|name| Executor::start(&backend.parts.queue, name, 2, time));
    for id in &ids {
        gateway.done(id).await;
    }
    let executions: u32 = executors.iter().map(|executor| executor.runs.lock().unwrap().values().sum::<u32>()).sum();
    assert_eq!(executions, 100);
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0);
    gateway.stop().await;
}

/// A job of 19 minutes under REQUEUE_AFTER=15m, in small.
async fn a_job_that_an_executor_runs_is_never_lost(backend: Backend) {
    let gateway = Running::start(&backend.parts, impatient()).await;
    let executors = ["a", "b"].map(|name| Executor::start(&backend.parts.queue, name, 1, 10 * REQUEUE_AFTER));
    let id = gateway.create(&json!({"max_attempts": 1})).await;
    let job = within(gateway.done(&id)).await;
    assert_eq!((job.error.as_str(), job.attempt), ("", Some(1)));
    let executions: u32 = executors.iter().map(|executor| executor.runs.lock().unwrap().values().sum::<u32>()).sum();
    assert_eq!(executions, 1);
    gateway.stop().await;
}
