//! The dashboard in a real Chromium, driven by jobs of our own executor: one slot runs the job that looks at the dashboard,
//! the other one what the dashboard sends.
//!
//! Every test leaves its pictures in `target/dashboard/`.

mod server;

use std::time::Duration;

use serde_json::{Value, json};

use server::Server;

/// What a job of ours never does, and hostile ones try.
const NAME: &str = "<img src=x onerror=alert(1)>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_is_accessible_in_both_themes_and_on_a_phone() {
    let server = Server::start().await;
    server
        .run("checkout", include_str!("jobs/shop.mjs"), json!({"html": "<h1>Shop</h1><button id=buy>Buy</button>"}))
        .await;
    server.run("report", include_str!("jobs/media.mjs"), json!({})).await;
    for number in 0..12 {
        let code = ["results.ok = true", "logger.warn('the cart is empty');\nawait page.click('#buy')"][number % 4 / 3];
        server.client.create(json!({"code": code})).await;
    }
    server.client.create(json!({"uuid": "patient", "code": "for (let i = 1; i < 600; i++) { logger.info('step %d', i); await sleep(200) }"})).await;
    let seen = server.drive(include_str!("views.mjs"), json!({"axe": include_str!("../vendor/axe.min.js")})).await;
    assert_eq!(seen["looked_at"], 51, "{seen}");
    // A job under way is waited for at the end.
    server.client.send(reqwest::Method::POST, "/jobs/patient/cancel", None).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_written_completed_run_and_shared() {
    let server = Server::start().await;
    let seen = server.drive(include_str!("playground.mjs"), json!({})).await;
    let job = server.client.get(seen["uuid"].as_str().expect("the id of the job that was run")).await;
    assert_eq!(job.results.expect("results")["answer"], 42);
    assert_eq!(job.vars["name"], "Ada");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_filtered_paged_cancelled_run_again_and_deleted_with_nothing_but_keys() {
    let server = Server::start().await;
    for number in 0..120 {
        let code = if number % 20 == 0 { "throw new Error('no stock')" } else { "results.ok = true" };
        server.client.create(json!({"uuid": format!("order-{number}"), "code": code})).await;
    }
    server.client.wait_done("order-119", Duration::from_secs(60)).await;
    let seen = server.drive(include_str!("jobs.mjs"), json!({})).await;
    let states = server.client.send(reqwest::Method::GET, "/jobs?view=summary&state=failed", None).await;
    let failed: Value = states.json().await.expect("a list");
    assert_eq!(failed["meta"]["total"], 0, "all failed jobs were deleted: {failed}");
    assert_eq!(seen["deleted"], 6);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_drains_and_takes_jobs_again_by_a_button() {
    let server = Server::start().await;
    server.drive(include_str!("fleet.mjs"), json!({})).await;
    server.run("after", "results.ok = true", json!({})).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_job_says_is_a_text_and_large_jobs_stay_handy() {
    let server = Server::start().await;
    let hostile = include_str!("jobs/hostile.mjs");
    server.run(NAME, hostile, json!({"<b>": "</textarea><script>alert(5)</script>"})).await;
    let lines = "for (let i = 0; i < 10000; i++) logger[['debug', 'info', 'warn', 'error'][i % 4]]('line %d \\u001b[31mred\\u001b[0m', i)";
    server.run("long-log", lines, json!({})).await;
    let large = "results.rows = Array.from({ length: 20000 }, (_, id) => ({ id, name: `row ${id}`, text: 'x'.repeat(150) })); results.text = 'y'.repeat(300000)";
    server.run("large-result", large, json!({})).await;
    server.drive(include_str!("hostile.mjs"), json!({"name": NAME})).await;
    server.stop().await;
}
