//! A gateway that runs inside the test, and a client for it.

use std::sync::Arc;
use std::time::Duration;

use gateway::{NewToken, Parts, Scope, Settings};
use job_model::{Job, JobId, Timestamp, TokenName};
use job_queue::embedded::EmbeddedQueue;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{Message, Queue};
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::embedded::EmbeddedJobStore;
use job_store::records::EmbeddedRecordStore;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use service::Secret;
use testkit::services::{self, CouchDb};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest time for anything a test waits for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
pub(crate) const TOKEN: &str = "puppet";

/// Where the jobs of a test live. Dropped last.
pub(crate) struct Backend {
    pub(crate) parts: Parts,
    pub(crate) couchdb: Option<CouchDb>,
    _directory: Option<tempfile::TempDir>,
}

impl Backend {
    /// SQLite files of this test's own.
    pub(crate) fn embedded() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedJobStore::open(directory.path().join("jobs.db")).unwrap());
        let queue = Arc::new(EmbeddedQueue::open(directory.path().join("queue.db")).unwrap());
        let records = Arc::new(EmbeddedRecordStore::open(directory.path().join("service.db")).unwrap());
        Self { parts: Parts { store, records, queue, files: None }, couchdb: None, _directory: Some(directory) }
    }

    /// Parts that a test has made.
    pub(crate) fn of(parts: Parts) -> Self {
        Self { parts, couchdb: None, _directory: None }
    }

    /// CouchDB's protocol and queues of this test's own on RabbitMQ.
    pub(crate) async fn servers() -> Self {
        let couchdb = services::couchdb().await;
        let store = Arc::new(CouchDbJobStore::new(&couchdb_config(&couchdb)).unwrap());
        let queue = Arc::new(RabbitMqQueue::new(rabbitmq_config().await).unwrap());
        let records = Arc::new(store.records());
        let parts = Parts { store, records, queue, files: None };
        parts.store.prepare().await.unwrap();
        Self { parts, couchdb: Some(couchdb), _directory: None }
    }
}

pub(crate) fn couchdb_config(couchdb: &CouchDb) -> CouchDbConfig {
    CouchDbConfig::new(&couchdb.host, couchdb.port).with_credentials(&couchdb.username, &couchdb.password)
}

/// The shared broker with names that no other test uses.
pub(crate) async fn rabbitmq_config() -> RabbitMqConfig {
    let broker = services::rabbitmq().await;
    RabbitMqConfig {
        host: broker.host.clone(),
        port: broker.port,
        username: broker.username.clone(),
        password: broker.password.clone(),
        jobs_queue: testkit::names::unique("jobs"),
        results_queue: testkit::names::unique("results"),
        job_events_exchange: testkit::names::unique("events"),
        job_control_exchange: testkit::names::unique("control"),
        ..RabbitMqConfig::default()
    }
}

/// Makes a test of a function for each backend.
macro_rules! on_every_backend {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $name() { super::$name(crate::running::Backend::embedded()).await; })*
        }
        mod servers {
            $(#[tokio::test] async fn $name() { super::$name(crate::running::Backend::servers().await).await; })*
        }
    };
}
pub(crate) use on_every_backend;

/// Settings for tests: as by default, with quick sweeps.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::with_token(Secret::new(TOKEN));
    settings.sweep_interval = Duration::from_millis(50);
    settings
}

/// A gateway that only serves the API: no job of it is published.
pub(crate) fn api_only() -> Settings {
    Settings { enable_jobs: false, ..settings() }
}

/// A running gateway with a client.
pub(crate) struct Running {
    pub(crate) base: String,
    pub(crate) parts: Parts,
    client: reqwest::Client,
    stop: CancellationToken,
    gateway: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    pub(crate) async fn start(parts: &Parts, settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let gateway = tokio::spawn(gateway::run_with(parts.clone(), settings, listener, stop.clone()));
        Self { base, parts: parts.clone(), client: reqwest::Client::new(), stop, gateway }
    }

    /// Tells the gateway to end, without waiting.
    pub(crate) fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Ends the gateway and waits until it is gone.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        within(self.gateway).await.unwrap().unwrap();
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(TOKEN)
    }

    /// A request with another token.
    pub(crate) fn request_as(&self, token: &NewToken, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(token.token.expose())
    }

    /// A request without one.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).timeout(DEADLINE)
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Creates a job and gives its id.
    pub(crate) async fn create(&self, body: &Value) -> JobId {
        let (status, answer) = self.post("/jobs", body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        JobId::parse(answer["data"]["uuid"].as_str().unwrap()).unwrap()
    }

    /// Puts a result on the queue, as an executor does.
    pub(crate) async fn send_result(&self, body: impl Into<Vec<u8>>) {
        self.parts.queue.publish(Queue::JobResults, Message::new(body.into())).await.unwrap();
    }

    /// The job as the API shows it once it satisfies the condition.
    pub(crate) async fn job_when(&self, id: &JobId, condition: impl Fn(&Job) -> bool) -> Job {
        let path = format!("/jobs/{id}");
        within(async {
            loop {
                let (_, answer) = self.get(&path).await;
                if let Ok(job) = serde_json::from_value::<Job>(answer["data"].clone())
                    && condition(&job)
                {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
    }

    /// The job's end.
    pub(crate) async fn done(&self, id: &JobId) -> Job {
        let (_, answer) = self.get(&format!("/jobs/{id}?wait=30")).await;
        let job: Job = serde_json::from_value(answer["data"].clone()).unwrap();
        assert_eq!(job.status, job_model::JobStatus::Done, "{answer}");
        job
    }
}

/// A named token.
pub(crate) fn named(name: &str, scopes: &[Scope]) -> NewToken {
    NewToken::make(&TokenName::parse(name).unwrap(), scopes).unwrap()
}

/// A file with tokens, each with more lines of its own.
pub(crate) fn token_file(tokens: &[(&NewToken, &str)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), token_lines(tokens)).unwrap();
    file
}

/// What such a file holds.
pub(crate) fn token_lines(tokens: &[(&NewToken, &str)]) -> String {
    tokens.iter().map(|(token, more)| format!("{}{more}\n\n", token.toml)).collect()
}

/// Settings with such a file.
pub(crate) fn with_file(file: &tempfile::NamedTempFile, settings: Settings) -> Settings {
    Settings { tokens_file: Some(file.path().to_owned()), ..settings }
}

/// A result as the predecessor's executor sends it, of a run just now.
pub(crate) fn result(id: &JobId) -> Value {
    let now = Timestamp::now();
    json!({
        "uuid": id,
        "logs": [{"time": "2020-01-01T10:00:00.123Z", "level": "INFO", "message": "hi"}],
        "error": null,
        "results": {"b": 1, "a": "<x>"},
        "finished_at": now,
        "started_at": now,
        "duration": 1998,
    })
}

/// Sends a request and reads its answer as JSON; null when it is none.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// Posts a job whose body comes `pause` after its head, and gives the answer as it came.
pub(crate) async fn post_in_two_parts(client: &mut TcpStream, token: &str, pause: Duration) -> String {
    within(async {
        let head =
            format!("POST /jobs HTTP/1.1\r\nHost: gateway\r\nAuthorization: {token}\r\nContent-Length: 2\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(pause).await;
        client.write_all(b"{}").await.unwrap();
        let mut answer = vec![0; 1000];
        let length = client.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    })
    .await
}

/// Waits no longer than the deadline.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("it happens within the deadline")
}
