//! Gateway and executors as separate processes on RabbitMQ.

use std::collections::BTreeSet;
use std::time::Duration;

use job_model::JobStatus;
use serde_json::json;
use testkit::site::Site;
use tests::stack::Stack;

const DEADLINE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_travels_all_the_way() {
    let site = Site::start();
    let stack = Stack::start(1).await;
    let job = stack
        .client()
        .run(json!({
            "code": "import { twice } from 'numbers';\n\
                     await page.goto(vars.url);\n\
                     results.title = await page.title();\n\
                     results.number = twice(21);\n\
                     logger.info('read %s', results.title);",
            "vars": {"url": site.url("/")},
            "modules": {"numbers": "export const twice = n => 2 * n;"},
        }))
        .await;
    assert_eq!(job.error, "");
    let results = job.results.expect("results");
    assert_eq!(results["number"], 42);
    let title = results["title"].as_str().expect("a title");
    assert!(!title.is_empty());
    let logs = job.logs.expect("logs");
    assert!(logs.iter().any(|entry| entry.message == format!("read {title}")), "{logs:?}");
    assert!(job.started_at.is_some() && job.finished_at.is_some());
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_jobs_on_two_executors_are_done_once_each_though_one_is_killed() {
    let site = Site::start();
    let mut stack = Stack::start(2).await;
    let client = stack.client();
    let mut uuids = Vec::new();
    for number in 0..50 {
        let code = "await page.goto(vars.url); results.title = await page.title(); results.number = vars.number;";
        let url = site.url(&format!("/index.html?job={number}"));
        let job = client.create(json!({"code": code, "vars": {"url": url, "number": number.to_string()}})).await;
        uuids.push(job.uuid.to_string());
    }
    // In the middle: a tenth of the jobs have opened their page.
    while site.requests_for("/index.html").len() < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stack.executors[0].kill();
    let mut results = BTreeSet::new();
    for uuid in &uuids {
        let job = client.wait_done(uuid, DEADLINE).await;
        assert_eq!(job.error, "", "{job:?}");
        results.insert(job.results.expect("results")["number"].as_str().expect("a number").to_owned());
    }
    assert_eq!(results.len(), 50);
    // The next executor on that run directory clears away what the killed one left.
    stack.add_executor(&[]).wait_for_output("executor begins", DEADLINE).await;
    let again = client.run(json!({"code": "results.ok = true"})).await;
    assert_eq!(again.status, JobStatus::Done);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_cannot_work_end_with_their_error() {
    let stack = Stack::start(1).await;
    let client = stack.client();
    let syntax = client.run(json!({"code": "results.a = ;"})).await;
    assert!(syntax.error.contains("SyntaxError"), "{}", syntax.error);
    assert_eq!(syntax.started_at, None);
    let module = client.run(json!({"code": "import a from 'nowhere';"})).await;
    assert_eq!(module.error, "Unable to resolve dependency: nowhere");
    let page = client.run(json!({"code": "results.before = 1; await page.goto('http://127.0.0.1:9/')"})).await;
    assert!(page.error.starts_with("net::ERR_"), "{}", page.error);
    assert_eq!(page.results.expect("partial results")["before"], 1);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_never_ends_is_stopped_by_its_deadline_and_the_next_one_runs() {
    let mut stack = Stack::start(0).await;
    stack.add_executor(&[("JOB_TIMEOUT", "1")]);
    let client = stack.client();
    for code in ["while (true) {}", "await new Promise(() => {})", "await page.evaluate(() => { while (true) {} })"] {
        let job = client.run(json!({"code": code})).await;
        assert!(job.error.contains("JOB_TIMEOUT"), "{code}: {}", job.error);
    }
    let next = client
        .run(
            json!({"code": "await page.setContent('<p>ok</p>'); results.ok = await page.$eval('p', p => p.innerText)"}),
        )
        .await;
    assert_eq!((next.error.as_str(), &next.results.expect("results")["ok"]), ("", &json!("ok")));
    stack.stop().await;
}
