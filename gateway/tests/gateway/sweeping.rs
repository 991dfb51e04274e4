//! What the sweep picks up, and what it leaves alone.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use gateway::Settings;
use job_model::{Job, JobId, JobStatus, NewJob, Outcome, Running as RunningSince, Timestamp};
use job_queue::{Message, Queue};
use job_store::Stored;
use serde_json::json;

use crate::running::{Backend, Running, api_only, on_every_backend, result, settings, within};

on_every_backend!(
    a_job_that_a_crash_left_created_is_published_once_by_many_gateways,
    a_job_lost_while_queued_is_published_again_and_at_last_given_up,
    a_lost_job_that_was_begun_as_often_as_it_may_is_given_up_and_another_published_again,
    jobs_of_an_api_only_gateway_are_published_by_another,
);

/// A job in the store that no living gateway knows of, created a minute ago.
async fn leave_behind(backend: &Backend, id: &str, status: JobStatus) -> Stored<Job> {
    let new = NewJob { uuid: id.to_owned(), ..NewJob::default() };
    let minute_ago = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 60_000).unwrap();
    let mut job = Job::create(new, minute_ago).unwrap();
    if status == JobStatus::Queued {
        job.mark_queued().unwrap();
    }
    let revision = backend.parts.store.insert(&job).await.unwrap();
    Stored { value: job, revision }
}

/// The next job on the queue, as its message has it.
pub(crate) async fn take_job(backend: &Backend) -> Job {
    serde_json::from_slice(&take_message(backend).await.body).unwrap()
}

pub(crate) async fn take_message(backend: &Backend) -> Message {
    let mut consumer = backend.parts.queue.consume(Queue::Jobs, NonZeroU16::MIN).await.unwrap();
    let delivery = within(consumer.next()).await.unwrap();
    let message = delivery.message.clone();
    delivery.ack().await.unwrap();
    message
}

/// The next message of one of the queues, as executors take those of another priority than normal.
pub(crate) async fn take_of(backend: &Backend, queue: Queue) -> Message {
    let taken = async {
        loop {
            if let Some((delivery, _consumer)) = backend.parts.queue.take(queue).await.unwrap() {
                let message = delivery.message.clone();
                delivery.ack().await.unwrap();
                return message;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(taken).await
}

/// Settings under which a job is lost a moment after the queue has passed it.
pub(crate) fn quick_loss() -> Settings {
    let quick = Duration::from_millis(1);
    Settings { requeue_after: Some(quick), requeue_margin: quick, ..settings() }
}

async fn a_job_that_a_crash_left_created_is_published_once_by_many_gateways(backend: Backend) {
    for number in 0..20 {
        leave_behind(&backend, &format!("left-{number}"), JobStatus::Created).await;
    }
    let mut gateways = Vec::new();
    for _ in 0..3 {
        gateways.push(Running::start(&backend.parts, settings()).await);
    }
    for number in 0..20 {
        let id = JobId::parse(format!("left-{number}")).unwrap();
        gateways[0].job_when(&id, |job| job.status == JobStatus::Queued).await;
    }
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 20);
    for gateway in gateways {
        gateway.stop().await;
    }
}

async fn a_job_lost_while_queued_is_published_again_and_at_last_given_up(backend: Backend) {
    // Nobody holds the job, and the queue is empty: that is evidence.
    let max_publishes = NonZeroU32::new(3).unwrap();
    let gateway = Running::start(&backend.parts, Settings { max_publishes, ..quick_loss() }).await;
    leave_behind(&backend, "lost", JobStatus::Queued).await;
    for attempts in [2, 3] {
        let message = take_message(&backend).await;
        assert_eq!(message.headers["x-puppet-master-ask"], "1", "another copy may be somewhere");
        let job: Job = serde_json::from_slice(&message.body).unwrap();
        assert_eq!((job.uuid.as_str(), job.dispatch), ("lost", None));
        let dispatch = backend.parts.store.get(&job.uuid).await.unwrap().value.dispatch.unwrap();
        assert_eq!(dispatch.attempts, attempts, "the predecessor's publish counts too");
    }
    let job = gateway.done(&JobId::parse("lost").unwrap()).await;
    assert_eq!(job.error, "the job was put on the queue 3 times and no result came back");
    assert_eq!((job.outcome, job.attempt), (Some(Outcome::GivenUp), Some(0)));
    gateway.stop().await;
}

async fn a_lost_job_that_was_begun_as_often_as_it_may_is_given_up_and_another_published_again(backend: Backend) {
    let minute_ago = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 60_000).unwrap();
    for (id, max_attempts) in [("spent", 1), ("again", 2)] {
        let new = NewJob { uuid: id.to_owned(), max_attempts: Some(max_attempts), ..NewJob::default() };
        let mut job = Job::create(new, minute_ago).unwrap();
        job.mark_queued().unwrap();
        // An executor began it and is gone, and its message with it.
        job.running = Some(RunningSince { since: minute_ago, executor: "gone".to_owned(), attempt: 1 });
        backend.parts.store.insert(&job).await.unwrap();
    }
    let gateway = Running::start(&backend.parts, quick_loss()).await;
    let job = gateway.done(&JobId::parse("spent").unwrap()).await;
    assert_eq!(job.error, "the job was begun 1 times and no result came back");
    assert_eq!((job.outcome, job.attempt), (Some(Outcome::GivenUp), Some(1)));
    let message = take_message(&backend).await;
    let job: Job = serde_json::from_slice(&message.body).unwrap();
    assert_eq!((job.uuid.as_str(), message.headers["x-puppet-master-attempt"].as_str()), ("again", "2"));
    gateway.stop().await;
}

async fn jobs_of_an_api_only_gateway_are_published_by_another(backend: Backend) {
    let worker = Settings { enable_api: false, sweep_interval: Duration::from_secs(3600), ..settings() };
    let worker = Running::start(&backend.parts, worker).await;
    let api = Running::start(&backend.parts, api_only()).await;
    // Whether the worker listens already is not visible from outside: an announcement may be lost, one is heard.
    let id = within(async {
        loop {
            let id = api.create(&json!({})).await;
            let queued = api.job_when(&id, |job| job.status == JobStatus::Queued);
            if tokio::time::timeout(Duration::from_secs(2), queued).await.is_ok() {
                return id;
            }
        }
    })
    .await;
    api.send_result(result(&id).to_string()).await;
    api.done(&id).await;
    api.stop().await;
    worker.stop().await;
}

#[tokio::test]
async fn jobs_that_wait_in_the_queue_are_not_published_again() {
    let backend = Backend::embedded();
    leave_behind(&backend, "waiting", JobStatus::Queued).await;
    // Something waits in the queue, and no result has shown that executors are past the job.
    backend.parts.queue.publish(Queue::Jobs, job_queue::Message::new(b"{}".to_vec())).await.unwrap();
    let gateway = Running::start(&backend.parts, quick_loss()).await;
    let left = leave_behind(&backend, "left", JobStatus::Created).await;
    gateway.job_when(&left.value.uuid, |job| job.status == JobStatus::Queued).await;
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 2, "the sweep ran and left it alone");
    gateway.stop().await;
}

