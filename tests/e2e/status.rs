//! The executor's own port, and its end when there is no Chromium.

use std::time::Duration;

use serde_json::json;
use testkit::{ports, services};
use tests::stack::Stack;

const DEADLINE: Duration = Duration::from_secs(60);

async fn get(port: u16, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_port_tells_health_and_counts() {
    let port = ports::free();
    let mut stack = Stack::start(0).await;
    stack.add_executor(&[("STATUS_PORT", &port.to_string())]).wait_for_port(port, DEADLINE).await;
    let client = stack.client();
    assert_eq!(client.run(json!({"code": "results.ok = true"})).await.error, "");
    assert!(client.run(json!({"code": "while (true) {}", "timeout": 1})).await.error.contains("JOB_TIMEOUT"));

    assert_eq!(get(port, "/livez").await, (200, "ok".to_owned()));
    let (status, ready) = get(port, "/readyz").await;
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    // What this machine lacks that a job could be kept in with, under `without`, is no reason to take no jobs.
    assert_eq!((status, &ready["ready"], &ready["missing"]), (200, &json!(true), &json!({})), "{ready}");
    let (status, metrics) = get(port, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"puppet_master_executor_jobs_total{outcome="succeeded"} 1"#,
        r#"puppet_master_executor_jobs_total{outcome="timed_out"} 1"#,
        r#"puppet_master_executor_attempts_total{number="1"} 2"#,
        "puppet_master_executor_deadline_hits_total 1",
        "puppet_master_executor_browser_starts_total 1",
        "puppet_master_executor_slots 1",
        r#"puppet_master_executor_job_phase_seconds_count{phase="queue"} 2"#,
        r#"puppet_master_executor_job_phase_seconds_count{phase="publish"} 2"#,
        r#"puppet_master_executor_memory_bytes{part="browsers"}"#,
    ] {
        assert!(metrics.contains(line), "no {line} in {metrics}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_without_its_broker_lives_and_is_not_ready() {
    let port = ports::free();
    let mut broker = services::private_rabbitmq().await;
    broker.kill();
    let mut stack = Stack::services(broker, services::couchdb().await);
    stack.add_executor(&[("STATUS_PORT", &port.to_string())]).wait_for_port(port, DEADLINE).await;
    assert_eq!(get(port, "/livez").await.0, 200);
    let (status, text) = get(port, "/readyz").await;
    assert_eq!(status, 503);
    assert!(text.contains(r#""queue""#), "{text}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_whose_chromium_does_not_start_ends_with_an_error_and_its_jobs_stay() {
    let mut stack = Stack::start(0).await;
    let client = stack.client();
    let job = client.create(json!({"code": "results.ok = true", "max_attempts": 1})).await;
    let broken = stack.add_executor(&[("CHROMIUM_EXECUTABLE", "/bin/false"), ("BROWSER_START_ATTEMPTS", "2")]);
    let status = broken.wait(DEADLINE).await;
    assert_eq!(status.code(), Some(1));
    assert!(broken.stderr().contains("Chromium could not be started 2 times in a row"), "{}", broken.stderr());
    stack.add_executor(&[]);
    assert_eq!(client.wait_done(job.uuid.as_str(), DEADLINE).await.error, "");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_chromium_an_executor_says_once_what_to_install_and_takes_no_job() {
    let mut stack = Stack::start(0).await;
    let client = stack.client();
    let job = client.create(json!({"code": "results.ok = true", "max_attempts": 1})).await;
    for (name, value) in [("CHROMIUM_EXECUTABLE", "/nowhere/chromium"), ("PATH", "/nowhere")] {
        let without = stack.add_executor(&[(name, value)]);
        let status = without.wait(DEADLINE).await;
        assert_eq!(status.code(), Some(2), "{}", without.stderr());
        let said = format!("{}{}", without.stdout(), without.stderr());
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("CHROMIUM_EXECUTABLE") && said.contains("found no"), "{said}");
        assert!(name == "CHROMIUM_EXECUTABLE" || said.contains("chromium-headless-shell"), "{said}");
    }
    stack.add_executor(&[]);
    assert_eq!(client.wait_done(job.uuid.as_str(), DEADLINE).await.error, "");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chromium_that_does_not_start_costs_a_line_for_each_try() {
    let mut stack = Stack::start(0).await;
    let broken = stack.add_executor(&[("CHROMIUM_EXECUTABLE", "/bin/false"), ("BROWSER_START_ATTEMPTS", "3")]);
    assert_eq!(broken.wait(DEADLINE).await.code(), Some(1));
    let said = format!("{}{}", broken.stdout(), broken.stderr());
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("/bin/false")).collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(said.lines().count() < 13, "{said}");
    stack.stop().await;
}
