//! The gateway: creates, reads and lists per second, the time to the queue, writes per job; on CouchDB and embedded.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use gateway::{Parts, Settings};
use job_model::{Job, JobId, JobResult, JobStatus, Timestamp};
use job_queue::embedded::EmbeddedQueue;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Message, Queue};
use job_store::JobStore;
use job_store::couchdb::{CouchDbConfig, CouchDbJobStore};
use job_store::embedded::EmbeddedJobStore;
use reqwest::Client;
use serde_json::{Value, json};
use service::Secret;
use testkit::names;
use testkit::services::{CouchDb, RabbitMq};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::load::{self, Ask, Login};
use crate::report::{Aim, Report, median};

const SECTION: &str = "gateway";
const TOKEN: &str = "bench";
const DEADLINE: Duration = Duration::from_secs(60);
/// How many connections create jobs at once, and how many jobs each time.
const CREATES: [(usize, usize); 3] = [(1, 300), (16, 1500), (64, 3000)];
const READS: usize = 1500;
const LISTED: usize = 10_000;
const LISTS: usize = 20;
const IDLE_CREATES: usize = 50;
const WHOLE_LIVES: usize = 500;

/// The writes that a store has waited for a disk to take.
type WriteCalls = Box<dyn Fn() -> u64 + Send>;

