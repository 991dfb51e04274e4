//! SIGTERM: what runs is finished or handed back.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::processes;
use testkit::site::Site;
use tests::stack::Stack;

const DEADLINE: Duration = Duration::from_secs(60);
const HELD: &str = "await page.goto(vars.url); results.title = await page.title()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_finished_and_no_other_begun() {
    let site = Site::start();
    let held = site.hold("/held");
    let mut stack = Stack::start(1).await;
    let client = stack.client();
    let running = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;
    let waiting = client.create(json!({"code": "results.ok = true"})).await;

    stack.executors[0].terminate();
    stack.executors[0].wait_for_output("finishing the jobs that run", DEADLINE).await;
    held.release("text/html", "<title>late</title>");
    assert!(stack.executors[0].wait(DEADLINE).await.success());

    let running = client.wait_done(running.uuid.as_str(), DEADLINE).await;
    assert_eq!((running.error.as_str(), &running.results.expect("results")["title"]), ("", &json!("late")));
    stack.add_executor(&[]);
    let waiting = client.wait_done(waiting.uuid.as_str(), DEADLINE).await;
    assert_eq!(waiting.error, "");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_takes_longer_than_the_grace_is_run_by_another_executor() {
    let site = Site::start();
    let held = site.hold("/held");
    let mut stack = Stack::start(0).await;
    let client = stack.client();
    stack.add_executor(&[("STOP_GRACE", "0")]);
    let job = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;

    stack.executors[0].terminate();
    assert!(stack.executors[0].wait(DEADLINE).await.success());
    stack.assert_nothing_left().await;
    held.release("text/html", "<title>second</title>");
    stack.add_executor(&[]);

    let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
    assert_eq!((job.error.as_str(), &job.results.expect("results")["title"]), ("", &json!("second")));
    assert_eq!(site.requests_for("/held").len(), 2);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigterm_ends_it_at_once_and_the_next_start_cleans_up() {
    let site = Site::start();
    let _held = site.hold("/held");
    let mut stack = Stack::start(1).await;
    let client = stack.client();
    let job = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}, "max_attempts": 1})).await;
    site.wait_for_request("/held").await;
    stack.executors[0].terminate();
    stack.executors[0].wait_for_output("finishing the jobs that run", DEADLINE).await;
    stack.executors[0].terminate();
    assert_eq!(stack.executors[0].wait(DEADLINE).await.code(), Some(143));
    processes::assert_none_mentioning(&stack.run_dir().display().to_string(), Duration::from_secs(10)).await;

    stack.add_executor(&[]);
    let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
    assert!(job.error.contains("given up"), "{}", job.error);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_to_every_slot_disturbs_no_job() {
    let site = Site::start();
    let held = site.hold("/held");
    let stack = Stack::start(1).await;
    let client = stack.client();
    let job = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;
    let executor = stack.executors[0].id();
    // Its children are its slots and their Chromiums; the slots are there first.
    for slot in processes::tree(executor).into_iter().skip(1).take(1) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(slot.cast_signed()), nix::sys::signal::Signal::SIGTERM)
            .expect("the slot lives");
    }
    held.release("text/html", "<title>calm</title>");
    let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
    assert_eq!((job.error.as_str(), &job.results.expect("results")["title"]), ("", &json!("calm")));
    stack.stop().await;
}

/// What a process said that somebody would have to look into.
fn complaints(said: &str) -> Vec<&str> {
    said.lines().filter(|line| ["WARN", "ERROR", "Error"].iter().any(|word| line.contains(word))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_end_is_quiet_whenever_it_comes() {
    let site = Site::start();
    for milliseconds in [0, 100, 200, 400, 800, 2000] {
        let mut stack = Stack::start(0).await;
        stack.add_executor(&[("EXECUTOR_CONCURRENCY", "3")]);
        stack.executors[0].wait_for_output("executor begins", DEADLINE).await;
        // Its Chromium is about to start, or has just started: the moments themselves are what is tried.
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        stack.executors[0].terminate();
        ends_quietly(&mut stack).await;
    }
    let held = site.hold("/held");
    let mut stack = Stack::start(1).await;
    let client = stack.client();
    let job = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;
    stack.executors[0].terminate();
    stack.executors[0].wait_for_output("finishing the jobs that run", DEADLINE).await;
    held.release("text/html", "<title>late</title>");
    ends_quietly(&mut stack).await;
    assert_eq!(client.wait_done(job.uuid.as_str(), DEADLINE).await.error, "");
    stack.stop().await;
}

async fn ends_quietly(stack: &mut Stack) {
    assert!(stack.executors[0].wait(DEADLINE).await.success());
    let said = format!("{}{}", stack.executors[0].stdout(), stack.executors[0].stderr());
    assert_eq!(complaints(&said), Vec::<&str>::new(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_that_is_told_to_drain_finishes_its_job_and_waits_until_it_is_told_otherwise() {
    let site = Site::start();
    let held = site.hold("/held");
    let stack = Stack::start(1).await;
    let client = stack.client();
    let running = client.create(json!({"code": HELD, "vars": {"url": site.url("/held")}})).await;
    site.wait_for_request("/held").await;
    let fleet: Value = client.send(Method::GET, "/fleet", None).await.json().await.expect("JSON");
    let executor = fleet["data"]["executors"][0]["name"].as_str().expect("an executor").to_owned();
    let path = format!("/fleet/executors/{executor}/drain");
    let drained: Value = client.send(Method::POST, &path, None).await.json().await.expect("JSON");
    assert_eq!((&drained["data"]["draining"], &drained["data"]["busy"]), (&json!(true), &json!(1)), "{drained}");

    let waiting = client.create(json!({"code": "results.ok = true"})).await;
    held.release("text/html", "<title>late</title>");
    let running = client.wait_done(running.uuid.as_str(), DEADLINE).await;
    assert_eq!((running.error.as_str(), &running.results.expect("results")["title"]), ("", &json!("late")));
    // An executor with a free slot begins a job within a fraction of this.
    let waited: Value =
        client.send(Method::GET, &format!("/jobs/{}?wait=3", waiting.uuid), None).await.json().await.expect("JSON");
    assert_ne!(waited["data"]["status"], "done", "{waited}");

    let taken: Value = client.send(Method::DELETE, &path, None).await.json().await.expect("JSON");
    assert_eq!(taken["data"]["draining"], json!(false), "{taken}");
    assert_eq!(client.wait_done(waiting.uuid.as_str(), DEADLINE).await.error, "");
    stack.stop().await;
}
