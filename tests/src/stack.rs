//! The whole stack as real processes: RabbitMQ, CouchDB's protocol, gateways and executors.
//!
//! Each stack has its own database server, queues and run directory. When it is dropped its processes are killed; a
//! test calls [`Stack::stop`] to end them gently and to check that nothing is left.

use std::path::{Path, PathBuf};
use std::time::Duration;

use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use tempfile::TempDir;
use testkit::processes::{self, Process, Program};
use testkit::services::{self, CouchDb, RabbitMq};
use testkit::{names, ports};

use crate::client::Client;

/// The token of every test gateway.
pub const TOKEN: &str = "puppet";
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(60);

/// A running stack.
pub struct Stack {
    /// The broker.
    pub broker: RabbitMq,
    /// The database.
    pub database: CouchDb,
    /// Gateways by the order of their start.
    pub gateways: Vec<Gateway>,
    /// Executors by the order of their start.
    pub executors: Vec<Process>,
    /// What every gateway and executor is told beside a test's own words for it.
    pub env: Vec<(String, String)>,
    queue_prefix: String,
    run_dir: TempDir,
}

/// A gateway process with its port.
pub struct Gateway {
    /// The process.
    pub process: Process,
    /// Where it listens.
    pub port: u16,
}

impl Gateway {
    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(format!("http://127.0.0.1:{}", self.port), TOKEN)
    }
}

impl Stack {
    /// One gateway and `executors` executors with one slot each, on the shared broker.
    pub async fn start(executors: usize) -> Self {
        let mut stack = Self::services(services::rabbitmq().await, services::couchdb().await);
        stack.add_gateway(&[]).await;
        stack.client().wait_ready(START).await;
        for _ in 0..executors {
            stack.add_executor(&[]);
        }
        stack
    }

    /// The services alone.
    pub fn services(broker: RabbitMq, database: CouchDb) -> Self {
        let run_dir = tempfile::Builder::new().prefix("run-").tempdir().expect("a temporary directory");
        let (gateways, executors, env) = (Vec::new(), Vec::new(), Vec::new());
        Self { broker, database, gateways, executors, env, queue_prefix: names::unique("e2e"), run_dir }
    }

    /// Adds a gateway and waits until it listens.
    pub async fn add_gateway(&mut self, env: &[(&str, &str)]) -> &mut Gateway {
        let port = ports::free();
        let mut process = self.gateway_program(port, env).spawn();
        process.wait_for_port(port, START).await;
        self.gateways.push(Gateway { process, port });
        self.gateways.last_mut().expect("it was pushed just now")
    }

    /// The program of a gateway on that port.
    pub fn gateway_program(&self, port: u16, env: &[(&str, &str)]) -> Program {
        let program = self
            .queue_env(Program::new(processes::binary("puppet-master-gateway")))
            .env("LISTEN_PORT", port)
            .env("API_TOKEN", TOKEN)
            .env("COUCH_DB_HOST", &self.database.host)
            .env("COUCH_DB_PORT", self.database.port)
            .env("COUCH_DB_USERNAME", &self.database.username)
            .env("COUCH_DB_PASSWORD", &self.database.password);
        env.iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    /// Adds an executor with one slot, and does not wait.
    pub fn add_executor(&mut self, env: &[(&str, &str)]) -> &mut Process {
        let process = self.executor_program(env).spawn();
        self.executors.push(process);
        self.executors.last_mut().expect("it was pushed just now")
    }

    /// The program of an executor.
    pub fn executor_program(&self, env: &[(&str, &str)]) -> Program {
        let program = self
            .queue_env(Program::new(processes::binary("puppet-master-executor")))
            .env("EXECUTOR_CONCURRENCY", 1)
            .env("CHROMIUM_EXTRA_ARGS", CHROMIUM_ARGS)
            // The sites of tests are on this machine.
            .env("NETWORK_DENY", "link-local,own")
            .env("RUN_DIR", self.run_dir().display());
        env.iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    /// The jobs and results on the broker, for a look past the gateway.
    ///
    /// # Panics
    /// When no thread can be started.
    pub fn queue(&self) -> RabbitMqQueue {
        let (jobs_queue, results_queue) = self.queue_names();
        let config = RabbitMqConfig {
            host: self.broker.host.clone(),
            port: self.broker.port,
            username: self.broker.username.clone(),
            password: self.broker.password.clone(),
            jobs_queue,
            results_queue,
            ..RabbitMqConfig::default()
        };
        RabbitMqQueue::new(config).expect("a connection of the test's own")
    }

    /// A client of the first gateway.
    pub fn client(&self) -> Client {
        self.gateways[0].client()
    }

    /// Where the executors keep their browser profiles.
    pub fn run_dir(&self) -> &Path {
        self.run_dir.path()
    }

    /// The names of this stack's queues: jobs, results.
    pub fn queue_names(&self) -> (String, String) {
        (format!("{}-jobs", self.queue_prefix), format!("{}-results", self.queue_prefix))
    }

    /// Ends every process gently and checks that no browser and no folder of one is left.
    pub async fn stop(mut self) {
        self.stop_processes().await;
        self.assert_nothing_left().await;
    }

    /// Ends every process gently.
    pub async fn stop_processes(&mut self) {
        stop(self.executors.iter_mut().chain(self.gateways.iter_mut().map(|gateway| &mut gateway.process))).await;
    }

    /// Ends every executor gently, with the jobs that it has.
    pub async fn stop_executors(&mut self) {
        stop(self.executors.iter_mut()).await;
    }

    /// Checks that no browser and no folder of one is left.
    pub async fn assert_nothing_left(&self) {
        processes::assert_none_mentioning(&self.run_dir().display().to_string(), Duration::from_secs(10)).await;
        let left: Vec<PathBuf> = std::fs::read_dir(self.run_dir())
            .expect("the run directory is there")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }

    fn queue_env(&self, program: Program) -> Program {
        let program = self.env.iter().fold(program, |program, (name, value)| program.env(name, value));
        program
            .env("QUEUE_HOST", &self.broker.host)
            .env("QUEUE_PORT", self.broker.port)
            .env("QUEUE_USERNAME", &self.broker.username)
            .env("QUEUE_PASSWORD", &self.broker.password)
            .env("JOBS_QUEUE", self.queue_names().0)
            .env("RESULTS_QUEUE", self.queue_names().1)
    }
}

/// The run directory goes last, when nobody writes to it any more: also the browsers of executors that were killed.
impl Drop for Stack {
    fn drop(&mut self) {
        self.executors.clear();
        self.gateways.clear();
        processes::wait_for_end_of_mentioning(&self.run_dir().display().to_string());
    }
}

/// Tells all of them to end, then waits for each.
async fn stop(processes: impl Iterator<Item = &mut Process>) {
    let mut ending: Vec<&mut Process> = processes.collect();
    for process in &mut ending {
        if process.exit_status().is_none() {
            process.terminate();
        }
    }
    for process in ending {
        process.wait(STOP).await;
    }
}

/// A browser on a machine without a network of its own.
pub const CHROMIUM_ARGS: &str = r#"["--disable-background-networking","--disable-component-update","--disable-sync"]"#;
