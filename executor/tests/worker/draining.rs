//! An executor that a gateway tells to take no more jobs.

use job_queue::Queue;
use serde_json::json;

use crate::gateway::{Gateway, job, publish};
use crate::pretended::{Executor, Folder, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_finished_and_nothing_else_begins_until_it_is_told_otherwise() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    publish(&queue, [job("runs", "hold", &json!({}))]).await;
    let executor = Executor::start(&folder, &queue, &[]);
    folder.wait_begun(1).await;
    until("a heartbeat", || !gateway.heartbeats().is_empty()).await;
    let name = gateway.heartbeats()[0].executor.clone();
    let drains = |on| gateway.heartbeats().last().is_some_and(|beat| beat.draining == on);
    assert!(drains(false));

    gateway.drain("another", true);
    gateway.drain(&name, true);
    until("it drains", || drains(true)).await;
    publish(&queue, [job("waits", "ok", &json!({}))]).await;
    folder.go();
    gateway.result("runs").await;
    let beats = gateway.heartbeats().len();
    until("it goes on living", || gateway.heartbeats().len() >= beats + 2).await;
    assert_eq!(folder.begun(), ["runs"]);
    assert_eq!(queue.depth(Queue::Jobs).await.expect("a queue"), 1);
    assert!(gateway.heartbeats().last().is_some_and(|beat| beat.draining && beat.jobs.is_empty()));

    gateway.drain("another", false);
    gateway.drain(&name, false);
    gateway.result("waits").await;
    until("it says that it takes jobs", || drains(false)).await;
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_that_drains_can_be_stopped() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    until("a heartbeat", || !gateway.heartbeats().is_empty()).await;
    gateway.drain(&gateway.heartbeats()[0].executor.clone(), true);
    until("it drains", || gateway.heartbeats().last().is_some_and(|beat| beat.draining)).await;
    executor.stop().await;
}
