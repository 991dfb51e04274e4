//! Jobs that nobody wants do not run: cancelled, deleted or done ones, however many, and whoever was there when.

use serde_json::json;

use crate::gateway::{Gateway, UNWANTED, copy, job, lose_a_delivery, publish};
use crate::pretended::{Executor, Folder, until};

/// More than an executor once remembered.
const MANY: usize = 4_400;

fn many() -> Vec<String> {
    (0..MANY).map(|number| format!("j{number}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_cancelled_while_no_executor_was_there_do_not_run() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    publish(&queue, many().iter().map(|uuid| job(uuid, "ok", &json!({})))).await;
    for uuid in many() {
        gateway.says(&uuid, UNWANTED);
        gateway.cancel(&uuid, None);
    }
    publish(&queue, [job("last", "ok", &json!({}))]).await;
    let executor = Executor::start(&folder, &queue, &["--executor-concurrency=2"]);
    assert_eq!(gateway.result("last").await.error, None);
    gateway.wait_for_an_empty_queue().await;
    executor.stop().await;
    assert_eq!((folder.begun(), gateway.results().len()), (vec!["last".to_owned()], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_cancelled_while_an_executor_is_there_do_not_run_even_when_no_gateway_answers() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::without_answers(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    publish(&queue, [job("first", "hold", &json!({}))]).await;
    folder.wait_begun(1).await;
    publish(&queue, many().iter().map(|uuid| job(uuid, "ok", &json!({})))).await;
    publish(&queue, [job("last", "ok", &json!({}))]).await;
    many().iter().for_each(|uuid| gateway.cancel(uuid, None));
    // A gateway that is there and does not answer is asked for half a minute for each: this one goes, and says so.
    drop(gateway);
    let gateway = Gateway::start(&queue).await;
    many().into_iter().for_each(|uuid| gateway.says(&uuid, UNWANTED));
    folder.go();
    assert_eq!(gateway.result("last").await.error, None);
    executor.stop().await;
    assert_eq!(folder.begun(), ["first", "last"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_hold_without_anybody_to_ask() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::without_answers(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    publish(&queue, [job("first", "hold", &json!({}))]).await;
    folder.wait_begun(1).await;
    publish(&queue, [job("cancelled", "ok", &json!({})), job("last", "ok", &json!({}))]).await;
    gateway.cancel("cancelled", None);
    let results = gateway.results().len();
    drop(gateway);
    folder.go();
    folder.wait_begun(2).await;
    executor.stop().await;
    assert_eq!((folder.begun(), results), (vec!["first".to_owned(), "last".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_the_time_before_a_restart_hold() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    publish(&queue, [job("first", "hold", &json!({})), job("cancelled", "ok", &json!({}))]).await;
    folder.wait_begun(1).await;
    gateway.says("cancelled", UNWANTED);
    gateway.cancel("cancelled", None);
    executor.die().await;
    folder.go();
    let executor = Executor::start(&folder, &queue, &[]);
    publish(&queue, [job("last", "ok", &json!({}))]).await;
    gateway.result("last").await;
    gateway.result("first").await;
    executor.stop().await;
    assert!(!folder.begun().contains(&"cancelled".to_owned()), "{:?}", folder.begun());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_jobs_and_copies_of_done_jobs_do_not_run() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    publish(&queue, [job("done", "ok", &json!({}))]).await;
    gateway.result("done").await;
    for uuid in ["done", "deleted"] {
        gateway.says(uuid, UNWANTED);
    }
    publish(&queue, [job("done", "ok", &json!({})), copy(job("done", "ok", &json!({})))]).await;
    publish(&queue, [job("deleted", "ok", &json!({})), job("last", "ok", &json!({}))]).await;
    gateway.result("last").await;
    executor.stop().await;
    assert_eq!(folder.begun(), ["done", "last"]);
    assert_eq!(gateway.results().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_job_costs_no_question_once_all_orders_are_known() {
    let folder = Folder::new();
    let queue = folder.queue();
    let gateway = Gateway::start(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    let mut number = 0;
    loop {
        let (asked, uuid) = (gateway.questions(), format!("j{number}"));
        publish(&queue, [job(&uuid, "ok", &json!({}))]).await;
        gateway.result(&uuid).await;
        if gateway.questions() == asked {
            break;
        }
        number += 1;
        assert!(number < 10_000, "every job was asked about");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // A copy is asked about all the same, and one that comes again.
    let asked = gateway.questions();
    publish(&queue, [copy(job("copy", "ok", &json!({})))]).await;
    gateway.result("copy").await;
    assert_eq!(gateway.questions(), asked + 1);
    executor.stop().await;
    publish(&queue, [job("lost", "ok", &json!({}))]).await;
    lose_a_delivery(&queue).await;
    let executor = Executor::start(&folder, &queue, &[]);
    gateway.result("lost").await;
    executor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_run_where_nobody_answers_questions() {
    let folder = Folder::new();
    let queue = folder.queue();
    let executor = Executor::start(&folder, &queue, &[]);
    let mut of_the_predecessor = job("old", "ok", &json!({"created_at": "2020-01-02T03:04:05Z"}));
    of_the_predecessor.headers.clear();
    publish(&queue, [of_the_predecessor, job("new", "ok", &json!({}))]).await;
    until("both run", || folder.begun().len() == 2).await;
    executor.stop().await;
}
