//! Who runs jobs: our executor, `puppet-master up`, and workers made of Node.
//!
//! Each subject has a gateway, a database and queues of its own, so that all are there at once and take turns.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::processes::{Process, Program};
use testkit::services::{CouchDb, RabbitMq};
use testkit::{names, ports};

use crate::load::{self, Ask, Login};
use crate::programs::{self, Asked, CHROMIUM_ARGS};

const TOKEN: &str = "bench";
const START: Duration = Duration::from_secs(60);

pub(crate) const OURS: &str = "ours";
pub(crate) const UP: &str = "ours, one process";
pub(crate) const LAUNCH: &str = "a browser per job";
pub(crate) const CLUSTER: &str = "puppeteer-cluster";

/// Who runs jobs.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    base: String,
    client: Client,
    /// How many jobs of a burst: the slow ones get fewer.
    pub(crate) burst: usize,
    /// How many jobs of a turn, one after the other.
    pub(crate) singles: usize,
    gateway: Option<Process>,
    pub(crate) worker: Worker,
    _folder: Option<TempDir>,
}

/// The process that runs the jobs.
pub(crate) enum Worker {
    Ours(Box<Process>),
    Node(Box<Asked>),
}

impl Worker {
    /// The process's id.
    pub(crate) fn process(&self) -> u32 {
        match self {
            Self::Ours(process) => process.id(),
            Self::Node(asked) => asked.id(),
        }
    }
}

/// What the subjects stand on.
pub(crate) struct Ground<'a> {
    /// The broker.
    pub(crate) broker: &'a RabbitMq,
    /// The database server.
    pub(crate) couchdb: &'a CouchDb,
    /// The browser.
    pub(crate) chromium: &'a Path,
}

impl Subject {
    /// What its API asks for.
    pub(crate) const TOKEN: &str = TOKEN;

    /// Where its API is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// A gateway, and an executor with so many slots.
    pub(crate) async fn ours(ground: &Ground<'_>, concurrency: usize) -> anyhow::Result<Self> {
        let prefix = names::unique("bench");
        let (gateway, base) = ground.gateway(&prefix).await?;
        let folder = tempfile::tempdir()?;
        let program =
            executor_settings(Program::new(programs::ours("puppet-master-executor")?), ground.chromium, &folder);
        let program =
            ground.queue(&prefix).into_iter().fold(program, |program, (name, value)| program.env(name, value));
        let mut worker = program.env("EXECUTOR_CONCURRENCY", concurrency).env("LOG_LEVEL", "info").spawn();
        worker.wait_for_output("executor begins", START).await;
        let (burst, singles) = (40 * concurrency, 15);
        let worker = Worker::Ours(Box::new(worker));
        Ok(Self {
            name: OURS,
            base,
            client: Client::new(),
            burst,
            singles,
            gateway: Some(gateway),
            worker,
            _folder: Some(folder),
        })
    }

    /// Gateway and executor in one process, on embedded parts.
    pub(crate) async fn up(chromium: &Path, concurrency: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = ports::free();
        let program = executor_settings(Program::new(programs::ours("puppet-master")?).arg("up"), chromium, &folder)
            .env("EXECUTOR_CONCURRENCY", concurrency)
            .env("LISTEN_PORT", port)
            .env("API_TOKEN", TOKEN)
            .env("DATA_DIR", folder.path().join("data").display());
        let mut process = program.spawn();
        process.wait_for_port(port, START).await;
        let base = format!("http://127.0.0.1:{port}");
        let (burst, singles) = (40 * concurrency, 15);
        let worker = Worker::Ours(Box::new(process));
        Ok(Self { name: UP, base, client: Client::new(), burst, singles, gateway: None, worker, _folder: Some(folder) })
    }

