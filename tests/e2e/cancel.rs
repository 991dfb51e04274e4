//! Cancelling a job that runs, and one that waits.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testkit::site::Site;
use tests::stack::Stack;

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
