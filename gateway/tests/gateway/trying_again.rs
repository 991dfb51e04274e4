//! Jobs that are tried again after a failure.

use std::num::NonZeroU16;

use job_model::{Job, JobId, JobResult, JobStatus, Outcome, WaitsFor};
use job_queue::Queue;
use reqwest::Method;
use serde_json::{Value, json};

use crate::executors::result_of;
use crate::running::{Backend, Running, on_every_backend, result, settings, within};
use crate::sweeping::{take_job, take_of};

on_every_backend!(
    a_job_that_fails_is_tried_again_and_keeps_what_went_before,
    a_late_copy_of_an_earlier_result_ends_no_later_try,
    a_job_that_waits_for_its_next_try_can_be_cancelled,
    tries_that_fail_do_not_keep_other_jobs_from_the_queue,
    tries_after_a_failure_let_first_tries_pass,
);

async fn fail(gateway: &Running, job: &Job, error: &str, crashed: bool) {
    let failed = JobResult { error: Some(error.to_owned()), outcome: Some(Outcome::Failed), crashed, ..result_of(job) };
    gateway.send_result(serde_json::to_vec(&failed).unwrap()).await;
}

fn retry(times: u32, first: &str) -> Value {
    json!({"code": "1", "retry": {"times": times, "backoff": {"first": first, "factor": 1}, "on": ["error", "crash"]}})
}

/// The next try after one that failed: the queue of the next lower priority carries it.
async fn take_repetition(backend: &Backend) -> Job {
    serde_json::from_slice(&take_of(backend, Queue::JobsLow).await.body).unwrap()
}

async fn a_job_that_fails_is_tried_again_and_keeps_what_went_before(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&retry(2, "100ms")).await;
    let path = format!("/jobs/{id}/events");
    let stream = gateway.request(Method::GET, &path).send().await.unwrap();
    for (number, crashed) in [(1, false), (2, true)] {
        let job = if number == 1 { take_job(&backend).await } else { take_repetition(&backend).await };
        assert_eq!((&job.uuid, job.attempts.is_none()), (&id, true), "an executor has no use for them");
        fail(&gateway, &job, &format!("failure {number}"), crashed).await;
        gateway.job_when(&id, |job| job.attempts.as_ref().is_some_and(|tries| tries.len() == number)).await;
    }
    let last = take_repetition(&backend).await;
    fail(&gateway, &last, "the last one", false).await;
    let done = gateway.done(&id).await;
    assert_eq!((done.outcome, done.error.as_str()), (Some(Outcome::Failed), "the last one"));
    let tries = done.attempts.unwrap();
    let errors: Vec<_> = tries.iter().map(|attempt| (attempt.error.as_str(), attempt.outcome)).collect();
    assert_eq!(errors, [("failure 1", Outcome::Failed), ("failure 2", Outcome::Failed)]);
    let heard = within(stream.text()).await.unwrap();
    assert_eq!(heard.matches(r#""status":"retrying""#).count(), 2, "{heard}");
    let metrics = within(gateway.bare(Method::GET, "/metrics").send()).await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"puppet_master_gateway_jobs_retried_total{outcome="failed"} 2"#), "{metrics}");
    gateway.stop().await;
}

async fn a_late_copy_of_an_earlier_result_ends_no_later_try(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&retry(1, "100ms")).await;
    let first = take_job(&backend).await;
    fail(&gateway, &first, "first", false).await;
    gateway.job_when(&id, |job| job.attempts.is_some()).await;
    let second = take_repetition(&backend).await;
    assert_ne!(first.instance, second.instance);
    // A second copy of the first try's result, and one of a predecessor's executor that began before.
    fail(&gateway, &first, "a copy", false).await;
    let mut old = result(&id);
    old["started_at"] = json!("2020-01-01T00:00:00Z");
    gateway.send_result(old.to_string()).await;
    let good = JobResult { error: None, outcome: Some(Outcome::Succeeded), ..result_of(&second) };
    gateway.send_result(serde_json::to_vec(&good).unwrap()).await;
    let done = gateway.done(&id).await;
    assert_eq!((done.outcome, done.attempts.unwrap().len()), (Some(Outcome::Succeeded), 1));
    gateway.stop().await;
}

async fn a_job_that_waits_for_its_next_try_can_be_cancelled(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&retry(3, "1h")).await;
    let job = take_job(&backend).await;
    fail(&gateway, &job, "first", false).await;
    let waiting = gateway.job_when(&id, |job| job.waits_for == Some(WaitsFor::Retry)).await;
    assert_eq!((waiting.status, waiting.error.as_str(), waiting.logs), (JobStatus::Created, "", None));
    gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await;
    let done = gateway.done(&id).await;
    assert_eq!((done.outcome, done.attempts.unwrap().len()), (Some(Outcome::Cancelled), 1));
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0);
    gateway.stop().await;
}

/// A site is down: its jobs wait in the store, not in the queue.
async fn tries_that_fail_do_not_keep_other_jobs_from_the_queue(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let mut storm = Vec::new();
    for _ in 0..50 {
        storm.push(gateway.create(&retry(20, "1h")).await);
    }
    let mut consumer = backend.parts.queue.consume(Queue::Jobs, NonZeroU16::new(10).unwrap()).await.unwrap();
    for _ in 0..50 {
        let delivery = within(consumer.next()).await.unwrap();
        fail(&gateway, &serde_json::from_slice(&delivery.message.body).unwrap(), "down", false).await;
        delivery.ack().await.unwrap();
    }
    for id in &storm {
        gateway.job_when(id, |job| job.waits_for == Some(WaitsFor::Retry)).await;
    }
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0);
    let other = gateway.create(&json!({})).await;
    let delivery = within(consumer.next()).await.unwrap();
    let next: Job = serde_json::from_slice(&delivery.message.body).unwrap();
    assert_eq!(next.uuid, JobId::parse(other.as_str()).unwrap(), "nothing stands in front of it");
    gateway.stop().await;
}

async fn tries_after_a_failure_let_first_tries_pass(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    for (priority, first, then) in [
        ("high", Queue::JobsHigh, Queue::Jobs),
        ("normal", Queue::Jobs, Queue::JobsLow),
        ("low", Queue::JobsLow, Queue::JobsLow),
    ] {
        let mut body = retry(2, "10ms");
        body["priority"] = json!(priority);
        let id = gateway.create(&body).await;
        for queue in [first, then, then] {
            let job: Job = serde_json::from_slice(&take_of(&backend, queue).await.body).unwrap();
            assert_eq!((&job.uuid, job.priority.unwrap_or_default().as_str()), (&id, priority));
            fail(&gateway, &job, "down", false).await;
        }
        assert_eq!(gateway.done(&id).await.outcome, Some(Outcome::Failed));
    }
    gateway.stop().await;
}
