//! Thousands of jobs, a tenth of which misbehave: the executor's tree is as large at the end as near the beginning.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use job_model::JobStatus;
use serde_json::{Value, json};
use testkit::processes;
use testkit::site::Site;
use tests::client::Client;
use tests::stack::Stack;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::size;

const AT_ONCE: usize = 4;
const DEADLINE: Duration = Duration::from_secs(120);

/// How large the executor's tree is.
#[derive(Clone, Copy, Debug)]
struct Level {
    memory: u64,
    files: usize,
    processes: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_misbehave_leave_nothing_behind() {
    let count: usize = size("SOAK_JOBS", 100);
    let site = Site::start();
    let mut stack = Stack::start(0).await;
    let flags = r#"["--disable-background-networking","--js-flags=--max-old-space-size=96"]"#;
    let settings = [("EXECUTOR_CONCURRENCY", "2"), ("JOB_MEMORY", "64"), ("CHROMIUM_EXTRA_ARGS", flags)];
    let executor = stack.add_executor(&settings).id();
    let (client, url) = (stack.client(), site.origin());

    let first = count / 10;
    let mut outcomes = run_all(&client, &url, 0..first).await;
    let before = level(executor).await;
    for (outcome, times) in run_all(&client, &url, first..count).await {
        *outcomes.entry(outcome).or_default() += times;
    }
    let after = level(executor).await;

    println!("{count} jobs: {outcomes:#?}\nafter {first}: {before:?}\nat the end: {after:?}");
    assert_eq!(outcomes.values().sum::<usize>(), count);
    assert_eq!(outcomes["succeeded"], count - count / 10);
    // A browser's own size differs from one to the next; in a short run that is more than any leak.
    let allowed = if count < 1000 { before.memory / 2 } else { before.memory / 10 };
    assert!(after.memory <= before.memory + allowed, "memory grew from {before:?} to {after:?}");
    assert!(after.files <= before.files + 4, "open files grew from {before:?} to {after:?}");
    assert!(after.processes <= before.processes + 4, "processes grew from {before:?} to {after:?}");
    stack.stop().await;
}

/// Runs jobs by number; how often each outcome was there.
async fn run_all(client: &Client, url: &str, numbers: std::ops::Range<usize>) -> BTreeMap<String, usize> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut jobs = JoinSet::new();
    for number in numbers {
        let place = Arc::clone(&places).acquire_owned().await.expect("it is never closed");
        let (client, job) = (client.clone(), job(number, url));
        jobs.spawn(async move {
            let job = client.create(job).await;
            let job = client.wait_done(job.uuid.as_str(), DEADLINE).await;
            assert_eq!(job.status, JobStatus::Done);
            drop(place);
            if job.error.is_empty() { "succeeded".to_owned() } else { job.error }
        });
    }
    let mut outcomes = BTreeMap::new();
    while let Some(outcome) = jobs.join_next().await {
        *outcomes.entry(outcome.expect("a job that ends")).or_default() += 1;
    }
    outcomes
}

/// Every tenth job misbehaves, in one of five ways.
fn job(number: usize, url: &str) -> Value {
    let code = match (number % 10, number / 10 % 5) {
        (9, 0) => "await (await page.createCDPSession()).send('Page.crash')",
        (9, 1) => "await new Promise(() => {})",
        (9, 2) => "await page.goto(vars.url); await page.evaluate(() => { while (true) {} })",
        (9, 3) => {
            "await page.evaluate(() => { const all = []; while (true) all.push(new Array(1e5).fill(Math.random())) })"
        }
        (9, _) => "const all = []; while (true) all.push('x'.repeat(1e6) + all.length)",
        (digit, _) if digit % 2 == 0 => "results.sum = 1 + 1; logger.info('sum')",
        (_, _) => {
            "await page.goto(vars.url); results.title = await page.title();
             await page.setContent('<p>text</p>'); results.shot = (await page.screenshot()).length > 0"
        }
    };
    json!({"code": code, "vars": {"url": url}, "timeout": if number % 10 == 9 { 2 } else { 60 }})
}

/// What is there in the middle of some looks: at any one of them a browser may be just coming or going.
async fn level(executor: u32) -> Level {
    let (mut memory, mut files, mut trees) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..15 {
        sleep(Duration::from_millis(300)).await;
        memory.push(processes::tree_memory(executor));
        files.push(processes::open_files(executor));
        trees.push(processes::tree(executor).len());
    }
    Level { memory: middle(memory), files: middle(files), processes: middle(trees) }
}

fn middle<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}