/// A gateway on a thread and a runtime of its own.
struct Gateway {
    base: String,
    queue: Arc<dyn JobQueue>,
    store: Arc<dyn JobStore>,
    write_calls: WriteCalls,
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Where a gateway keeps its jobs.
enum Kind {
    CouchDb(Box<(CouchDbConfig, RabbitMqConfig)>),
    Embedded(std::path::PathBuf),
}

/// Measures the gateway on CouchDB's protocol (and the CouchDB of COUCHDB_URL), and embedded.
pub(crate) async fn run(report: &mut Report, broker: &RabbitMq, couchdb: &CouchDb) -> anyhow::Result<()> {
    report.section("The gateway: requests per second, time to the queue, writes per job");
    on_couchdb(report, "pouchdb-server", couchdb, broker).await?;
    if let Some(external) = testkit::services::external_couchdb() {
        on_couchdb(report, "COUCHDB_URL", &external, broker).await?;
    }
    let folder = tempfile::tempdir()?;
    let gateway = Gateway::start(Kind::Embedded(folder.path().to_owned())).await?;
    measure(report, "embedded", &gateway).await?;
    gateway.stop();
    Ok(())
}

async fn on_couchdb(report: &mut Report, subject: &str, server: &CouchDb, broker: &RabbitMq) -> anyhow::Result<()> {
    let database = Database { server, name: names::unique("bench") };
    let config = CouchDbConfig::new(&server.host, server.port)
        .with_credentials(&server.username, &server.password)
        .with_database(&database.name);
    let gateway = Gateway::start(Kind::CouchDb(Box::new((config, broker_config(broker, &database.name))))).await?;
    // Before and after, because a database slows down as it fills.
    let before = database.single_puts().await?;
    measure(report, subject, &gateway).await?;
    let after = database.single_puts().await?;
    gateway.stop();
    let puts = (before + after) / 2.0;
    let name = "single PUTs, 1 connection";
    report.add(SECTION, name, subject, puts, "req/s");
    let many = format!("POST /jobs, {} connections", CREATES[2].0);
    if let Some(creates) =
        report.rows.iter().find(|row| row.name == many && row.subject == subject).map(|row| row.value)
    {
        let aim = Aim::AtLeast(6.0);
        report.add_with_aim(SECTION, "creates per single PUT", subject, (creates / puts, "x"), aim);
    }
    database.delete().await
}

/// The queue as the gateway and whoever plays the executor see it.
pub(crate) fn broker_config(broker: &RabbitMq, prefix: &str) -> RabbitMqConfig {
    RabbitMqConfig {
        host: broker.host.clone(),
        port: broker.port,
        username: broker.username.clone(),
        password: broker.password.clone(),
        jobs_queue: format!("{prefix}-jobs"),
        results_queue: format!("{prefix}-results"),
        ..RabbitMqConfig::default()
    }
}

async fn measure(report: &mut Report, subject: &str, gateway: &Gateway) -> anyhow::Result<()> {
    idle(report, subject, gateway).await?;
    whole_lives(report, subject, gateway).await?;
    let login = Login::Token(TOKEN.to_owned());
    let body = job_body();
    let jobs = format!("{}/jobs", gateway.base);
    for (connections, count) in CREATES {
        let (url, body) = (jobs.clone(), body.clone());
        let taken = load::run(connections, count, &login, move |_| Ask::post(url.clone(), body.clone())).await?;
        let name = format!("POST /jobs, {connections} connections");
        report.add(SECTION, &name, subject, taken.rate(), "req/s");
        // What was created goes on to the queue: wait, so that the next figure is not of both.
        gateway.drained().await?;
    }
    let ids: Vec<String> = gateway.fill(LISTED).await?;
    for connections in [1, 16] {
        let (url, ids) = (jobs.clone(), ids.clone());
        let taken = load::run(connections, READS, &login, move |number| {
            Ask::get(format!("{url}/{}", ids[number * 7919 % ids.len()]))
        });
        let name = format!("GET /jobs/{{uuid}}, {connections} connections");
        report.add(SECTION, &name, subject, taken.await?.rate(), "req/s");
    }
    for (name, query) in [("first page", "page=1"), ("page 500", "page=500")] {
        let url = format!("{jobs}?{query}&per_page=20");
        let taken = load::run(1, LISTS, &login, move |_| Ask::get(url.clone())).await?;
        let name = format!("GET /jobs, {name} of 10,000+ jobs");
        report.add(SECTION, &name, subject, median(&taken.latencies), "ms");
    }
    Ok(())
}

/// One job after the other on a gateway that does nothing else: how soon is it answered, and in the executor's hands?
async fn idle(report: &mut Report, subject: &str, gateway: &Gateway) -> anyhow::Result<()> {
    let mut consumer = gateway.queue.consume(Queue::Jobs, NonZeroU16::MIN).await?;
    let (client, login) = (Client::new(), Login::Token(TOKEN.to_owned()));
    let (mut answered, mut delivered) = (Vec::new(), Vec::new());
    for number in 0..IDLE_CREATES + 10 {
        let began = Instant::now();
        let posting = async {
            load::send(&client, &login, Ask::post(format!("{}/jobs", gateway.base), job_body())).await?;
            anyhow::Ok(milliseconds(began))
        };
        let receiving = async {
            let delivery = timeout(DEADLINE, consumer.next()).await.context("no job came")??;
            let taken = milliseconds(began);
            delivery.ack().await?;
            anyhow::Ok(taken)
        };
        let (answer, delivery) = tokio::try_join!(posting, receiving)?;
        // The first ones open connections.
        if number >= 10 {
            answered.push(answer);
            delivered.push(delivery);
        }
        // The mark `queued` of this job shall not meet the next job.
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    report.add(SECTION, "POST to 201, idle, median", subject, median(&answered), "ms");
    let value = (median(&delivered), "ms");
    report.add_with_aim(SECTION, "POST to delivered, idle, median", subject, value, Aim::AtMost(10.0));
    Ok(())
}

/// Jobs from POST to done, 64 at a time, with an executor that answers at once: how many writes does each cost?
async fn whole_lives(report: &mut Report, subject: &str, gateway: &Gateway) -> anyhow::Result<()> {
    let before = (gateway.write_calls)();
    let executor = tokio::spawn(answer_jobs(gateway.queue.clone(), WHOLE_LIVES));
    let url = format!("{}/jobs?wait=60", gateway.base);
    let login = Login::Token(TOKEN.to_owned());
    let taken = load::run(64, WHOLE_LIVES, &login, move |_| Ask::post(url.clone(), job_body())).await?;
    executor.await??;
    gateway.drained().await?;
    #[expect(clippy::cast_precision_loss, reason = "a mean does not mind")]
    let writes = ((gateway.write_calls)() - before) as f64 / WHOLE_LIVES as f64;
    report.add(SECTION, "POST to done, 64 at a time", subject, taken.rate(), "jobs/s");
    report.add(SECTION, "fsync-bound store calls per job", subject, writes, "calls");
    Ok(())
}

/// Plays the executor for so many jobs.
async fn answer_jobs(queue: Arc<dyn JobQueue>, count: usize) -> anyhow::Result<()> {
    let mut consumer = queue.consume(Queue::Jobs, NonZeroU16::new(64).context("64 is not 0")?).await?;
    let mut answering = tokio::task::JoinSet::new();
    for _ in 0..count {
        let delivery = timeout(DEADLINE, consumer.next()).await.context("no job came")??;
        let queue = queue.clone();
        answering.spawn(async move {
            let job: Value = serde_json::from_slice(&delivery.message.body)?;
            let id = JobId::parse(job["uuid"].as_str().unwrap_or_default())?;
            let mut result = JobResult::not_started(id, "");
            result.error = None;
            queue.publish(Queue::JobResults, Message::new(serde_json::to_vec(&result)?)).await?;
            anyhow::Ok(delivery.ack().await?)
        });
    }
    while let Some(answered) = answering.join_next().await {
        answered??;
    }
    Ok(())
}

/// A small job, as clients send them.
fn job_body() -> String {
    json!({ "code": "results.answer = 42;", "vars": { "name": "value" }, "modules": {} }).to_string()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

impl Gateway {
    async fn start(kind: Kind) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let (ready, started) = oneshot::channel();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("gateway".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            if let Err(error) = runtime.block_on(serve(kind, ready, stopped)) {
                eprintln!("the gateway failed: {error:?}");
            }
        })?;
        let (address, parts, write_calls) = started.await.context("the gateway did not start")?;
        let gateway = Self {
            base: format!("http://{address}"),
            queue: parts.queue,
            store: parts.store,
            write_calls,
            stop,
            thread: Some(thread),
        };
        timeout(DEADLINE, gateway.until_ready()).await.context("the gateway is not ready")?;
        Ok(gateway)
    }

    async fn until_ready(&self) {
        loop {
            let answer = reqwest::get(format!("{}/readyz", self.base)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no job is `created` any more, then empties the queue.
    async fn drained(&self) -> anyhow::Result<()> {
        let client = Client::new();
        let url = format!("{}/jobs?status=created&per_page=1", self.base);
        let began = Instant::now();
        loop {
            let text = load::send(&client, &Login::Token(TOKEN.to_owned()), Ask::get(url.clone())).await?;
            let list: Value = serde_json::from_str(&text)?;
            if list["data"].as_array().is_none_or(Vec::is_empty) {
                break;
            }
            anyhow::ensure!(began.elapsed() < DEADLINE, "jobs stay created");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut consumer = self.queue.consume(Queue::Jobs, NonZeroU16::new(256).context("256 is not 0")?).await?;
        while let Ok(delivery) = timeout(Duration::from_millis(300), consumer.next()).await {
            delivery?.ack().await?;
        }
        Ok(())
    }

    /// Puts so many done jobs straight into the store.
    async fn fill(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(count);
        for chunk in 0..count.div_ceil(500) {
            let jobs: Vec<Job> = (0..500).map(|number| done_job(chunk * 500 + number)).collect::<Result<_, _>>()?;
            futures::future::try_join_all(jobs.iter().map(|job| self.store.insert(job))).await?;
            ids.extend(jobs.into_iter().map(|job| job.uuid.to_string()));
        }
        Ok(ids)
    }

    fn stop(mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // Its error has been printed.
            let _ = thread.join();
        }
    }
}

fn done_job(number: usize) -> anyhow::Result<Job> {
    let now = Timestamp::now().to_string();
    Ok(serde_json::from_value(json!({
        "uuid": JobId::fresh(), "code": format!("results.answer = {number};"), "status": JobStatus::Done, "error": "",
        "vars": {}, "modules": {}, "logs": [], "results": { "answer": number }, "created_at": now, "started_at": now,
        "finished_at": now, "duration": 1,
    }))?)
}

type Started = (SocketAddr, Parts, WriteCalls);

async fn serve(kind: Kind, ready: oneshot::Sender<Started>, stop: CancellationToken) -> anyhow::Result<()> {
    let (parts, write_calls) = match kind {
        Kind::CouchDb(servers) => {
            let (couchdb, rabbitmq) = *servers;
            let store = Arc::new(CouchDbJobStore::new(&couchdb)?);
            let counted = store.clone();
            let calls: WriteCalls = Box::new(move || counted.write_calls());
            (Parts { store, queue: Arc::new(RabbitMqQueue::new(rabbitmq)?), files: None }, calls)
        }
        Kind::Embedded(folder) => embedded(&folder)?,
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let handed = ready.send((listener.local_addr()?, parts.clone(), write_calls));
    anyhow::ensure!(handed.is_ok(), "nobody waits for the gateway");
    gateway::run_with(parts, Settings::with_token(Secret::new(TOKEN)), listener, stop).await
}

fn embedded(folder: &Path) -> anyhow::Result<(Parts, WriteCalls)> {
    let store = Arc::new(EmbeddedJobStore::open(folder.join("jobs.sqlite"))?);
    let counted = store.clone();
    let calls: WriteCalls = Box::new(move || counted.write_calls());
    Ok((Parts { store, queue: Arc::new(EmbeddedQueue::open(folder.join("queue.sqlite"))?), files: None }, calls))
}

/// A database of the bench's own, for plain writes beside the gateway's.
struct Database<'a> {
    server: &'a CouchDb,
    name: String,
}

impl Database<'_> {
    /// What the server does for one connection that puts one document after the other.
    async fn single_puts(&self) -> anyhow::Result<f64> {
        let base = format!("{}/{}", self.server.url(), self.name);
        let run = names::unique("put");
        let login = self.login();
        let taken = load::run(1, 300, &login, move |number| {
            Ask::put(format!("{base}/{run}-{number}"), json!({ "kind": "put", "number": number }).to_string())
        });
        Ok(taken.await?.rate())
    }

    async fn delete(&self) -> anyhow::Result<()> {
        let url = format!("{}/{}", self.server.url(), self.name);
        let request = Client::new().delete(url).basic_auth(&self.server.username, Some(&self.server.password));
        request.timeout(DEADLINE).send().await?.error_for_status()?;
        Ok(())
    }

    fn login(&self) -> Login {
        Login::Password(self.server.username.clone(), self.server.password.clone())
    }
}
