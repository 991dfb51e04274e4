//! A job's way through the queue and back, as executors see it.

use std::num::NonZeroU16;

use job_model::{Job, JobStatus};
use job_queue::{Consumer, Delivery, Queue, Topic};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::cancelling::next_order;
use crate::running::{Backend, Running, answer, on_every_backend, result, settings, within};

on_every_backend!(
    a_job_is_published_as_the_predecessor_did_and_marked_queued,
    the_first_valid_result_stays_and_nothing_stalls,
    odd_results_of_the_predecessor_are_read,
    a_result_that_does_not_fit_ends_the_job_with_an_error,
    cancelling_keeps_the_job_and_stops_the_executor,
    deleting_a_job_under_way_stops_the_executor_and_drops_its_result,
);

/// The next job on the queue, with the consumer that it is unsettled on.
async fn next_job(gateway: &Running) -> (Box<dyn Consumer>, Delivery) {
    let mut consumer = gateway.parts.queue.consume(Queue::Jobs, NonZeroU16::MIN).await.unwrap();
    let delivery = within(consumer.next()).await.unwrap();
    (consumer, delivery)
}

async fn a_job_is_published_as_the_predecessor_did_and_marked_queued(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway
        .create(&json!({"code": "results.ok = 1;", "vars": {"b": "2", "a": "1"}, "modules": {"m": "<&>"}}))
        .await;
    let (_consumer, delivery) = next_job(&gateway).await;
    let message: Value = serde_json::from_slice(&delivery.message.body).unwrap();
    let keys: Vec<_> = message.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["uuid", "code", "status", "vars", "modules", "error", "logs", "results", "created_at", "started_at"];
    assert_eq!(keys[..10], expected);
    assert_eq!((&message["uuid"], &message["status"]), (&json!(id), &json!("created")));
    assert_eq!((&message["vars"], &message["modules"]), (&json!({"a": "1", "b": "2"}), &json!({"m": "<&>"})));
    let job = gateway.job_when(&id, |job| job.status == JobStatus::Queued).await;
    assert_eq!(job.dispatch, None, "the gateways' memory stays theirs");
    delivery.ack().await.unwrap();
    gateway.stop().await;
}

async fn the_first_valid_result_stays_and_nothing_stalls(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let (first, last) = (gateway.create(&json!({})).await, gateway.create(&json!({})).await);
    let with = |field: &str, value: Value| {
        let mut body = result(&first);
        body[field] = value;
        body.to_string()
    };
    let malformed = [
        String::new(),
        "{\"uuid\":".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[\"{first}\"]"),
        "{\"logs\":[]}".to_owned(),
        with("uuid", json!("_all_docs")),
        with("uuid", json!("")),
        with("uuid", json!(7)),
        with("started_at", json!("yesterday")),
        with("results", json!([1])),
        format!("{} garbage", result(&first)),
    ];
    for body in malformed {
        gateway.send_result(body).await;
    }
    gateway.send_result(with("uuid", json!("nobody"))).await;
    gateway.send_result(result(&first).to_string()).await;
    let job = gateway.done(&first).await;
    assert_eq!((job.error.as_str(), job.duration), ("", 1998));

    gateway.send_result(with("error", json!("late"))).await;
    gateway.send_result(result(&last).to_string()).await;
    gateway.done(&last).await;
    gateway.stop().await;
    let stored = backend.parts.store.get(&first).await.unwrap().value;
    assert_eq!(stored.published(), job, "a late result changes nothing");
    assert_eq!(backend.parts.queue.depth(Queue::JobResults).await.unwrap(), 0, "nothing is left on the queue");
}

/// What a job must be afterwards.
type Holds = fn(&Job) -> bool;

/// Messages recorded from the predecessor's executor, and what its gateway made of them.
async fn odd_results_of_the_predecessor_are_read(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let odd: [(Value, Holds); 6] = [
        (json!({"results": {}}), |job| job.error.is_empty() && job.started_at.is_none()),
        (json!({}), |job| job.error.is_empty() && job.duration == 0),
        (
            json!({"logs": null, "error": "x", "results": null, "started_at": null, "finished_at": null, "duration": 0}),
            |job| job.error == "x",
        ),
        (json!({"duration": 1.5, "started_at": "2120-01-01T10:00:00.999+05:30"}), |job| {
            job.started_at.is_some_and(|time| time.to_whole_seconds() == "2120-01-01T04:30:00Z")
        }),
        (json!({"status": "created", "code": "hacked", "error": null}), |job| job.code == "c" && job.error.is_empty()),
        (json!({"logs": [{"time": "2020-01-01T10:00:00.123Z", "level": "WARN", "message": "hi", "more": 1}]}), |job| {
            job.logs.as_ref().is_some_and(|logs| logs[0].time.to_string() == "2020-01-01T10:00:00.123Z")
        }),
    ];
    for (mut body, holds) in odd {
        let id = gateway.create(&json!({"code": "c"})).await;
        body["uuid"] = json!(id);
        gateway.send_result(body.to_string()).await;
        let job = gateway.done(&id).await;
        assert!(holds(&job), "{body} became {job:?}");
    }
    gateway.stop().await;
}

async fn a_result_that_does_not_fit_ends_the_job_with_an_error(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let mut body = result(&id);
    body["results"] = json!({"big": "x".repeat(9_000_000)});
    gateway.send_result(body.to_string()).await;
    let job = gateway.done(&id).await;
    assert!(job.error.contains("larger than the database takes"), "{}", job.error);
    assert_eq!((job.duration, job.results.unwrap().len()), (1998, 0));
    gateway.stop().await;
}

async fn cancelling_keeps_the_job_and_stops_the_executor(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let mut orders = backend.parts.queue.subscribe(Topic::JobControl).await.unwrap();
    for _ in 0..2 {
        let (status, body) = gateway.post(&format!("/jobs/{id}/cancel"), &json!({})).await;
        assert_eq!((status, &body["data"]["error"]), (StatusCode::OK, &json!("cancelled")), "{body}");
        assert_eq!(body["data"]["status"], "done");
    }
    assert_eq!(next_order(orders.as_mut()).await.cancel, Some(id.clone()));

    let done = gateway.create(&json!({})).await;
    gateway.send_result(result(&done).to_string()).await;
    gateway.done(&done).await;
    let (status, body) = gateway.post(&format!("/jobs/{done}/cancel"), &json!({})).await;
    assert_eq!((status, &body["error"]), (StatusCode::CONFLICT, &json!(format!("Job {done} is done"))));
    assert_eq!(gateway.post("/jobs/nobody/cancel", &json!({})).await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}

async fn deleting_a_job_under_way_stops_the_executor_and_drops_its_result(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let (id, other) = (gateway.create(&json!({})).await, gateway.create(&json!({})).await);
    let mut orders = backend.parts.queue.subscribe(Topic::JobControl).await.unwrap();
    let (status, _) = answer(gateway.request(Method::DELETE, &format!("/jobs/{id}"))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(next_order(orders.as_mut()).await.cancel, Some(id.clone()));
    gateway.send_result(result(&id).to_string()).await;
    gateway.send_result(result(&other).to_string()).await;
    gateway.done(&other).await;
    assert_eq!(gateway.get(&format!("/jobs/{id}")).await.0, StatusCode::NOT_FOUND);
    gateway.stop().await;
}
