//! Life without a database or a broker.

use std::sync::Arc;

use gateway::Parts;
use job_queue::Queue;
use job_queue::embedded::EmbeddedQueue;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_store::couchdb::CouchDbJobStore;
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::{ports, services};

use crate::running::{Backend, Running, answer, couchdb_config, result, settings, within};

#[tokio::test]
async fn a_database_that_is_away_means_errors_in_json_until_it_is_back() {
    let mut couchdb = services::durable_couchdb().await;
    couchdb.kill();
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(CouchDbJobStore::new(&couchdb_config(&couchdb)).unwrap());
    let queue = Arc::new(EmbeddedQueue::open(directory.path().join("queue.db")).unwrap());
    let records = Arc::new(store.records());
    let gateway = Running::start(&Parts { store, records, queue, files: None }, settings()).await;

    let (status, body) = gateway.post("/jobs", &json!({})).await;
    assert_eq!((status, &body["error"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("Failed to save job")));
    let (status, body) = gateway.get("/jobs").await;
    assert_eq!((status, &body["error"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("Failed to fetch job list")));
    let (status, body) = answer(gateway.bare(Method::GET, "/readyz")).await;
    assert_eq!((status, &body["ready"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(false)));
    assert!(body["missing"]["database"].is_string() && body["missing"].get("queue").is_none(), "{body}");
    assert_eq!(answer(gateway.bare(Method::GET, "/healthz")).await.0, StatusCode::OK);

    couchdb.restart().await;
    let id = within(async {
        loop {
            let (status, body) = gateway.post("/jobs", &json!({})).await;
            if status == StatusCode::CREATED {
                return job_model::JobId::parse(body["data"]["uuid"].as_str().unwrap()).unwrap();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;

    // A result that comes while the database is away is kept until it is back.
    couchdb.kill();
    assert_eq!(gateway.post("/jobs", &json!({})).await.0, StatusCode::SERVICE_UNAVAILABLE);
    // Ready with the server's first answer, whether or not anybody has written since: a balancer sends nobody before.
    couchdb.restart().await;
    assert_eq!(answer(gateway.bare(Method::GET, "/readyz")).await.0, StatusCode::OK);
    couchdb.kill();
    gateway.send_result(result(&id).to_string()).await;
    couchdb.restart().await;
    gateway.done(&id).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_result_that_waits_for_the_database_is_stored_by_a_gateway_that_ends() {
    let mut couchdb = services::durable_couchdb().await;
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(CouchDbJobStore::new(&couchdb_config(&couchdb)).unwrap());
    let queue = Arc::new(EmbeddedQueue::open(directory.path().join("queue.db")).unwrap());
    let records = Arc::new(store.records());
    let parts = Parts { store, records, queue, files: None };
    let gateway = Running::start(&parts, settings()).await;
    let first = gateway.create(&json!({})).await;
    gateway.send_result(result(&first).to_string()).await;
    gateway.done(&first).await;
    let id = gateway.create(&json!({})).await;
    gateway.job_when(&id, |job| job.status == job_model::JobStatus::Queued).await;

    couchdb.kill();
    gateway.send_result(result(&id).to_string()).await;
    // Meanwhile the result's next try is put off by up to some seconds.
    couchdb.restart().await;
    gateway.stop().await;

    assert_eq!(parts.store.get(&id).await.unwrap().value.status, job_model::JobStatus::Done);
    assert_eq!(parts.queue.depth(Queue::JobResults).await.unwrap(), 0);
}

#[tokio::test]
async fn a_broker_that_is_away_costs_no_job() {
    let backend = Backend::embedded();
    let nobody = RabbitMqConfig { host: "127.0.0.1".to_owned(), port: ports::free(), ..RabbitMqConfig::default() };
    let away = Parts { queue: Arc::new(RabbitMqQueue::new(nobody).unwrap()), ..backend.parts.clone() };
    let mut settings = settings();
    settings.stop_grace = std::time::Duration::from_secs(1);
    let gateway = Running::start(&away, settings.clone()).await;
    let id = gateway.create(&json!({})).await;
    assert_eq!(gateway.get(&format!("/jobs/{id}")).await.1["data"]["status"], "created");
    let (status, body) = answer(gateway.bare(Method::GET, "/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body["missing"]["queue"].is_string() && body["missing"].get("database").is_none(), "{body}");
    gateway.stop().await;

    settings.publish_after = std::time::Duration::ZERO;
    let gateway = Running::start(&backend.parts, settings).await;
    gateway.job_when(&id, |job| job.status == job_model::JobStatus::Queued).await;
    gateway.stop().await;
}