/// Documents as recorded from the predecessor's gateway, left behind in its database.
#[tokio::test]
async fn a_database_of_the_predecessor_is_taken_over_as_it_is() {
    let backend = Backend::servers().await;
    let couchdb = backend.couchdb.as_ref().unwrap();
    let document = |id: &str, status: &str, vars: serde_json::Value| {
        json!({"uuid": id, "code": "", "status": status, "vars": vars, "modules": vars, "error": "", "logs": null,
            "results": null, "created_at": Timestamp::now().to_whole_seconds(), "started_at": null, "finished_at": null, "duration": 0})
    };
    let foreign = json!({"uuid": "foreign", "status": "created", "created_at": 5});
    let documents = [
        ("left", document("left", "created", serde_json::Value::Null)),
        ("queued", document("queued", "queued", json!({"a": "1"}))),
        ("foreign", foreign.clone()),
    ];
    let client = reqwest::Client::new();
    let url = |id: &str| format!("{}/jobs/{id}", couchdb.url());
    for (id, document) in &documents {
        let put = client.put(url(id)).basic_auth(&couchdb.username, Some(&couchdb.password)).json(document);
        assert!(put.send().await.unwrap().status().is_success());
    }

    let gateway = Running::start(&backend.parts, settings()).await;
    assert_eq!(take_job(&backend).await.uuid.as_str(), "left");
    for id in ["left", "queued"] {
        let id = JobId::parse(id).unwrap();
        gateway.send_result(result(&id).to_string()).await;
        assert_eq!(gateway.done(&id).await.error, "");
    }
    gateway.stop().await;
    let get = client.get(url("foreign")).basic_auth(&couchdb.username, Some(&couchdb.password));
    let untouched: serde_json::Value =
        serde_json::from_slice(&get.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert!(untouched["_rev"].as_str().unwrap().starts_with("1-"), "{untouched}");
}
