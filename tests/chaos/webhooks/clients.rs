//! Clients whose gateways die: they ask again, here or there, until somebody says that it is done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt, stream};
use job_model::{JobStatus, ScheduleTick, Timestamp};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::names;
use tests::stack::TOKEN;
use tokio::time::{Instant, sleep};

use super::receiver::{PATH, SECRET, TICK};

/// Rows of a batch.
const ROWS: usize = 1000;
/// Jobs that are posted at a time.
const POSTED_AT_ONCE: usize = 8;
/// Batches that are sent at a time.
const BATCHES_AT_ONCE: usize = 2;
/// Longest time until somebody has done what is asked for: a batch whose gateway died is left alone for a minute.
const DONE: Duration = Duration::from_secs(600);
/// How late a tick is that somebody works on.
const MOMENTS: Duration = Duration::from_secs(10);
/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(100);
/// Longest time for one answer.
const ANSWER: Duration = Duration::from_secs(120);
/// Jobs of one page.
const PAGE: usize = 500;

/// What asks any of some gateways.
pub(super) struct Clients {
    http: reqwest::Client,
    bases: Vec<String>,
    hook: String,
    created: AtomicUsize,
}

/// What clients were told of the jobs that they wanted.
#[derive(Default)]
pub(super) struct Created {
    /// The job of each idempotency key, as often as somebody was told.
    pub(super) keyed: Vec<(String, Vec<String>)>,
    /// Batches, with their rows.
    pub(super) batches: Vec<(String, usize)>,
}

/// A job as the store has it.
#[derive(Deserialize)]
pub(super) struct Stored {
    pub(super) uuid: String,
    pub(super) status: JobStatus,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) results: Value,
    #[serde(default)]
    pub(super) schedule: Option<ScheduleTick>,
    /// What its client gave it.
    #[serde(default)]
    pub(super) vars: Value,
}

impl Created {
    /// The ids of all jobs that must be there.
    pub(super) fn ids(&self) -> impl Iterator<Item = String> {
        let rows =
            |(batch, rows): &(String, usize)| (0..*rows).map(|row| format!("{batch}-{row:05}")).collect::<Vec<_>>();
        self.keyed.iter().map(|(_, ids)| ids[0].clone()).chain(self.batches.iter().flat_map(rows))
    }
}

impl Clients {
    /// Clients of the gateways at these ports, whose jobs tell a receiver at that one.
    pub(super) fn new(gateways: impl Iterator<Item = u16>, receiver: u16) -> Self {
        let http = reqwest::Client::builder().timeout(ANSWER).build().expect("a client");
        let bases = gateways.map(|port| format!("http://127.0.0.1:{port}")).collect();
        Self { http, bases, hook: format!("http://127.0.0.1:{receiver}{PATH}"), created: AtomicUsize::default() }
    }

    /// How many jobs are known to be there.
    pub(super) fn created(&self) -> usize {
        self.created.load(Ordering::Relaxed)
    }

    /// Makes so many jobs: a quarter under idempotency keys, the others as rows of batches.
    pub(super) async fn create(&self, count: usize) -> Created {
        let keyed = stream::iter(0..count / 4).map(|number| self.create_keyed(number));
        let in_batches = count - count / 4;
        let batches = stream::iter((0..in_batches).step_by(ROWS));
        let batches = batches.map(|first| self.create_batch(first / ROWS, ROWS.min(in_batches - first)));
        let (keyed, batches) = tokio::join!(
            keyed.buffer_unordered(POSTED_AT_ONCE).collect(),
            batches.buffer_unordered(BATCHES_AT_ONCE).collect()
        );
        Created { keyed, batches }
    }

    /// One job under a key of its own, which all gateways are asked for at the same moment.
    async fn create_keyed(&self, number: usize) -> (String, Vec<String>) {
        let key = format!("chaos-{number}");
        let asked = (0..self.bases.len()).map(|gateway| self.post_keyed(&key, number + gateway));
        let ids = join_all(asked).await;
        self.created.fetch_add(1, Ordering::Relaxed);
        (key, ids)
    }

    /// Asks for the job of a key, that gateway first. Its id.
    pub(super) async fn post_keyed(&self, key: &str, gateway: usize) -> String {
        let mut body = self.job();
        // Whoever finds a second job of the key wants to know which key that is.
        body["vars"] = json!({"key": key});
        let body = body.to_string();
        let answer = self.ask(Method::POST, "/jobs", Some(&body), gateway, Some(key)).await;
        answer["uuid"].as_str().expect("a uuid").to_owned()
    }

    /// A batch, whose rows are sent again until it is whole.
    async fn create_batch(&self, number: usize, rows: usize) -> (String, usize) {
        let batch = names::unique("batch");
        let head = json!({"batch": {"uuid": batch, "webhook": self.webhook(), "job": self.job()}});
        let rows_of = (0..rows).map(|row| json!({"vars": {"row": row.to_string()}}));
        let body: String = std::iter::once(head).chain(rows_of).map(|row| format!("{row}\n")).collect();
        let end = Instant::now() + DONE;
        for turn in number.. {
            if self.send(Method::POST, "/batches", Some(&body), turn, None).await.is_ok() {
                break;
            }
            // It may be whole, and only its answer have been lost.
            let path = format!("/batches/{batch}");
            if let Ok(there) = self.send(Method::GET, &path, None, turn, None).await
                && there["accepted"] == rows
                && there["state"] != "accepting"
                && there["incomplete"].is_null()
            {
                break;
            }
            assert!(Instant::now() < end, "batch {batch} is not whole after {DONE:?}");
            sleep(PAUSE * 10).await;
        }
        self.created.fetch_add(rows, Ordering::Relaxed);
        (batch, rows)
    }

