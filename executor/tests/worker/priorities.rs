//! Which job begins first, and which one not at all.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use job_model::{JobControl, Timestamp};
use job_queue::{JobQueue, Message, Queue, Topic};
use serde_json::json;
use tokio::time::sleep;

use crate::gateway::{Gateway, job, publish};
use crate::pretended::{Executor, Folder, until};

async fn publish_to(queue: &Arc<dyn JobQueue>, to: Queue, messages: impl IntoIterator<Item = Message>) {
    let publishing = messages.into_iter().map(|message| queue.publish(to, message));
    for published in join_all(publishing).await {
        published.expect("a queue");
    }
}

fn jobs(name: &str, count: usize) -> Vec<Message> {
    (0..count).map(|number| job(&format!("{name}{number}"), "ok", &json!({}))).collect()
}

/// As a gateway says that it has published one.
fn hint(queue: &Arc<dyn JobQueue>) {
    let control = JobControl { published: true, ..JobControl::default() };
    queue.broadcast(Topic::JobControl, serde_json::to_vec(&control).expect("JSON"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn high_jobs_begin_first_and_no_other_starves() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    publish_to(&queue, Queue::JobsHigh, jobs("high", 40)).await;
    publish_to(&queue, Queue::JobsLow, jobs("low", 40)).await;
    publish(&queue, jobs("normal", 40)).await;
    let executor = Executor::start(&folder, &queue, &[]);
    until("all are done", || gateway.results().len() == 120).await;
    executor.stop().await;
    let begun = folder.begun();
    let mut each: Vec<_> = begun.clone();
    each.sort();
    each.dedup();
    assert_eq!((begun.len(), each.len()), (120, 120), "each runs once");
    let of = |name: &str, of: &[String]| of.iter().filter(|uuid| uuid.starts_with(name)).count();
    // The first one may have begun before anybody knew of the others.
    let first = &begun[1..41];
    assert!(of("high", first) >= 30 && of("normal", first) >= 4 && of("low", first) >= 1, "{first:?}");
    assert!(of("normal", &begun[..90]) > of("low", &begun[..90]), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_without_a_job_takes_whatever_there_is() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &["--executor-concurrency=2"]);
    for (name, to) in [("low", Queue::JobsLow), ("high", Queue::JobsHigh), ("normal", Queue::Jobs)] {
        publish_to(&queue, to, jobs(name, 3)).await;
        hint(&queue);
        for number in 0..3 {
            assert_eq!(gateway.result(&format!("{name}{number}")).await.error, None);
        }
    }
    executor.stop().await;
    for queue_of in [Queue::JobsLow, Queue::JobsHigh, Queue::Jobs] {
        assert_eq!(queue.depth(queue_of).await.expect("a queue"), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn low_jobs_leave_a_slot_to_others_while_such_come() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &["--executor-concurrency=2"]);
    publish(&queue, jobs("first", 1)).await;
    gateway.result("first0").await;
    publish_to(&queue, Queue::JobsLow, (0..5).map(|number| job(&format!("low{number}"), "hold", &json!({})))).await;
    hint(&queue);
    for number in 0..20 {
        publish(&queue, [job(&format!("normal{number}"), "ok", &json!({}))]).await;
        gateway.result(&format!("normal{number}")).await;
    }
    assert!(folder.begun().iter().filter(|uuid| uuid.starts_with("low")).count() <= 1, "{:?}", folder.begun());
    folder.go();
    until("the low ones are done", || gateway.results().len() == 26).await;
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_job_waits_for_a_slot_that_is_not_ready_while_another_is() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &["--executor-concurrency=2"]);
    for round in 0..10 {
        publish(&queue, [job(&format!("tired{round}"), "tired", &json!({}))]).await;
        gateway.result(&format!("tired{round}")).await;
        let wanted: Vec<String> = (0..20).map(|number| format!("round{round}-{number}")).collect();
        publish(&queue, wanted.iter().map(|uuid| job(uuid, "ok", &json!({})))).await;
        until("all are done", || gateway.results().len() == (round + 1) * 21).await;
        let in_order = folder.begun().ends_with(&wanted);
        folder.go();
        if in_order {
            return executor.stop().await;
        }
        // The other slot was not ready yet when this one got tired: on a busy machine, and not each time.
        sleep(Duration::from_millis(200)).await;
        folder.stop_going();
    }
    panic!("a job has waited each time: {:?}", folder.begun());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_high_job_whose_executor_dies_comes_back_to_its_own_queue() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    publish_to(&queue, Queue::JobsHigh, [job("j", "hold", &json!({}))]).await;
    hint(&queue);
    folder.wait_begun(1).await;
    executor.die().await;
    folder.go();
    let next = Executor::start(&folder, &queue, &[]);
    let result = gateway.result("j").await;
    assert_eq!((result.error, result.attempt), (None, Some(2)));
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_has_expired_is_not_begun() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let past = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 1000);
    let later = Timestamp::from_unix_millis(Timestamp::now().unix_millis() + 600_000);
    publish(
        &queue,
        [job("late", "ok", &json!({"expires_at": past})), job("in-time", "ok", &json!({"expires_at": later}))],
    )
    .await;
    let executor = Executor::start(&folder, &queue, &[]);
    assert_eq!(gateway.result("in-time").await.error, None);
    gateway.wait_for_an_empty_queue().await;
    executor.stop().await;
    assert_eq!((folder.begun(), gateway.results().len()), (vec!["in-time".to_owned()], 1), "its gateway ends it");
}
