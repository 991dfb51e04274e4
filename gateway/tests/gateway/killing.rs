//! Gateways that are killed at any moment: every accepted job still ends, once.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use job_model::{Job, JobId, JobStatus};
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Message, Queue};
use job_store::JobStore;
use job_store::couchdb::CouchDbJobStore;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::ports;
use testkit::processes::{Process, Program};
use testkit::services::{self, CouchDb};
use tokio::task::JoinHandle;

use crate::running::{DEADLINE, TOKEN, couchdb_config, rabbitmq_config, within};

const JOBS: usize = 90;
const KILLS: usize = 6;

/// Starts a gateway as a process; it is killed when the handle is dropped.
fn start(couchdb: &CouchDb, broker: &RabbitMqConfig) -> (Process, String) {
    let port = ports::free().to_string();
    let (couchdb_port, broker_port) = (couchdb.port.to_string(), broker.port.to_string());
    let variables = [
        ("LISTEN_PORT", port.as_str()),
        ("COUCH_DB_HOST", &couchdb.host),
        ("COUCH_DB_PORT", &couchdb_port),
        ("COUCH_DB_USERNAME", &couchdb.username),
        ("COUCH_DB_PASSWORD", &couchdb.password),
        ("QUEUE_HOST", &broker.host),
        ("QUEUE_PORT", &broker_port),
        ("QUEUE_USERNAME", &broker.username),
        ("QUEUE_PASSWORD", &broker.password),
        ("JOBS_QUEUE", &broker.jobs_queue),
        ("RESULTS_QUEUE", &broker.results_queue),
        ("API_TOKEN", TOKEN),
        ("SWEEP_INTERVAL", "100ms"),
        ("PUBLISH_AFTER", "2s"),
    ];
    let program = Program::new(env!("CARGO_BIN_EXE_puppet-master-gateway"));
    let program = variables.into_iter().fold(program, |program, (name, value)| program.env(name, value));
    (program.spawn(), format!("http://127.0.0.1:{port}"))
}

/// Answers every job with its number of deliveries so far, as a careless executor would.
fn execute(queue: Arc<dyn JobQueue>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut runs: HashMap<JobId, u32> = HashMap::new();
        let mut consumer = queue.consume(Queue::Jobs, NonZeroU16::new(16).unwrap()).await.unwrap();
        loop {
            let delivery = consumer.next().await.unwrap();
            let job: Job = serde_json::from_slice(&delivery.message.body).unwrap();
            let run = runs.entry(job.uuid.clone()).or_default();
            *run += 1;
            let body = json!({"uuid": job.uuid, "logs": [], "error": null, "results": {"run": *run}}).to_string();
            queue.publish(Queue::JobResults, Message::new(body.into_bytes())).await.unwrap();
            delivery.ack().await.unwrap();
        }
    })
}

/// Creates jobs until enough are accepted; an answer that is lost is not an acceptance.
async fn create(base: String, prefix: usize, jobs: usize) -> Vec<JobId> {
    let client = reqwest::Client::new();
    let (mut accepted, mut number) = (Vec::new(), 0);
    while accepted.len() < jobs {
        number += 1;
        let id = format!("{prefix}-{number}");
        let post = client.post(format!("{base}/jobs")).bearer_auth(TOKEN).timeout(DEADLINE);
        match post.json(&json!({"uuid": id, "code": "results.run = 1"})).send().await {
            Ok(response) if response.status() == StatusCode::CREATED => accepted.push(JobId::parse(id).unwrap()),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    accepted
}

#[tokio::test]
async fn every_accepted_job_ends_once_though_gateways_are_killed() {
    let (couchdb, broker) = (services::couchdb().await, rabbitmq_config().await);
    let store = CouchDbJobStore::new(&couchdb_config(&couchdb)).unwrap();
    store.prepare().await.unwrap();
    let queue = Arc::new(RabbitMqQueue::new(broker.clone()).unwrap());
    let executor = execute(queue.clone());

    // One gateway lives and takes the jobs of half the clients; the other one is killed again and again.
    let (_steady, base) = start(&couchdb, &broker);
    let creating = tokio::spawn(create(base, 0, JOBS));
    let mut accepted = Vec::new();
    for kill in 1..=KILLS {
        let (victim, base) = start(&couchdb, &broker);
        accepted.extend(within(create(base, kill, JOBS / KILLS)).await);
        drop(victim); // SIGKILL right after the last 201: publishes, marks and results are under way
    }
    accepted.extend(within(creating).await.unwrap());

    let first: HashMap<JobId, Value> = within(results(&store, &accepted)).await;
    // Whatever comes late or twice has been dealt with when both queues are empty.
    within(async {
        while queue.depth(Queue::Jobs).await.unwrap() + queue.depth(Queue::JobResults).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!(results(&store, &accepted).await, first, "a final result never changes");
    assert!(first.values().all(|run| run.is_u64()));
    executor.abort();
}

/// What every job ended with, once all have.
async fn results(store: &CouchDbJobStore, ids: &[JobId]) -> HashMap<JobId, Value> {
    let mut results = HashMap::new();
    for id in ids {
        let job = loop {
            let job = store.get(id).await.unwrap().value;
            if job.status == JobStatus::Done {
                break job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(job.error, "");
        results.insert(id.clone(), job.results.unwrap()["run"].clone());
    }
    results
}
