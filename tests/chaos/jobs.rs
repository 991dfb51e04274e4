//! Jobs that tell where they are, created and watched through a gateway that may be dead at any moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use job_model::{FileName, Job, JobId, JobStatus};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use testkit::names;
use testkit::site::Site;
use tests::stack::TOKEN;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// A moment in a job's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The gateway has answered 201.
    Accepted,
    /// Its page was asked for.
    Begun,
    /// Its code is at its last line.
    Ending,
    /// A client has seen it done.
    Done,
}

/// All steps, in their order.
pub(crate) const STEPS: [Step; 4] = [Step::Accepted, Step::Begun, Step::Ending, Step::Done];

const CODE: &str = "await page.goto(vars.url + '/step?at=begun');
    results.title = await page.title();
    logger.info('job %s', vars.number);
    await page.evaluate(url => fetch(url), vars.url + '/step?at=ending');
    results.number = vars.number;";

/// The jobs of one test.
pub(crate) struct Jobs {
    http: Client,
    base: String,
    code: &'static str,
    site: Site,
    steps: broadcast::Sender<Step>,
    /// What each job looked like when it was first seen done; `None` until then.
    seen: Mutex<BTreeMap<String, Option<Job>>>,
}

impl Jobs {
    /// None yet, of jobs that tell their steps.
    pub(crate) fn new(port: u16) -> Arc<Self> {
        Self::of_code(port, CODE)
    }

    /// None yet, of jobs with this code.
    pub(crate) fn of_code(port: u16, code: &'static str) -> Arc<Self> {
        let (steps, _) = broadcast::channel(1024);
        let site = Site::start();
        let told = steps.clone();
        site.route("/step", move |request| {
            let step = match request.query.get("at").map(String::as_str) {
                Some("begun") => Step::Begun,
                _ => Step::Ending,
            };
            // Nobody may wait for one just now.
            let _ = told.send(step);
            ([("content-type", "text/html"), ("cache-control", "no-store")], "<title>step</title>")
        });
        let http = Client::builder().timeout(Duration::from_secs(10)).build().expect("a client");
        Arc::new(Self { http, base: format!("http://127.0.0.1:{port}"), code, site, steps, seen: Mutex::default() })
    }

    /// The steps from now on.
    pub(crate) fn steps(&self) -> broadcast::Receiver<Step> {
        self.steps.subscribe()
    }

    /// Creates a job with an id of its own, again and again until a gateway says that it has it.
    pub(crate) async fn create(&self, number: usize) {
        let uuid = names::unique("chaos");
        let vars = json!({"url": self.site.origin(), "number": number.to_string()});
        let body = json!({"uuid": uuid, "code": self.code, "vars": vars});
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            let answer = self.send(self.http.post(format!("{}/jobs", self.base)).json(&body)).await;
            match answer {
                Some((StatusCode::CREATED | StatusCode::CONFLICT, _)) => break,
                Some((status, text)) if status.is_client_error() => panic!("{status}: {text}"),
                _ => assert!(Instant::now() < end, "job {number} could not be created for two minutes"),
            }
            sleep(Duration::from_millis(50)).await;
        }
        self.seen().insert(uuid, None);
        let _ = self.steps.send(Step::Accepted);
    }

    /// How many a gateway has accepted.
    pub(crate) fn created(&self) -> usize {
        self.seen().len()
    }

    /// Looks at each job that was not done yet; how many still are not.
    pub(crate) async fn look(&self) -> usize {
        let open: Vec<String> = self.seen().iter().filter(|(_, job)| job.is_none()).map(|(id, _)| id.clone()).collect();
        for uuid in &open {
            let Some(job) = self.get(uuid).await else { continue };
            if job.status == JobStatus::Done {
                self.seen().insert(uuid.clone(), Some(job));
                let _ = self.steps.send(Step::Done);
            }
        }
        self.seen().values().filter(|job| job.is_none()).count()
    }

    /// Every job as it was first seen done, after a check that it still looks the same.
    ///
    /// # Panics
    /// When one is missing, not done, or has changed.
    pub(crate) async fn final_results(&self) -> Vec<Job> {
        let seen = self.seen().clone();
        let mut results = Vec::new();
        for (uuid, first) in seen {
            let first = first.unwrap_or_else(|| panic!("job {uuid} was never done"));
            let now = self.get(&uuid).await.unwrap_or_else(|| panic!("job {uuid} is gone"));
            assert_eq!(now, first, "the result of job {uuid} has changed");
            results.push(now);
        }
        results
    }

    /// The content of a job's file.
    ///
    /// # Panics
    /// When it cannot be had.
    pub(crate) async fn file(&self, job: &JobId, name: &FileName) -> Vec<u8> {
        let request = self.http.get(format!("{}/jobs/{job}/files/{name}", self.base)).bearer_auth(TOKEN);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{name} of job {job}");
        answer.bytes().await.expect("the whole file").to_vec()
    }

    async fn get(&self, uuid: &str) -> Option<Job> {
        let (status, text) = self.send(self.http.get(format!("{}/jobs/{uuid}", self.base))).await?;
        if status != StatusCode::OK {
            return None;
        }
        let mut body: Value = serde_json::from_str(&text).ok()?;
        serde_json::from_value(body["data"].take()).ok()
    }

    async fn send(&self, request: RequestBuilder) -> Option<(StatusCode, String)> {
        let answer = request.bearer_auth(TOKEN).send().await.ok()?;
        Some((answer.status(), answer.text().await.ok()?))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Option<Job>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates jobs, not faster than the kills go on.
pub(crate) async fn create_all(jobs: Arc<Jobs>, count: usize, kills: usize, kills_done: Arc<AtomicUsize>) {
    for number in 0..count {
        while number * kills > (kills_done.load(Ordering::Relaxed) + 1) * count {
            sleep(Duration::from_millis(20)).await;
        }
        jobs.create(number).await;
    }
}

/// Waits until all jobs are created, and then until all are done.
///
/// # Panics
/// When one of the two takes longer than `longest`.
pub(crate) async fn wait_all_done(jobs: &Jobs, creating: JoinHandle<()>, watching: JoinHandle<()>, longest: Duration) {
    timeout(longest, creating).await.expect("all jobs are created").expect("nobody panicked");
    watching.abort();
    let settled = async {
        while jobs.look().await > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(longest, settled).await.is_ok(), "{} jobs are not done", jobs.look().await);
}

/// Looks at all jobs again and again.
pub(crate) async fn watch(jobs: Arc<Jobs>) {
    loop {
        jobs.look().await;
        sleep(Duration::from_millis(50)).await;
    }
}
