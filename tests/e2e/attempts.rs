//! A delivery that comes again: because its executor died, or because the broker did not wait any longer.

use std::time::Duration;

use job_queue::{JobQueue, Queue};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use testkit::site::Site;
use testkit::{processes, services};
use tests::stack::Stack;

const DEADLINE: Duration = Duration::from_secs(60);
const HELD: &str = "await page.goto(vars.url); results.title = await page.title()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_kills_every_executor_is_given_up_and_the_next_one_runs() {
    let site = Site::start();
    let _held = site.hold("/held");
    let mut stack = Stack::start(0).await;
    let client = stack.client();
    let poison = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}, "max_attempts": 2})).await;
    for attempt in 1..=2 {
        stack.add_executor(&[]);
        while site.requests_for("/held").len() < attempt {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stack.executors.last_mut().expect("one was added").kill();
    }
    let behind = client.create(json!({"code": "results.ok = true"})).await;
    stack.add_executor(&[]);
    let poison = client.wait_done(poison.uuid.as_str(), DEADLINE).await;
    let expected = "The job was given up: its executor was lost 2 times while it ran (max_attempts 2)";
    assert_eq!(poison.error, expected);
    assert_eq!(client.wait_done(behind.uuid.as_str(), DEADLINE).await.error, "");
    assert_eq!(site.requests_for("/held").len(), 2);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_executors_chromium_is_killed_by_the_next_one_even_when_it_was_frozen() {
    let mut stack = Stack::start(1).await;
    let client = stack.client();
    assert_eq!(client.run(json!({"code": "results.ok = true"})).await.error, "");
    let browsers = processes::mentioning(&format!("--user-data-dir={}", stack.run_dir().display()));
    assert!(!browsers.is_empty());
    for id in &browsers {
        kill(Pid::from_raw(id.cast_signed()), Signal::SIGSTOP).expect("the browser lives");
    }
    stack.executors[0].kill();
    stack.add_executor(&[]);
    assert_eq!(client.run(json!({"code": "results.ok = true"})).await.error, "");
    for id in browsers {
        assert!(!stack_has(id, &stack), "process {id} of the killed executor lives");
    }
    stack.stop().await;
}

fn stack_has(id: u32, stack: &Stack) -> bool {
    processes::mentioning(&stack.run_dir().display().to_string()).contains(&id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_longer_than_the_brokers_patience_runs_once_beside_an_idle_slot() {
    let site = Site::start();
    let held = site.hold("/held");
    let mut stack = impatient().await;
    stack.add_executor(&[("EXECUTOR_CONCURRENCY", "2")]);
    let client = stack.client();
    let job = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    stack.executors[0].wait_for_output("took over its second delivery", DEADLINE).await;
    // The idle slot is free for others meanwhile.
    assert_eq!(client.run(json!({"code": "results.ok = true"})).await.error, "");
    held.release("text/html", "<title>patient</title>");
    let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
    assert_eq!((job.error.as_str(), &job.results.expect("results")["title"]), ("", &json!("patient")));
    assert_eq!(site.requests_for("/held").len(), 1);
    empties(&stack).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_longer_than_the_brokers_patience_runs_once_in_the_only_slot() {
    let site = Site::start();
    let held = site.hold("/held");
    let mut stack = impatient().await;
    stack.add_executor(&[]);
    let client = stack.client();
    let job = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;
    let queue = stack.queue();
    while queue.depth(Queue::Jobs).await.expect("the broker answers") == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    held.release("text/html", "<title>patient</title>");
    let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
    assert_eq!((job.error.as_str(), &job.results.expect("results")["title"]), ("", &json!("patient")));
    stack.executors[0].wait_for_output("result is published already", DEADLINE).await;
    assert_eq!(site.requests_for("/held").len(), 1);
    empties(&stack).await;
    stack.stop().await;
}

/// On a broker that waits two seconds for an acknowledgement.
async fn impatient() -> Stack {
    let broker = services::private_rabbitmq_with("consumer_timeout = 2000").await;
    let mut stack = Stack::services(broker, services::couchdb().await);
    stack.add_gateway(&[]).await;
    stack.client().wait_ready(DEADLINE).await;
    stack
}

async fn empties(stack: &Stack) {
    let queue = stack.queue();
    while queue.depth(Queue::Jobs).await.expect("the broker answers") > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
