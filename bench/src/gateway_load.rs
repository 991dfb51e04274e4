//! The gateway: creates, reads and lists per second, the time to the queue, writes per job; on CouchDB and embedded.

mod database;
mod server;

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use job_model::{JobId, JobResult};
use job_queue::rabbitmq::RabbitMqConfig;
use job_queue::{JobQueue, Message, Queue};
use job_store::couchdb::CouchDbConfig;
use reqwest::Client;
use serde_json::{Value, json};
use testkit::names;
use testkit::services::{CouchDb, RabbitMq};
use tokio::time::timeout;

use crate::load::{self, Ask, Login};
use crate::report::{Aim, Report, median};
use database::Database;
use server::{Gateway, Kind};

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
