//! Cancelling, and what executors are told of jobs that nobody wants.

use std::time::Duration;

use job_model::{InstanceId, Timestamp};
use job_model::{Job, JobAnswer, JobControl, JobQuestion, JobResult, JobState, JobStatus, Level, LogEntry, Outcome};
use job_queue::{Subscription, Topic};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::executors::{begin, result_of};
use crate::running::{Backend, Running, answer, on_every_backend, settings, within};

on_every_backend!(
    cancel_keeps_the_log,
    a_job_whose_executor_does_not_answer_a_cancel_is_ended_without_it,
    only_a_cancelled_job_counts_as_cancelled,
    executors_are_told_who_is_wanted_and_what_was_begun,
    orders_are_numbered_and_the_number_is_said_again,
    an_old_result_does_not_end_a_new_job_of_the_same_uuid,
);

/// The job with what answers leave out.
async fn stored(backend: &Backend, id: &job_model::JobId) -> Job {
    backend.parts.store.get(id).await.unwrap().value
}

/// Says again and again that a job runs, until the gateway knows.
async fn running(gateway: &Running, job: &Job) {
    within(async {
        loop {
            begin(&gateway.parts.queue, job, "e");
            let (_, shown) = gateway.get(&format!("/jobs/{}", job.uuid)).await;
            if shown["data"]["running"].is_object() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// The next order that is not only a number.
pub(crate) async fn next_order(orders: &mut dyn Subscription) -> JobControl {
    within(async {
        loop {
            let order: JobControl = serde_json::from_slice(&orders.next().await.unwrap()).unwrap();
            if order.cancel.is_some() {
                return order;
            }
        }
    })
    .await
}

async fn cancel_keeps_the_log(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let job = stored(&backend, &id).await;
    running(&gateway, &job).await;
    let mut orders = backend.parts.queue.subscribe(Topic::JobControl).await.unwrap();
    let executor = async {
        let order = next_order(orders.as_mut()).await;
        assert_eq!((order.cancel.as_ref(), &order.instance), (Some(&id), &job.instance));
        let line = LogEntry { time: Timestamp::now(), level: Level::Info, message: "until then".to_owned() };
        let result = JobResult {
            logs: vec![line],
            results: serde_json::from_value(json!({"half": 1})).unwrap(),
            error: Some("cancelled".to_owned()),
            outcome: Some(Outcome::Cancelled),
            duration: 1234,
            ..result_of(&job)
        };
        gateway.send_result(serde_json::to_vec(&result).unwrap()).await;
    };
    let path = format!("/jobs/{id}/cancel");
    let nothing = json!({});
    let ((status, body), ()) = tokio::join!(gateway.post(&path, &nothing), executor);
    let data = &body["data"];
    assert_eq!((status, &data["outcome"], &data["error"]), (StatusCode::OK, &json!("cancelled"), &json!("cancelled")));
    assert_eq!((&data["logs"][0]["message"], &data["results"]), (&json!("until then"), &json!({"half": 1})));
    assert_eq!((&data["duration"], data["started_at"].is_string()), (&json!(1234), true));
    assert_eq!(gateway.post(&path, &nothing).await.0, StatusCode::OK, "cancelling twice is fine");
    gateway.stop().await;
}

async fn a_job_whose_executor_does_not_answer_a_cancel_is_ended_without_it(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    running(&gateway, &stored(&backend, &id).await).await;
    let (status, body) = gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await;
    assert_eq!((status, &body["data"]["outcome"]), (StatusCode::OK, &json!("cancelled")));
    assert_eq!((&body["data"]["logs"], &body["data"]["attempt"]), (&json!([]), &json!(1)));
    gateway.stop().await;
}

async fn only_a_cancelled_job_counts_as_cancelled(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let result = JobResult { error: Some("cancelled".to_owned()), ..result_of(&stored(&backend, &id).await) };
    gateway.send_result(serde_json::to_vec(&result).unwrap()).await;
    assert_eq!(gateway.done(&id).await.outcome, Some(Outcome::Failed), "the code threw it");
    assert_eq!(gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await.0, StatusCode::CONFLICT);
    gateway.stop().await;
}

async fn ask(gateway: &Running, question: &JobQuestion) -> JobAnswer {
    let body = serde_json::to_vec(question).unwrap();
    within(async {
        loop {
            let limit = Duration::from_secs(2);
            if let Some(answer) = gateway.parts.queue.ask(body.clone(), limit).await.unwrap() {
                return serde_json::from_slice(&answer).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

async fn executors_are_told_who_is_wanted_and_what_was_begun(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let job = stored(&backend, &id).await;
    let question =
        JobQuestion { uuid: id.clone(), instance: job.instance.clone(), created_at: Some(job.created_at), attempt: 1 };
    assert!(ask(&gateway, &question).await.wanted);
    running(&gateway, &job).await;
    assert_eq!(ask(&gateway, &question).await, JobAnswer { wanted: true, begun: Some(true) });
    let later = JobQuestion { attempt: 2, ..question.clone() };
    assert_ne!(ask(&gateway, &later).await.begun, Some(true));
    let other = JobQuestion { instance: Some(InstanceId::fresh()), ..question.clone() };
    assert!(!ask(&gateway, &other).await.wanted, "another creation of the uuid");
    let predecessors = JobQuestion { instance: None, ..question.clone() };
    assert!(ask(&gateway, &predecessors).await.wanted);
    gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await;
    assert!(!ask(&gateway, &question).await.wanted, "a cancelled job");
    answer(gateway.request(Method::DELETE, &format!("/jobs/{id}"))).await;
    assert!(!ask(&gateway, &question).await.wanted, "a deleted job");
    gateway.stop().await;
}

async fn orders_are_numbered_and_the_number_is_said_again(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let mut orders = backend.parts.queue.subscribe(Topic::JobControl).await.unwrap();
    let mut next = async || -> JobControl { serde_json::from_slice(&within(orders.next()).await.unwrap()).unwrap() };
    let first = next().await;
    assert!(first.cancel.is_none() && first.gateway.is_some());
    let id = gateway.create(&json!({})).await;
    gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await;
    let mut number = first.orders;
    loop {
        let order = next().await;
        assert_eq!(order.gateway, first.gateway);
        if order.cancel.is_none() && order.orders == number + 1 {
            break; // said again after the order
        }
        assert!(order.orders >= number);
        number = if order.cancel.is_some() { order.orders - 1 } else { number };
    }
    gateway.stop().await;
}

async fn an_old_result_does_not_end_a_new_job_of_the_same_uuid(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({"uuid": "again", "code": "old"})).await;
    let old = stored(&backend, &id).await;
    answer(gateway.request(Method::DELETE, &format!("/jobs/{id}"))).await;
    gateway.create(&json!({"uuid": "again", "code": "new"})).await;
    let new = stored(&backend, &id).await;
    assert_ne!(old.instance, new.instance);

    let with = |job: &Job, who: &str| {
        let results = serde_json::from_value(json!({"of": who})).unwrap();
        serde_json::to_vec(&JobResult { results, ..result_of(job) }).unwrap()
    };
    gateway.send_result(with(&old, "old")).await;
    let mut predecessors: Value = crate::running::result(&id);
    predecessors["started_at"] = json!("2020-01-01T10:00:00.001Z");
    gateway.send_result(predecessors.to_string()).await;
    let other = gateway.create(&json!({})).await;
    gateway.send_result(with(&stored(&backend, &other).await, "other")).await;
    gateway.done(&other).await;
    assert_ne!(stored(&backend, &id).await.status, JobStatus::Done, "what came before is dropped");
    gateway.send_result(with(&new, "new")).await;
    let job = gateway.done(&id).await;
    assert_eq!(job.results.as_ref().unwrap()["of"], "new");
    assert_eq!(JobState::of(&job), JobState::Succeeded);
    gateway.stop().await;
}
