//! The same over RabbitMQ, and what only an old broker does.

use std::sync::Arc;

use job_model::{Heartbeat, JobAnswer, Outcome};
use job_queue::JobQueue;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use serde_json::json;
use testkit::services::{RabbitMq, private_rabbitmq_with, rabbitmq};

use crate::gateway::{Gateway, UNWANTED, job, publish};
use crate::pretended::{Executor, Folder, until};

/// Names of one test's own on a broker.
fn names(broker: &RabbitMq) -> RabbitMqConfig {
    let name = testkit::names::unique("worker");
    RabbitMqConfig {
        host: broker.host.clone(),
        port: broker.port,
        username: broker.username.clone(),
        password: broker.password.clone(),
        jobs_queue: format!("{name}-jobs"),
        results_queue: format!("{name}-results"),
        job_events_exchange: format!("{name}-events"),
        job_control_exchange: format!("{name}-control"),
        ..RabbitMqConfig::default()
    }
}

fn connect(config: &RabbitMqConfig) -> Arc<dyn JobQueue> {
    Arc::new(RabbitMqQueue::new(config.clone()).expect("good names"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_cancelled_jobs_do_not_run() {
    let folder = Folder::new();
    let config = names(&rabbitmq().await);
    let queue = connect(&config);
    let gateway = Gateway::start(&queue).await;
    let uuids: Vec<String> = (0..4_400).map(|number| format!("j{number}")).collect();
    publish(&queue, uuids.iter().map(|uuid| job(uuid, "ok", &json!({})))).await;
    for uuid in &uuids {
        gateway.says(uuid, UNWANTED);
        gateway.cancel(uuid, None);
    }
    publish(&queue, [job("last", "ok", &json!({}))]).await;
    let executor = Executor::start(&folder, &connect(&config), &["--executor-concurrency=2"]);
    assert_eq!(gateway.result("last").await.error, None);
    gateway.wait_for_an_empty_queue().await;
    executor.stop().await;
    assert_eq!(folder.begun(), ["last"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_longer_than_the_brokers_patience_runs_once_beside_an_idle_executor() {
    let folder = Folder::new();
    let broker = private_rabbitmq_with("consumer_timeout = 2000").await;
    let config = names(&broker);
    let queue = connect(&config);
    let gateway = Gateway::start(&queue).await;
    gateway.says("long", JobAnswer { wanted: true, begun: Some(true) });
    let queues = [connect(&config), connect(&config)];
    let executors = queues.each_ref().map(|queue| Executor::start(&folder, queue, &[]));
    publish(&queue, [job("long", "hold", &json!({"max_attempts": 1}))]).await;
    folder.wait_begun(1).await;
    let asked = gateway.questions();
    until("the broker takes the delivery back", || gateway.questions() > asked).await;
    // Whoever got it has made up its mind after its third heartbeat.
    let runs = |beat: &Heartbeat| beat.jobs.iter().any(|job| job.since.is_some());
    let (heard, all) = (gateway.heartbeats().len(), gateway.heartbeats());
    let runner = &all.iter().find(|beat| runs(beat)).expect("one runs it").executor;
    let idle = |beat: &&Heartbeat| beat.executor != *runner && beat.jobs.is_empty();
    until("the other one is idle again", || gateway.heartbeats()[heard..].iter().filter(idle).count() > 3).await;
    assert!(gateway.results().is_empty(), "{:?}", gateway.results());
    folder.go();
    let result = gateway.result("long").await;
    assert_eq!((result.outcome, result.attempt), (Some(Outcome::Succeeded), Some(1)));
    publish(&queue, [job("next", "ok", &json!({}))]).await;
    gateway.result("next").await;
    gateway.wait_for_an_empty_queue().await;
    for executor in executors {
        executor.stop().await;
    }
    assert_eq!((folder.begun(), gateway.results().len()), (vec!["long".to_owned(), "next".to_owned()], 2));
}
