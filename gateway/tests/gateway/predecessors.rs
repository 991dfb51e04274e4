//! Beside a predecessor's gateway, and on what it left behind.

use std::time::Duration;

use gateway::Settings;
use job_model::{Job, JobId, JobStatus, NewJob, Timestamp};
use job_queue::Queue;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::executors::result_of;
use crate::running::{Backend, Running, on_every_backend, settings, within};
use crate::sweeping::{quick_loss, take_job};

on_every_backend!(
    a_job_of_2019_stays,
    wait_beside_a_foreign_gateway,
    a_job_that_somebody_else_stored_is_published_soon,
);

/// Stores a job as a predecessor's gateway does: without a note of ours.
async fn store(backend: &Backend, id: &str, created_at: Timestamp, status: JobStatus) -> JobId {
    let new = NewJob { uuid: id.to_owned(), ..NewJob::default() };
    let job = Job { instance: None, status, ..Job::create(new, created_at).unwrap() };
    backend.parts.store.insert(&job).await.unwrap();
    job.uuid
}

async fn a_job_of_2019_stays(backend: Backend) {
    let old = Timestamp::parse("2019-05-01T00:00:00Z").unwrap();
    let created = store(&backend, "created", old, JobStatus::Created).await;
    let queued = store(&backend, "queued", old, JobStatus::Queued).await;
    let gateway = Running::start(&backend.parts, quick_loss()).await;
    within(async {
        loop {
            let metrics = gateway.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
            if metrics.contains("puppet_master_gateway_jobs_left_old 2") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // A young one in the same state is taken.
    store(&backend, "young", Timestamp::now(), JobStatus::Queued).await;
    assert_eq!(take_job(&backend).await.uuid.as_str(), "young");
    for (id, status) in [(created, JobStatus::Created), (queued, JobStatus::Queued)] {
        let job = backend.parts.store.get(&id).await.unwrap().value;
        assert_eq!((job.status, job.dispatch), (status, None));
    }
    let (status, again) = gateway.post("/jobs/queued/rerun", &json!({})).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(take_job(&backend).await.uuid.as_str(), again["data"]["uuid"]);
    gateway.stop().await;
}

async fn wait_beside_a_foreign_gateway(backend: Backend) {
    let gateway = Running::start(&backend.parts, settings()).await;
    let id = gateway.create(&json!({})).await;
    let foreign = async {
        // Its result is stored by somebody who tells nobody.
        loop {
            let stored = backend.parts.store.get(&id).await.unwrap();
            let mut job = stored.value;
            job.finish(result_of(&job)).unwrap();
            if backend.parts.store.update(&job, &stored.revision).await.is_ok() {
                return;
            }
        }
    };
    let path = format!("/jobs/{id}?wait=25");
    let events = format!("/jobs/{id}/events");
    let stream = gateway.request(Method::GET, &events).send().await.unwrap();
    let ((_, body), (), stream) = tokio::join!(gateway.get(&path), foreign, within(stream.text()));
    assert_eq!(body["data"]["status"], "done");
    assert!(stream.unwrap().contains("event: result"));
    gateway.stop().await;
}

async fn a_job_that_somebody_else_stored_is_published_soon(backend: Backend) {
    // The sweep would take an hour.
    let patient = Settings { publish_after: Duration::from_secs(3600), ..settings() };
    let gateways =
        [Running::start(&backend.parts, patient.clone()).await, Running::start(&backend.parts, patient).await];
    let id = store(&backend, "foreign", Timestamp::now(), JobStatus::Created).await;
    assert_eq!(take_job(&backend).await.uuid, id);
    gateways[0].job_when(&id, |job| job.status == JobStatus::Queued).await;
    assert_eq!(backend.parts.queue.depth(Queue::Jobs).await.unwrap(), 0, "it was published once");
    for gateway in gateways {
        gateway.stop().await;
    }
}
