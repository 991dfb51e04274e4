//! The services of gateway and executor that the environment names: broker, database, store of files.

use std::time::Duration;

use clap::Parser;
use job_files::JobFiles;
use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{JobQueue, Queue};
use serde_json::Value;
use service::config::{Stop, try_parse_from};
use service::{Chain, CouchDbArgs, FilesArgs, QueueArgs, Scheme};
use tokio::time::timeout;

use super::Check;
use super::gateway::{clock, date};
use crate::api::encoded;

/// Longest time for each service.
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Parser)]
struct Broker {
    #[command(flatten)]
    queue: QueueArgs,
}

#[derive(Parser)]
struct Database {
    #[command(flatten)]
    couchdb: CouchDbArgs,
}

#[derive(Parser)]
struct Files {
    #[command(flatten)]
    files: FilesArgs,
}

pub(super) async fn checks() -> Vec<Check> {
    let (broker, database, files) = tokio::join!(broker(), database(), files());
    [broker].into_iter().chain(database).chain([files]).collect()
}

/// The settings that the environment has, or the check that is over already.
fn settings<T: Parser>(check: &'static str, variable: &str, without: &str) -> Result<T, Check> {
    if std::env::var_os(variable).is_none_or(|value| value.is_empty()) {
        return Err(Check::skip(check, format!("{variable} is not set: {without}")));
    }
    try_parse_from(["doctor"]).map_err(|stop| {
        let told = match stop {
            Stop::Mistake(told) => told,
            Stop::Shown(error) => error.to_string(),
        };
        Check::fail(check, told, "docs/SETTINGS.md has all settings")
    })
}

async fn broker() -> Check {
    let queue = match settings("broker", "QUEUE_HOST", "`puppet-master up` and `run` need none") {
        Ok(Broker { queue }) => queue,
        Err(check) => return check,
    };
    let place = queue.addresses().iter().map(|(host, port)| format!("{host}:{port}")).collect::<Vec<_>>().join(", ");
    let failed = |reason: String| {
        let advice =
            "start RabbitMQ, or mend QUEUE_HOST, QUEUE_PORT, QUEUE_TLS, QUEUE_USERNAME, QUEUE_PASSWORD and QUEUE_VHOST";
        Check::fail("broker", format!("{place}: {reason}"), advice)
    };
    match timeout(ANSWER, waiting(&queue)).await {
        Ok(Ok(jobs)) => Check::ok("broker", format!("{place}, {jobs} jobs wait in {}", queue.jobs_queue)),
        Ok(Err(error)) => failed(Chain(&*error).to_string()),
        Err(_) => failed(format!("no answer within {} s", ANSWER.as_secs())),
    }
}

/// How many jobs wait.
async fn waiting(args: &QueueArgs) -> anyhow::Result<u64> {
    args.check()?;
    let queue = RabbitMqQueue::new(RabbitMqConfig {
        connect_timeout: ANSWER / 2,
        connection_wait: ANSWER / 2,
        ..gateway::rabbitmq_config(args, "puppet-master-doctor")?
    })?;
    Ok(queue.depth(Queue::Jobs).await?)
}

async fn database() -> Vec<Check> {
    let couchdb = match settings("database", "COUCH_DB_HOST", "`puppet-master up` and `run` need none") {
        Ok(Database { couchdb }) => couchdb,
        Err(check) => return vec![check],
    };
    let advice =
        "start CouchDB, or mend COUCH_DB_HOST, COUCH_DB_PORT, COUCH_DB_SCHEME, COUCH_DB_USERNAME and COUCH_DB_PASSWORD";
    let place = format!("{}:{}", couchdb.host, couchdb.port);
    match timeout(ANSWER, ask(&couchdb)).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(error)) => vec![Check::fail("database", format!("{place}: {}", Chain(&*error)), advice)],
        Err(_) => vec![Check::fail("database", format!("{place}: no answer within {} s", ANSWER.as_secs()), advice)],
    }
}

/// Asks CouchDB [what it is](https://docs.couchdb.org/en/stable/api/server/common.html#api-server-root) and whether the database
/// can be read.
async fn ask(args: &CouchDbArgs) -> anyhow::Result<Vec<Check>> {
    let scheme = if args.scheme == Scheme::Https { "https" } else { "http" };
    let host = if args.host.contains(':') { format!("[{}]", args.host) } else { args.host.clone() };
    let root = format!("{scheme}://{host}:{}/", args.port);
    let tls = service::tls::client_config(args.ca_pem()?.as_deref()).as_ref().clone();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).connect_timeout(ANSWER / 2).build()?;
    let get = async |url: &str| {
        let request = client.get(url).basic_auth(&args.username, Some(args.password.expose()));
        request.send().await.map_err(reqwest::Error::without_url)
    };
    let answer = get(&root).await?;
    let date = date(&answer);
    anyhow::ensure!(answer.status().as_u16() != 401, "it refused user and password");
    let about: Value = answer.json().await.map_err(reqwest::Error::without_url)?;
    let version = about["version"].as_str().unwrap_or("of an unknown version");
    let answer = get(&format!("{root}{}", encoded(&args.database))).await?;
    let found = format!("CouchDB {version} at {host}:{}", args.port);
    let status = answer.status();
    let check = if status.is_success() {
        let about: Value = answer.json().await.map_err(reqwest::Error::without_url)?;
        Check::ok("database", format!("{found}, {} documents in {}", about["doc_count"], args.database))
    } else if status.as_u16() == 404 {
        Check::warn("database", format!("{found}, no database {} yet", args.database), "the first gateway makes it")
    } else {
        let advice = "give the user the rights of an administrator of the database, or mend COUCH_DB_USERNAME and COUCH_DB_PASSWORD";
        Check::fail("database", format!("{found} answered {status} for {}", args.database), advice)
    };
    let clock = date.map(|date| clock("clock", "CouchDB", date));
    Ok([check].into_iter().chain(clock).collect())
}

async fn files() -> Check {
    let files = match settings("files", "FILES_URL", "jobs keep files in DATA_DIR with `up`, and none elsewhere") {
        Ok(Files { files }) => files,
        Err(check) => return check,
    };
    let Some(url) = files.files_url else { return Check::skip("files", "FILES_URL is not set") };
    let advice = "mend FILES_URL and the provider's own variables (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and so on): docs/FILES.md";
    let store = match JobFiles::open(&url) {
        Ok(store) => store,
        Err(error) => return Check::fail("files", Chain(&error).to_string(), advice),
    };
    match timeout(ANSWER * 3, store.ping()).await {
        Ok(Ok(())) => Check::ok("files", shown(&url)),
        Ok(Err(error)) => Check::fail("files", Chain(&error).to_string(), advice),
        Err(_) => Check::fail("files", format!("no answer within {} s", (ANSWER * 3).as_secs()), advice),
    }
}

/// A store's address without user and password.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or_default())
}