    /// A schedule that makes a job each so many seconds, also for ticks that pass while nobody is there.
    pub(super) async fn schedule(&self, name: &str, seconds: u64) {
        let mut job = self.job();
        job["webhook"]["url"] = format!("{}?{TICK}=1", self.hook).into();
        let body = json!({"cron": format!("@every {seconds}s"), "catch_up": "all", "job": job}).to_string();
        self.ask(Method::PUT, &format!("/schedules/{name}"), Some(&body), 0, None).await;
    }

    /// Lets a schedule rest, once the ticks that passed have their jobs: what is due while it rests gets none.
    pub(super) async fn pause(&self, name: &str, seconds: u64) {
        let (path, end) = (format!("/schedules/{name}"), Instant::now() + DONE);
        loop {
            let schedule = self.ask(Method::GET, &path, None, 0, None).await;
            let tick = schedule["runs"][0]["tick"].as_str().and_then(|tick| Timestamp::parse(tick).ok());
            let late = tick.and_then(|tick| tick.after(Duration::from_secs(seconds) + MOMENTS));
            if late.is_some_and(|late| late > Timestamp::now()) {
                break;
            }
            assert!(Instant::now() < end, "the last tick of {name} with a job is {tick:?}, after {DONE:?}");
            sleep(PAUSE * 10).await;
        }
        self.ask(Method::POST, &format!("/schedules/{name}/pause"), None, 0, None).await;
    }

    /// All jobs of the store, in no order.
    pub(super) async fn stored(&self) -> Vec<Stored> {
        let mut all = BTreeMap::new();
        let (mut until, mut page) = (String::new(), 1);
        loop {
            // From time to time, since the database counts off the rows in front of a page.
            let path = format!("/jobs?page={page}&per_page={PAGE}{until}");
            let listed: Vec<Stored> =
                serde_json::from_value(self.ask(Method::GET, &path, None, 0, None).await).expect("a list of jobs");
            let oldest = listed.iter().map(|job| job.created_at).min().filter(|_| listed.len() == PAGE);
            let before = all.len();
            all.extend(listed.into_iter().map(|job| (job.uuid.clone(), job)));
            let Some(oldest) = oldest else { return all.into_values().collect() };
            if all.len() > before {
                let after = oldest.after(Duration::from_secs(1)).expect("a time of these days");
                (until, page) = (format!("&created_to={after}"), 1);
            } else {
                page += 1;
            }
        }
    }

    /// What is known of a job's deliveries, for whoever looks for a lost one.
    pub(super) async fn deliveries(&self, job: &str) -> String {
        match self.send(Method::GET, &format!("/jobs/{job}/deliveries"), None, 0, None).await {
            Ok(deliveries) => deliveries.to_string(),
            Err(reason) => reason,
        }
    }

    fn job(&self) -> Value {
        json!({"code": "1", "webhook": self.webhook()})
    }

    fn webhook(&self) -> Value {
        json!({"url": self.hook, "secret": SECRET})
    }

    /// Asks gateways in turn, from this one on, until one has done it.
    async fn ask(&self, method: Method, path: &str, body: Option<&str>, gateway: usize, key: Option<&str>) -> Value {
        let end = Instant::now() + DONE;
        for turn in gateway.. {
            match self.send(method.clone(), path, body, turn, key).await {
                Ok(data) => return data,
                Err(reason) => assert!(Instant::now() < end, "{method} {path} is not done after {DONE:?}: {reason}"),
            }
            sleep(PAUSE).await;
        }
        unreachable!("the turns have no end")
    }

    /// One request. Why it was not done, unless that is the client's fault.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
        gateway: usize,
        key: Option<&str>,
    ) -> Result<Value, String> {
        let base = &self.bases[gateway % self.bases.len()];
        let mut request = self.http.request(method, format!("{base}{path}")).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        // A batch that has lost its gateway is refused until that is known, a minute later.
        let may_pass = status == StatusCode::NOT_FOUND || path == "/batches";
        assert!(may_pass || !status.is_client_error(), "{path} is refused: {status} {text}");
        if !status.is_success() {
            return Err(format!("{status} {text}"));
        }
        let mut answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(answer["data"].take())
    }
}

/// Checks that each tick of a schedule from its begin to its end is there once, and counts them.
pub(super) fn check_ticks(name: &str, seconds: u64, times: [Timestamp; 2], jobs: &[Stored]) -> usize {
    let of_schedule = jobs.iter().filter_map(|job| job.schedule.as_ref()).filter(|tick| tick.name == name);
    let mut ticks: Vec<i64> = of_schedule.map(|tick| tick.tick.unix_millis()).collect();
    ticks.sort_unstable();
    let step = i64::try_from(seconds).expect("some seconds") * 1000;
    for pair in ticks.windows(2) {
        assert_eq!(pair[1] - pair[0], step, "ticks of {name} between {} and {}", pair[0], pair[1]);
    }
    let [begin, end] = times.map(Timestamp::unix_millis);
    let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else { panic!("{name} has no tick") };
    assert!(*first - begin <= 2 * step, "the first tick of {name} is {first}, it was made at {begin}");
    // One that is due is looked at within moments, unless somebody was killed just now.
    assert!(end - *last <= step + 60_000, "the last tick of {name} is {last}, it rests since {end}");
    ticks.len()
}
