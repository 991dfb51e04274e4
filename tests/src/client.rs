//! A client of the gateway's API that fails loudly.

use std::time::Duration;

use job_model::{Job, JobStatus};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// A client of one gateway.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// A client of the gateway at `base` (`http://host:port`).
    pub fn new(base: impl Into<String>, token: impl Into<String>) -> Self {
        Self { http: reqwest::Client::new(), base: base.into(), token: token.into() }
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// Sends any request with the token.
    ///
    /// # Panics
    /// When the gateway does not answer.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        match request.timeout(Duration::from_secs(60)).send().await {
            Ok(response) => response,
            Err(error) => panic!("{method} {}{path}: {error:?}", self.base),
        }
    }

    /// Waits until the gateway has its database and its broker.
    ///
    /// # Panics
    /// When that takes longer than `deadline`.
    pub async fn wait_ready(&self, deadline: Duration) {
        let end = Instant::now() + deadline;
        loop {
            let answer = self.send(Method::GET, "/readyz", None).await;
            if answer.status().is_success() {
                return;
            }
            let text = answer.text().await.unwrap_or_default();
            assert!(Instant::now() < end, "the gateway is not ready after {deadline:?}: {text}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Creates a job.
    ///
    /// # Panics
    /// When the answer is not 201 with a job.
    pub async fn create(&self, job: Value) -> Job {
        let response = self.send(Method::POST, "/jobs", Some(job)).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, 201, "{text}");
        data(&text)
    }

    /// Creates a job of this code.
    pub async fn create_code(&self, code: &str) -> Job {
        self.create(json!({ "code": code })).await
    }

    /// Reads a job.
    ///
    /// # Panics
    /// When there is none.
    pub async fn get(&self, uuid: &str) -> Job {
        let path = format!("/jobs/{}", percent_encoding::utf8_percent_encode(uuid, percent_encoding::NON_ALPHANUMERIC));
        let response = self.send(Method::GET, &path, None).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, 200, "{text}");
        data(&text)
    }

    /// Waits until a job is done.
    ///
    /// # Panics
    /// When that takes longer than `deadline`.
    pub async fn wait_done(&self, uuid: &str, deadline: Duration) -> Job {
        let end = Instant::now() + deadline;
        loop {
            let job = self.get(uuid).await;
            if job.status == JobStatus::Done {
                return job;
            }
            assert!(Instant::now() < end, "job {uuid} is {} after {deadline:?}", job.status);
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Creates a job and waits until it is done, a minute at most.
    pub async fn run(&self, job: Value) -> Job {
        let job = self.create(job).await;
        self.wait_done(job.uuid.as_str(), Duration::from_secs(60)).await
    }
}

fn data(text: &str) -> Job {
    let answer: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    serde_json::from_value(answer["data"].clone()).unwrap_or_else(|error| panic!("{error}: {text}"))
}
