//! Jobs that go before others: their queues, and when they count as lost.

use gateway::Scope;
use job_model::{Job, JobControl, JobStatus};
use job_queue::{Queue, Topic};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::running::{Backend, Running, answer, named, on_every_backend, settings, token_file, with_file, within};
use crate::sweeping::{quick_loss, take_of};

on_every_backend!(
    each_priority_has_a_queue_of_its_own_and_the_old_one_is_as_it_was,
    a_lost_job_is_found_by_how_far_its_own_queue_has_come,
);

async fn each_priority_has_a_queue_of_its_own_and_the_old_one_is_as_it_was(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let mut orders = backend.parts.queue.subscribe(Topic::JobControl).await.unwrap();
    for (priority, queue) in [("high", Queue::JobsHigh), ("normal", Queue::Jobs), ("low", Queue::JobsLow)] {
        let id = gateway.create(&json!({"code": "1", "priority": priority})).await;
        let job: Job = serde_json::from_slice(&take_of(&backend, queue).await.body).unwrap();
        assert_eq!(job.uuid, id);
        gateway.job_when(&id, |job| job.status == JobStatus::Queued).await;
    }
    let id = gateway.create(&json!({"code": "1"})).await;
    let message = take_of(&backend, Queue::Jobs).await;
    assert!(!String::from_utf8(message.body).unwrap().contains("priority"), "as ever");
    gateway.job_when(&id, |job| job.priority.is_none()).await;
    // Executors hear of jobs that they have to look for.
    let told = async {
        loop {
            let order: JobControl = serde_json::from_slice(&orders.next().await.unwrap()).unwrap();
            if order.published {
                return;
            }
        }
    };
    within(told).await;
    let (status, refused) = gateway.post("/jobs", &json!({"priority": 1})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    gateway.stop().await;
}

async fn a_lost_job_is_found_by_how_far_its_own_queue_has_come(backend: Backend) {
    let gateway = Running::start(&backend.parts, quick_loss()).await;
    let high = gateway.create(&json!({"priority": "high"})).await;
    let normal = gateway.create(&json!({})).await;
    gateway.job_when(&high, |job| job.status == JobStatus::Queued).await;
    gateway.job_when(&normal, |job| job.status == JobStatus::Queued).await;
    // One disappears; the other waits in its queue, which has come no further.
    drop(take_of(&backend, Queue::JobsHigh).await);
    let again = take_of(&backend, Queue::JobsHigh).await;
    assert_eq!(again.headers["x-puppet-master-ask"], "1");
    let job: Job = serde_json::from_slice(&again.body).unwrap();
    assert_eq!(job.uuid, high);
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 1, "nobody has put it there again");
    let first: Job = serde_json::from_slice(&take_of(&backend, Queue::Jobs).await.body).unwrap();
    assert_eq!(first.uuid, normal);
    gateway.stop().await;
}

#[tokio::test]
async fn a_token_gives_no_higher_priority_than_it_may() {
    let backend = Backend::embedded();
    let alice = named("alice", &[Scope::JobsCreate, Scope::JobsRead]);
    let bob = named("bob", &[Scope::JobsCreate, Scope::JobsRead]);
    let file = token_file(&[(&alice, "max_priority = \"low\"\n"), (&bob, "")]);
    let gateway = Running::start(&backend.parts, with_file(&file, settings())).await;
    let post = async |token, body| answer(gateway.request_as(token, Method::POST, "/jobs").json(&body)).await;
    let (status, refused) = post(&alice, json!({"priority": "normal"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = refused["errors"]["priority"][0].as_str().unwrap();
    assert_eq!(reason, "The priority may be low at most: max_priority of the token alice says so.");
    assert_eq!(post(&alice, json!({})).await.0, StatusCode::CREATED);
    take_of(&backend, Queue::JobsLow).await;
    assert_eq!(post(&bob, json!({"priority": "high"})).await.0, StatusCode::CREATED);
    take_of(&backend, Queue::JobsHigh).await;
    gateway.stop().await;
}
