//! Attempts are begins: what nobody began costs none, and neither does a planned stop.

use job_model::{Heartbeat, HeldJob, JobAnswer, JobId, Outcome, Timestamp};
use job_queue::Topic;
use serde_json::json;

use crate::gateway::{Gateway, job, lose_a_delivery, publish};
use crate::pretended::{Executor, Folder};

fn begun(begun: bool) -> JobAnswer {
    JobAnswer { wanted: true, begun: Some(begun) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_its_lost_executor_had_not_begun_runs_though_it_has_one_attempt() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    gateway.says("j", begun(false));
    publish(&queue, [job("j", "ok", &json!({"max_attempts": 1}))]).await;
    for _ in 0..3 {
        lose_a_delivery(&queue).await;
    }
    let executor = Executor::start(&folder, &queue, &[]);
    let result = gateway.result("j").await;
    assert_eq!((result.outcome, result.attempt, result.queued_at), (Some(Outcome::Succeeded), Some(1), None));
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_its_lost_executor_had_begun_is_given_up_after_its_attempts() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    gateway.says("once", begun(true));
    gateway.says("twice", begun(true));
    for (uuid, attempts) in [("once", 1), ("twice", 2)] {
        publish(&queue, [job(uuid, "hold", &json!({"max_attempts": attempts}))]).await;
        for _ in 0..attempts {
            let begun = folder.begun().len();
            let executor = Executor::start(&folder, &queue, &[]);
            folder.wait_begun(begun + 1).await;
            executor.die().await;
        }
        let executor = Executor::start(&folder, &queue, &[]);
        let result = gateway.result(uuid).await;
        assert_eq!((result.outcome, result.attempt), (Some(Outcome::GivenUp), Some(attempts)));
        executor.stop().await;
    }
    assert_eq!(folder.begun(), ["once", "twice", "twice"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_stop_spends_no_attempt() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    publish(&queue, [job("j", "hold", &json!({"max_attempts": 1}))]).await;
    for number in 1..=2 {
        let executor = Executor::start(&folder, &queue, &["--stop-grace=0"]);
        folder.wait_begun(number).await;
        executor.stop().await;
    }
    folder.go();
    let executor = Executor::start(&folder, &queue, &[]);
    let result = gateway.result("j").await;
    assert_eq!((result.outcome, result.attempt), (Some(Outcome::Succeeded), Some(1)));
    executor.stop().await;
    assert_eq!((folder.begun().len(), gateway.results().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_comes_again_while_another_executor_runs_it_is_left_to_that_one() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    gateway.says("j", begun(true));
    publish(&queue, [job("j", "ok", &json!({})), job("last", "ok", &json!({}))]).await;
    lose_a_delivery(&queue).await;
    let uuid = JobId::parse("j").expect("an id");
    let now = Timestamp::now();
    let jobs = vec![HeldJob { uuid, instance: None, since: Some(now), attempt: 1 }];
    let beat = Heartbeat {
        executor: "other".to_owned(),
        started_at: now,
        slots: 1,
        jobs,
        stopping: false,
        draining: false,
        without: Vec::new(),
        facts: job_model::ExecutorFacts::default(),
    };
    let body = serde_json::to_vec(&beat).expect("JSON");
    let executor = Executor::start(&folder, &queue, &[]);
    let beating = async {
        loop {
            queue.broadcast(Topic::Heartbeats, body.clone());
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        _ = gateway.result("last") => {}
        () = beating => {}
    }
    gateway.wait_for_an_empty_queue().await;
    executor.stop().await;
    assert_eq!((folder.begun(), gateway.results().len()), (vec!["last".to_owned()], 1));
}
