//! A site fails for a while, and all jobs that need it are tried again and again: what that costs the others of the queue.
//!
//! A measurement, in a time that is ten times as quick as the ten minutes of a real outage: the first wait before a retry
//! is one second instead of the usual ten, and the outage lasts one minute. It is for `make chaos` alone: figures are no
//! test's business.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use job_model::{Job, JobStatus, Outcome, Timestamp};
use serde_json::json;
use testkit::site::Site;
use tests::client::Client;
use tests::stack::Stack;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::size;

/// Time between two jobs that have nothing to do with the site.
const OTHERS_EVERY: Duration = Duration::from_millis(250);
/// Time between two jobs that need the site.
const ITS_EVERY: Duration = Duration::from_secs(1);
/// How many times as long the others may wait while the site is down: the aim for the 95th percentile.
const AIM: f64 = 2.0;
/// Longest time until the last job has ended, once the site is back.
const ENDED: Duration = Duration::from_secs(180);

/// Tells when its code begins.
const OTHER: &str = "results.at = Date.now()";
/// Needs a page, as most do, and cannot go on without the site.
const ITS: &str = "const response = await page.goto(vars.url);
    if (!response.ok()) throw new Error(`the site says ${response.status()}`);
    results.title = await page.title()";

/// What the site was asked for.
#[derive(Default)]
struct Requests {
    is_down: AtomicBool,
    failed: AtomicUsize,
    answered: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures for two minutes: make chaos"]
async fn a_site_that_fails_keeps_no_other_job_waiting() {
    let outage = Duration::from_secs(size("CHAOS_STORM_SECONDS", 60));
    let mut stack = Stack::start(0).await;
    stack.add_executor(&[("EXECUTOR_CONCURRENCY", "2")]);
    let client = stack.client();
    let requests = Arc::new(Requests::default());
    let site = site(&requests);
    // What is slow once is no part of it.
    wait_all(&client, others(&client, Duration::from_secs(5)).await).await;

    // The same jobs, while the site is well.
    let (quiet, served) = tokio::join!(others(&client, outage), its(&client, site.url("/needed"), outage));
    let (quiet, served) = (wait_all(&client, quiet).await, all_done(&client, served).await);
    requests.is_down.store(true, Ordering::Relaxed);
    let (during, needing) = tokio::join!(others(&client, outage), its(&client, site.url("/needed"), outage));
    requests.is_down.store(false, Ordering::Relaxed);
    // What was put off comes now.
    let after = others(&client, outage).await;
    let (during, after) = (wait_all(&client, during).await, wait_all(&client, after).await);
    let needing = all_done(&client, needing).await;

    let tries: usize = needing.iter().map(|job| 1 + job.attempts.as_ref().map_or(0, Vec::len)).sum();
    println!(
        "{} jobs needed a site that failed for {outage:?}: {tries} tries, {} of them failed",
        needing.len(),
        requests.failed.load(Ordering::Relaxed)
    );
    let tried = needing.iter().filter_map(|job| job.attempts.as_ref()).flatten();
    let tried = Waits::of(tried.map(|attempt| i64::try_from(attempt.duration).unwrap_or(i64::MAX)).collect());
    println!("a try that failed took {} ms (median), {} ms (p95)", tried.median, tried.p95);
    let [quiet, during, after] = [quiet, during, after].map(Waits::of);
    println!("{:<28} {:>5} {:>9} {:>9} {:>9}", "wait of other jobs", "jobs", "p50 ms", "p95 ms", "most ms");
    for (name, waits) in [("quiet", &quiet), ("while the site fails", &during), ("when it is back", &after)] {
        println!("{name:<28} {:>5} {:>9} {:>9} {:>9}", waits.jobs, waits.median, waits.p95, waits.most);
    }
    let ratio = during.p95.max(after.p95) as f64 / quiet.p95.max(1) as f64;
    let met = if ratio <= AIM { "met" } else { "MISSED" };
    println!("p95 of the worse of both beside the quiet one: {ratio:.2}, the aim of {AIM} is {met}");

    assert!(needing.iter().all(|job| job.outcome == Some(Outcome::Succeeded)), "each job outlasts the site's failure");
    let answered = requests.answered.load(Ordering::Relaxed);
    assert_eq!(answered, served.len() + needing.len(), "and is not tried again after that");
    stack.stop().await;
}

fn site(requests: &Arc<Requests>) -> Site {
    let (site, requests) = (Site::start(), Arc::clone(requests));
    site.route("/needed", move |_| {
        let (status, counter) = match requests.is_down.load(Ordering::Relaxed) {
            true => (StatusCode::SERVICE_UNAVAILABLE, &requests.failed),
            false => (StatusCode::OK, &requests.answered),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        (status, [("content-type", "text/html")], "<title>needed</title>")
    });
    site
}

/// Posts jobs that have nothing to do with the site for so long: when each was asked for, and its id.
async fn others(client: &Client, span: Duration) -> Vec<(i64, String)> {
    let mut posted = JoinSet::new();
    for_each_turn(span, OTHERS_EVERY, || {
        let client = client.clone();
        posted.spawn(async move {
            let asked_at = Timestamp::now().unix_millis();
            (asked_at, client.create_code(OTHER).await.uuid.to_string())
        });
    })
    .await;
    posted.join_all().await
}

/// Posts jobs that need the site for so long. Their ids.
async fn its(client: &Client, url: String, span: Duration) -> Vec<String> {
    let mut posted = JoinSet::new();
    let retry = json!({"times": 20, "backoff": {"first": "1s", "factor": 2}});
    let body = json!({"code": ITS, "vars": {"url": url}, "retry": retry});
    for_each_turn(span, ITS_EVERY, || {
        let (client, body) = (client.clone(), body.clone());
        posted.spawn(async move { client.create(body).await.uuid.to_string() });
    })
    .await;
    posted.join_all().await
}

/// Does something at a steady rate, whoever is slow.
async fn for_each_turn(span: Duration, every: Duration, mut turn: impl FnMut()) {
    let mut turns = interval(every);
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..span.as_millis() / every.as_millis() {
        turns.tick().await;
        turn();
    }
}

/// How long each of these jobs has waited, in milliseconds: from its request to the first line of its code.
async fn wait_all(client: &Client, posted: Vec<(i64, String)>) -> Vec<i64> {
    let (asked_at, ids): (Vec<_>, Vec<_>) = posted.into_iter().unzip();
    let jobs = all_done(client, ids).await;
    let begun = jobs.iter().map(|job| {
        let at = job.results.as_ref().and_then(|results| serde_json::to_value(&results["at"]).ok()?.as_i64());
        at.unwrap_or_else(|| panic!("job {} does not say when it began: {}", job.uuid, job.error))
    });
    begun.zip(asked_at).map(|(begun, asked)| begun - asked).collect()
}

/// These jobs, once they are done.
async fn all_done(client: &Client, ids: Vec<String>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for id in ids {
        let done = async {
            loop {
                let job = client.get(&id).await;
                if job.status == JobStatus::Done {
                    return job;
                }
                sleep(Duration::from_millis(200)).await;
            }
        };
        jobs.push(timeout(ENDED, done).await.unwrap_or_else(|_| panic!("job {id} is not done after {ENDED:?}")));
    }
    jobs
}

/// Waits in numbers, in milliseconds.
struct Waits {
    jobs: usize,
    median: i64,
    p95: i64,
    most: i64,
}

impl Waits {
    fn of(mut waits: Vec<i64>) -> Self {
        waits.sort_unstable();
        let at = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)];
        Self { jobs: waits.len(), median: at(50), p95: at(95), most: at(100) }
    }
}
