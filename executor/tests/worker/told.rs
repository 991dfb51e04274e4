//! What an executor tells of itself and of its jobs while they run, and what their results are stamped with.

use job_model::{InstanceId, JobAnswer, JobEventKind, JobStage, Outcome, Running, Timestamp};
use serde_json::json;

use crate::gateway::{Gateway, copy, job, lose_a_delivery, publish};
use crate::pretended::{Executor, Folder, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_tell_what_an_executor_holds_from_its_start_to_its_end() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &["--executor-concurrency=2"]);
    until("a first heartbeat", || !gateway.heartbeats().is_empty()).await;
    let first = gateway.heartbeats().remove(0);
    assert_eq!((first.slots, first.jobs.len(), first.stopping), (2, 0, false));

    let instance = InstanceId::fresh();
    publish(&queue, [job("j", "hold", &json!({"instance": instance}))]).await;
    let holds = || gateway.heartbeats().pop().is_some_and(|beat| !beat.jobs.is_empty());
    folder.wait_begun(1).await;
    until("it tells its job", holds).await;
    let beat = gateway.heartbeats().pop().expect("one");
    assert_eq!((&beat.executor, beat.started_at), (&first.executor, first.started_at));
    let held = &beat.jobs[0];
    assert_eq!((held.uuid.as_str(), held.instance.as_ref(), held.attempt), ("j", Some(&instance), 1));

    until("the begin is told", || !gateway.events().is_empty()).await;
    let begin = gateway.events().remove(0);
    assert_eq!((begin.uuid.as_str(), begin.instance.as_ref(), begin.seq), ("j", Some(&instance), 0));
    let running = Running { since: held.since.expect("it runs"), executor: first.executor.clone(), attempt: 1 };
    assert_eq!(begin.what, JobEventKind::Status { status: JobStage::Running, running: Some(running) });
    until("its line is told", || gateway.events().len() == 2).await;
    let line = gateway.events().remove(1);
    assert!(matches!(line.what, JobEventKind::Log(_)) && line.instance.as_ref() == Some(&instance));

    folder.go();
    gateway.result("j").await;
    executor.stop().await;
    until("its end is told", || gateway.heartbeats().pop().is_some_and(|beat| beat.stopping)).await;
    let last = gateway.heartbeats().pop().expect("one");
    assert_eq!((last.executor, last.jobs), (first.executor, Vec::new()));
    let again = Executor::start(&folder, &queue, &[]);
    until("the next one's heartbeat", || gateway.heartbeats().pop().is_some_and(|beat| !beat.stopping)).await;
    assert_ne!(gateway.heartbeats().pop().expect("one").executor, beat.executor);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_are_stamped_with_their_delivery() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    let (instance, created) = (InstanceId::fresh(), "2026-01-02T03:04:05Z");
    let first = job("first", "ok", &json!({"instance": instance, "created_at": created}));
    let queued_at = Timestamp::parse(&first.headers["x-puppet-master-queued-at"]).expect("a time");
    let mut second = copy(job("second", "ok", &json!({})));
    second.headers.insert("x-puppet-master-attempt".to_owned(), "2".to_owned());
    let unreadable = job("unreadable", "ok", &json!({"instance": instance, "vars": 5}));
    publish(&queue, [first, second, unreadable]).await;

    let result = gateway.result("first").await;
    assert_eq!((result.instance.as_ref(), result.attempt), (Some(&instance), Some(1)));
    assert_eq!(result.created_at, Timestamp::parse(created).ok());
    assert_eq!((result.queued_at, result.outcome), (Some(queued_at), Some(Outcome::Succeeded)));
    let result = gateway.result("second").await;
    assert_eq!((result.instance, result.attempt, result.queued_at), (None, Some(2), None));
    let result = gateway.result("unreadable").await;
    assert_eq!((result.instance, result.attempt, result.outcome), (Some(instance), Some(0), Some(Outcome::Failed)));
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_sent_round_is_told_as_queued_again() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let instance = InstanceId::fresh();
    gateway.says("j", JobAnswer { wanted: true, begun: Some(true) });
    publish(&queue, [job("j", "ok", &json!({"instance": instance, "max_attempts": 2}))]).await;
    lose_a_delivery(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    gateway.result("j").await;
    let is_put_back = |what: &JobEventKind| matches!(what, JobEventKind::Status { status: JobStage::Queued, running: Some(running) } if running.attempt == 1);
    let events = gateway.events();
    let told = events.iter().find(|event| is_put_back(&event.what)).expect("it is told");
    assert_eq!((told.uuid.as_str(), told.instance.as_ref()), ("j", Some(&instance)));
    executor.stop().await;
}