    /// A gateway, and a worker of bench/node that runs so many jobs at a time.
    pub(crate) async fn node(
        ground: &Ground<'_>,
        kind: &str,
        name: &'static str,
        concurrency: usize,
    ) -> anyhow::Result<Self> {
        let prefix = names::unique("bench");
        let (gateway, base) = ground.gateway(&prefix).await?;
        let mut command = programs::node("worker.mjs", &[kind, &concurrency.to_string()], ground.chromium);
        command.envs(ground.queue(&prefix));
        let worker = Worker::Node(Box::new(Asked::start(command).await?));
        let (burst, singles) = if kind == "launch" { (4 * concurrency, 4) } else { (40 * concurrency, 15) };
        Ok(Self { name, base, client: Client::new(), burst, singles, gateway: Some(gateway), worker, _folder: None })
    }

    /// Runs a job and returns how long it took, in milliseconds.
    pub(crate) async fn job(&self, code: &str, url: &str) -> anyhow::Result<f64> {
        let began = Instant::now();
        self.results(code, json!({ "url": url })).await?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }

    /// Runs a job and returns its results.
    pub(crate) async fn results(&self, code: &str, vars: Value) -> anyhow::Result<Value> {
        let answer = load::send(&self.client, &login(), self.ask(code, vars)).await?;
        let mut answer: Value = serde_json::from_slice(&answer)?;
        let job = &mut answer["data"];
        let done = job["status"] == "done" && job["error"] == "";
        anyhow::ensure!(done, "{}: the job is {}: {}", self.name, job["status"], job["error"]);
        Ok(job["results"].take())
    }

    /// Sends many jobs at once and returns the seconds until all are done.
    pub(crate) async fn burst(&self, code: &str, url: &str) -> anyhow::Result<f64> {
        let ask = self.ask(code, json!({ "url": url }));
        Ok(load::run(self.burst, self.burst, &login(), move |_| ask.clone()).await?.seconds)
    }

    fn ask(&self, code: &str, vars: Value) -> Ask {
        let body = json!({ "code": code, "vars": vars });
        Ask::post(format!("{}/jobs?wait=60", self.base), body.to_string())
    }

    /// Ends its processes.
    pub(crate) async fn stop(self) {
        match self.worker {
            Worker::Ours(mut process) => {
                process.terminate();
                process.wait(START).await;
            }
            Worker::Node(asked) => asked.stop().await,
        }
        if let Some(mut gateway) = self.gateway {
            gateway.terminate();
            gateway.wait(START).await;
        }
    }
}

fn login() -> Login {
    Login::Token(TOKEN.to_owned())
}

fn executor_settings(program: Program, chromium: &Path, folder: &TempDir) -> Program {
    program
        .env("CHROMIUM_EXECUTABLE", chromium.display())
        .env("CHROMIUM_EXTRA_ARGS", json!(CHROMIUM_ARGS))
        .env("RUN_DIR", folder.path().join("run").display())
        // The site is on this machine.
        .env("NETWORK_DENY", "link-local,own")
}

impl Ground<'_> {
    async fn gateway(&self, prefix: &str) -> anyhow::Result<(Process, String)> {
        let port = ports::free();
        let path: PathBuf = programs::ours("puppet-master-gateway")?;
        let program = Program::new(path)
            .env("LISTEN_PORT", port)
            .env("API_TOKEN", TOKEN)
            .env("LOG_LEVEL", "warn")
            .env("COUCH_DB_HOST", &self.couchdb.host)
            .env("COUCH_DB_PORT", self.couchdb.port)
            .env("COUCH_DB_USERNAME", &self.couchdb.username)
            .env("COUCH_DB_PASSWORD", &self.couchdb.password)
            .env("COUCH_DB_DATABASE", prefix);
        let program = self.queue(prefix).into_iter().fold(program, |program, (name, value)| program.env(name, value));
        let mut process = program.spawn();
        process.wait_for_port(port, START).await;
        Ok((process, format!("http://127.0.0.1:{port}")))
    }

    fn queue(&self, prefix: &str) -> Vec<(&'static str, String)> {
        vec![
            ("QUEUE_HOST", self.broker.host.clone()),
            ("QUEUE_PORT", self.broker.port.to_string()),
            ("QUEUE_USERNAME", self.broker.username.clone()),
            ("QUEUE_PASSWORD", self.broker.password.clone()),
            ("JOBS_QUEUE", format!("{prefix}-jobs")),
            ("RESULTS_QUEUE", format!("{prefix}-results")),
        ]
    }
}
