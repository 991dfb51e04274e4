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
    server.client.create(json!({"uuid": "patient", "code": "for (let i = 1; i < 1800; i++) { logger.info('step %d', i); await sleep(200) }"})).await;
    let seen = server.drive(include_str!("views.mjs"), json!({"axe": include_str!("../vendor/axe.min.js")})).await;
    assert_eq!(seen["looked_at"], 53, "{seen}");
    // A job under way is waited for at the end.
    server.client.send(reqwest::Method::POST, "/jobs/patient/cancel", None).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_written_completed_run_and_shared() {
    let server = Server::start().await;
    let seen = server.drive(include_str!("playground.mjs"), json!({})).await;
    let job = server.client.get(seen["uuid"].as_str().expect("the id of the job that was run")).await;
    let results = job.results.expect("results");
    assert_eq!((&results["answer"], &results["greeting"]), (&json!(42), &json!("good morning")));
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

/// A script, two schedules, a batch, a job that was tried twice, and one whose webhook nobody hears.
async fn automate(server: &Server) {
    let greet = json!({
        "code": "results.hello = vars.name", "vars": {"name": "Ada"},
        "vars_schema": {"type": "object", "properties": {"name": {"type": "string", "minLength": 2}}},
    });
    server.put("/scripts/greet", greet).await;
    server
        .put(
            "/schedules/every-morning",
            json!({"cron": "0 6 * * 1-5", "time_zone": "Europe/Berlin", "script": "greet"}),
        )
        .await;
    server.put("/schedules/heartbeat", json!({"cron": "@every 1s", "job": {"code": "results.beat = 1"}})).await;
    let rows = "{\"batch\": {\"uuid\": \"prices\", \"name\": \"prices of today\"}}\n{\"code\": \"results.n = 1\"}\n{\"code\": \"throw new Error('no price')\"}\n";
    let sent = server.client.request(reqwest::Method::POST, "/batches").body(rows).send().await.expect("an answer");
    assert_eq!(sent.status(), 201, "{}", sent.text().await.unwrap_or_default());
    let webhook = json!({"url": "http://127.0.0.1:1/hook", "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"});
    server.client.run(json!({"uuid": "told", "code": "results.told = 1", "webhook": webhook})).await;
    let retry = json!({"times": 1, "backoff": {"first": 0.1}});
    server.client.run(json!({"uuid": "tried", "code": "throw new Error('once more')", "retry": retry})).await;
    server.has("/schedules/heartbeat", "succeeded").await;
    let held = server.client.send(reqwest::Method::POST, "/schedules/heartbeat/pause", None).await;
    assert_eq!(held.status(), 200);
    server.has("/batches/prices", "\"done\"").await;
    server.has("/jobs/told/deliveries", "refused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_scripts_and_webhooks_are_accessible_and_handled_with_a_few_keys_and_buttons() {
    let server = Server::start().await;
    automate(&server).await;
    let vars = json!({"axe": include_str!("../vendor/axe.min.js"), "automation": "yes"});
    let seen = server.drive(include_str!("views.mjs"), vars).await;
    assert_eq!(seen["looked_at"], 19, "{seen}");
    let code = "// <img src=x onerror=alert(1)>\nresults.ok = true";
    server.drive(include_str!("automation.mjs"), json!({"code": code})).await;
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
