//! Jobs that begin at a time of their own, and jobs that end when nobody began them in time.

use std::time::Duration;

use job_model::{
    Job, JobEvent, JobEventKind, JobId, JobStage, JobStatus, NewJob, Outcome, Running as RunningSince, Timestamp,
    WaitsFor,
};
use job_queue::{Queue, Topic};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Backend, Running, answer, on_every_backend, settings};
use crate::sweeping::{take_job, take_message};

on_every_backend!(
    a_delayed_job_is_published_once_at_its_time_whoever_is_there,
    a_delayed_job_can_be_cancelled_deleted_and_run_again,
    a_job_expires_that_nobody_began_in_time,
);

async fn a_delayed_job_is_published_once_at_its_time_whoever_is_there(backend: Backend) {
    // A gateway that died has stored it, a minute ago.
    let run_at = Timestamp::now().after(Duration::from_millis(2500));
    let long_ago = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 60_000).unwrap();
    let left = Job::create(NewJob { run_at, ..NewJob::default() }, long_ago).unwrap();
    backend.parts.store.insert(&left).await.unwrap();
    let mut gateways = Vec::new();
    for _ in 0..3 {
        gateways.push(Running::start(&backend.parts, settings()).await);
    }
    let (status, made) = gateways[0].post("/jobs", &json!({"code": "1", "delay": 2})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let shown: Job = serde_json::from_value(made["data"].clone()).unwrap();
    assert_eq!((shown.waits_for, shown.wake_at, shown.dispatch), (Some(WaitsFor::Time), None, None));
    assert!(shown.run_at.is_some());
    let far = gateways[0].create(&json!({"run_at": "2999-01-01T00:00:00Z"})).await;
    let listed = gateways[1].get("/jobs?status=created&view=summary").await.1;
    assert_eq!((&listed["data"][0]["uuid"], &listed["data"][0]["waits_for"]), (&json!(far), &json!("time")));
    for run_at in [shown.run_at, left.run_at] {
        let message = take_message(&backend).await;
        let job: Value = serde_json::from_slice(&message.body).unwrap();
        let queued_at = Timestamp::parse(&message.headers["x-puppet-master-queued-at"]).unwrap();
        let id = JobId::parse(job["uuid"].as_str().unwrap()).unwrap();
        assert!(
            queued_at >= [shown.run_at, left.run_at].into_iter().flatten().min().unwrap(),
            "{run_at:?} {queued_at}"
        );
        assert_eq!((job.get("wake_at"), job.get("waits_for")), (None, None));
        let job = gateways[2].job_when(&id, |job| job.status == JobStatus::Queued).await;
        assert_eq!(job.waits_for, None);
    }
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0, "each is published once");
    for gateway in gateways {
        gateway.stop().await;
    }
}

async fn a_delayed_job_can_be_cancelled_deleted_and_run_again(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let later = json!({"code": "1", "run_at": "2999-01-01T00:00:00Z", "timeout": 7});
    let (cancelled, deleted) = (gateway.create(&later).await, gateway.create(&later).await);
    let (status, body) = gateway.post(&format!("/jobs/{cancelled}/cancel"), &json!({})).await;
    assert_eq!((status, &body["data"]["outcome"]), (StatusCode::OK, &json!("cancelled")));
    assert_eq!(body["data"].get("waits_for"), None);
    let (status, _) = answer(gateway.request(Method::DELETE, &format!("/jobs/{deleted}"))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, again) = gateway.post(&format!("/jobs/{cancelled}/rerun"), &json!({})).await;
    assert_eq!((status, again["data"].get("run_at")), (StatusCode::CREATED, None), "it runs now");
    let message = take_job(&backend).await;
    assert_eq!((message.uuid.as_str(), message.timeout), (again["data"]["uuid"].as_str().unwrap(), Some(7)));
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0);
    gateway.stop().await;
}

async fn a_job_expires_that_nobody_began_in_time(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let soon = Timestamp::now().after(Duration::from_secs(4));
    let (begun, late) =
        (gateway.create(&json!({"expires_at": soon})).await, gateway.create(&json!({"expires_at": soon})).await);
    for _ in 0..2 {
        let message = take_job(&backend).await;
        assert_eq!(message.expires_at, soon, "the executor is told");
        if message.uuid == begun {
            let running = RunningSince { since: Timestamp::now(), executor: "e".to_owned(), attempt: 1 };
            let what = JobEventKind::Status { status: JobStage::Running, running: Some(running) };
            let event = JobEvent { uuid: message.uuid, instance: message.instance, seq: 0, what };
            backend.parts.queue.broadcast(Topic::JobEvents, serde_json::to_vec(&event).unwrap());
        }
    }
    let job = gateway.done(&late).await;
    assert_eq!((job.outcome, job.attempt, job.started_at), (Some(Outcome::Expired), Some(0), None));
    assert_eq!(job.error, format!("expired: no executor had begun the job by {}", soon.unwrap()));
    assert_eq!(gateway.get("/jobs?state=expired").await.1["meta"]["total"], 1);
    let job = gateway.job_when(&begun, |job| job.running.is_some()).await;
    assert_ne!(job.status, JobStatus::Done, "it was begun in time");
    gateway.stop().await;
}
