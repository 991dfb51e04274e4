//! Cancelling a job that runs, and one that waits.

use std::num::NonZeroU16;
use std::time::Duration;

use job_model::{JobControl, JobId, JobResult, Outcome, WatchedJob};
use job_queue::{JobQueue, Message, Queue, Topic};
use reqwest::Method;
use serde_json::json;
use testkit::services;
use testkit::site::Site;
use tests::stack::Stack;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_stops_and_frees_its_slot() {
    let site = Site::start();
    let _held = site.hold("/held");
    let stack = Stack::start(1).await;
    let client = stack.client();
    for code in ["await page.goto(vars.url)", "await page.goto(vars.url).catch(() => {}); while (true) {}"] {
        let job = client.create(json!({"code": code, "vars": {"url": site.url("/held")}})).await;
        site.wait_for_request("/held").await;
        site.clear_requests();
        let answer = client.send(Method::POST, &format!("/jobs/{}/cancel", job.uuid), None).await;
        assert!(answer.status().is_success(), "{}", answer.status());
        assert_eq!(client.wait_done(job.uuid.as_str(), DEADLINE).await.error, "cancelled");
        assert_eq!(client.run(json!({"code": "results.ok = true"})).await.error, "");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_cancelled_while_it_waits_is_never_begun() {
    let site = Site::start();
    let held = site.hold("/held");
    let mut stack = Stack::start(1).await;
    let client = stack.client();
    let goto = "await page.goto(vars.url)";
    let first = client.create(json!({"code": goto, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;
    let second = client.create(json!({"code": goto, "vars": {"url": site.url("/second")}})).await;
    let answer = client.send(Method::POST, &format!("/jobs/{}/cancel", second.uuid), None).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    held.release("text/html", "<title>first</title>");
    assert_eq!(client.wait_done(first.uuid.as_str(), DEADLINE).await.error, "");
    stack.executors[0].wait_for_output("the job was cancelled before it came", DEADLINE).await;
    assert_eq!(client.wait_done(second.uuid.as_str(), DEADLINE).await.error, "cancelled");
    assert!(site.requests_for("/second").is_empty());
    stack.stop().await;
}

/// Waits for a message on the results' queue that is about this job.
async fn told(stack: &Stack, code: &str) -> JobResult {
    let queue = stack.queue();
    let mut results = queue.consume(Queue::JobResults, NonZeroU16::MIN).await.expect("a consumer");
    let body = json!({"uuid": "j", "code": code}).to_string();
    queue.publish(Queue::Jobs, Message::new(body.into_bytes())).await.expect("published");
    let mut events = queue.subscribe(Topic::JobEvents).await.expect("a subscription");
    let id = JobId::parse("j").expect("an id");
    let writes =
        async { while !String::from_utf8_lossy(&events.next().await.expect("an event")).contains("so far") {} };
    // Lines of a job that somebody follows are broadcast, as its gateway says again and again.
    let watch = Some(vec![WatchedJob { uuid: id.clone(), live: false }]);
    let follows = JobControl { gateway: Some("follower".to_owned()), watch, ..JobControl::default() };
    let follows = serde_json::to_vec(&follows).expect("JSON");
    let says = async {
        loop {
            queue.broadcast(Topic::JobControl, follows.clone());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let hears = async {
        tokio::select! {
            () = writes => {}
            () = says => {}
        }
    };
    timeout(DEADLINE, hears).await.expect("the job runs");
    let order = JobControl { cancel: Some(id), ..JobControl::default() };
    queue.broadcast(Topic::JobControl, serde_json::to_vec(&order).expect("JSON"));
    let delivery = timeout(DEADLINE, results.next()).await.expect("a result in time").expect("a result");
    serde_json::from_slice(&delivery.message.body).expect("a result")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_keeps_the_log() {
    for rest in ["await new Promise(() => {})", "while (true) {}"] {
        let mut stack = Stack::services(services::rabbitmq().await, services::couchdb().await);
        stack.add_executor(&[]);
        // The order to stop is heard while the code computes, too; the line has left before.
        let code = format!("results.a = 1; logger.info('so far'); await sleep(100); {rest}");
        let result = told(&stack, &code).await;
        assert_eq!((result.error.as_deref(), result.outcome), (Some("cancelled"), Some(Outcome::Cancelled)), "{rest}");
        assert!(result.logs.iter().any(|line| line.message == "so far"), "{rest}: {:?}", result.logs);
        assert_eq!(serde_json::Value::Object(result.results), json!({"a": 1}), "{rest}");
        assert!(result.started_at.is_some() && result.attempt == Some(1), "{rest}");
        stack.stop().await;
    }
}
