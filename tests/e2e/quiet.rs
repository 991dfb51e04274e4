//! A stop that was asked for is quiet: nothing above INFO is logged, and no error is printed.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;
use testkit::ports;
use testkit::processes::{self, Process};
use testkit::site::Site;
use tests::client::Client;
use tests::stack::{Stack, TOKEN};
use tests::up;

const DEADLINE: Duration = Duration::from_secs(60);

/// `puppet-master up` with two slots that have served.
async fn served(folder: &Path, grace: &str) -> (Process, Client) {
    let port = ports::free();
    let program = up::program(port, folder).env("EXECUTOR_CONCURRENCY", 2).env("STOP_GRACE", grace);
    let mut process = program.spawn();
    process.wait_for_port(port, DEADLINE).await;
    let client = Client::new(format!("http://127.0.0.1:{port}"), TOKEN);
    for _ in 0..2 {
        assert_eq!(client.run(json!({"code": "await page.title()"})).await.error, "");
    }
    (process, client)
}

async fn assert_ends_quietly(mut process: Process, how: &str) {
    let status = process.wait(DEADLINE).await;
    let told = process.stderr();
    assert!(status.success(), "{how}: {status}\n{told}");
    for line in told.lines() {
        let loud =
            line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#) || line.starts_with("error");
        assert!(!loud && !line.contains("panicked"), "{how}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_that_is_idle_ends_without_a_complaint() {
    let folder = tempfile::tempdir().expect("a folder");
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGTERM, Signal::SIGINT] {
        let (mut process, _) = served(folder.path(), "30").await;
        process.signal(signal);
        assert_ends_quietly(process, &format!("{signal}")).await;
    }
    processes::assert_none_mentioning(&folder.path().display().to_string(), Duration::from_secs(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_with_a_job_under_way_ends_without_a_complaint() {
    let site = Site::start();
    let folder = tempfile::tempdir().expect("a folder");
    for (signal, grace) in
        [(Signal::SIGTERM, "30"), (Signal::SIGINT, "30"), (Signal::SIGTERM, "0"), (Signal::SIGINT, "0")]
    {
        let (mut process, client) = served(folder.path(), grace).await;
        let held = site.hold("/held");
        let asked = site.requests_for("/held").len();
        let code = "await page.goto(vars.url); results.title = await page.title()";
        let job = client.create(json!({"code": code, "vars": {"url": site.url("/held")}})).await;
        while site.requests_for("/held").len() == asked {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        process.signal(signal);
        process.wait_for_output("signal received", DEADLINE).await;
        held.release("text/html", "<title>let go</title>");
        assert_ends_quietly(process, &format!("{signal} with a grace of {grace}")).await;

        let (mut process, client) = served(folder.path(), grace).await;
        let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
        assert_eq!(job.error, "");
        process.terminate();
        assert_ends_quietly(process, "the next start").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateway_and_executor_end_without_a_complaint() {
    let mut stack = Stack::start(1).await;
    assert_eq!(stack.client().run(json!({"code": "await page.title()"})).await.error, "");
    let mut executor = stack.executors.remove(0);
    executor.terminate();
    assert_ends_quietly(executor, "executor").await;
    let mut gateway = stack.gateways.remove(0).process;
    gateway.terminate();
    assert_ends_quietly(gateway, "gateway").await;
    stack.assert_nothing_left().await;
}
