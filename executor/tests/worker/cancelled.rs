//! A job that is cancelled while it runs keeps its log, its times and, when its slot can still tell, its results.

use job_model::{InstanceId, Outcome};
use serde_json::json;

use crate::gateway::{Gateway, job, publish};
use crate::pretended::{Executor, Folder, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_tells_its_log_results_and_times() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    // The second one does not listen, and is killed.
    for (begun, code) in [(1, "stoppable"), (2, "deaf")] {
        publish(&queue, [job(code, code, &json!({}))]).await;
        folder.wait_begun(begun).await;
        gateway.cancel(code, None);
        let result = gateway.result(code).await;
        assert_eq!((result.outcome, result.error.as_deref()), (Some(Outcome::Cancelled), Some("cancelled")));
        assert_eq!((result.attempt, result.started_at.is_some()), (Some(1), true));
        assert_eq!(result.logs[0].message, format!("hello of {code}"));
        let results = serde_json::Value::Object(result.results);
        assert_eq!(results, if code == "deaf" { json!({}) } else { json!({"uuid": code}) });
    }
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_does_not_wait_for_another_slot() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    publish(&queue, [job("j", "lost", &json!({}))]).await;
    until("its slot is lost", || folder.path().join("gone").exists()).await;
    gateway.cancel("j", None);
    let result = gateway.result("j").await;
    assert_eq!((result.outcome, result.error.as_deref()), (Some(Outcome::Cancelled), Some("cancelled")));
    assert!(folder.begun().is_empty() && result.started_at.is_none());
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_for_one_creation_leaves_the_next_one_alone() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &["--executor-concurrency=2"]);
    let (old, new) = (InstanceId::fresh(), InstanceId::fresh());
    publish(&queue, [job("j", "stoppable", &json!({"instance": old}))]).await;
    folder.wait_begun(1).await;
    publish(&queue, [job("j", "hold", &json!({"instance": new}))]).await;
    folder.wait_begun(2).await;
    gateway.cancel("j", Some(&old));
    let first = gateway.result("j").await;
    assert_eq!((first.instance, first.outcome), (Some(old), Some(Outcome::Cancelled)));
    folder.go();
    until("both results", || gateway.results().len() == 2).await;
    let second = gateway.results().pop().expect("two results");
    assert_eq!((second.instance, second.outcome), (Some(new), Some(Outcome::Succeeded)));
    executor.stop().await;
}
