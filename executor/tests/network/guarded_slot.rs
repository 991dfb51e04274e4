//! A slot behind the guard, with names of the test's own.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;
use egress::{Answer, Resolve};
use executor::config::ExecutorArgs;
use executor::network::Network;
use executor::protocol::{JobOrder, SlotSettings};
use executor::slot::{Slot, SlotProgram};
use futures::future::BoxFuture;
use job_model::{JobId, JobNetwork, JobResult, Level, TokenNetwork};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    executor: ExecutorArgs,
}

/// Names with a row of answers each: every lookup takes the next one, the last one stays.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Names {
    pub(crate) fn set(&self, name: &str, answers: &[&[&str]]) {
        let answers =
            answers.iter().map(|answer| answer.iter().map(|text| text.parse().expect("an address")).collect());
        self.0.lock().expect("names").insert(name.to_owned(), answers.rev().collect());
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let mut names = self.0.lock().expect("names");
            let row = names.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            if row.len() > 1 { row.pop() } else { row.last().cloned() }.ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }
}

/// A running slot, its network and its folder.
pub(crate) struct GuardedSlot {
    slot: Slot,
    pub(crate) names: Arc<Names>,
    folder: TempDir,
}

impl GuardedSlot {
    /// With the defaults and these flags.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let arguments = Arguments::parse_from([&["test"], flags].concat());
        let names = Arc::new(Names::default());
        let network = Network::start_with(&arguments.executor, names.clone()).await.expect("a network");
        let folder = tempfile::tempdir().expect("a folder");
        let run_dir = folder.path().join("slot-0");
        let settings = SlotSettings { run_dir, ..executor::slot_settings(&arguments.executor) };
        let program = SlotProgram {
            executable: env!("CARGO_BIN_EXE_puppet-master-executor").into(),
            args: ["slot", "--log-format=text", "--log-level=warn"].map(Into::into).into(),
        };
        let (slot, _) = Slot::start_behind(&program, settings, &network).await.expect("a slot that starts");
        Self { slot, names, folder }
    }

    /// Runs a job that is stopped after 30 seconds, and waits until the slot is ready again.
    pub(crate) async fn run(&mut self, code: &str, vars: &[(&str, &str)]) -> JobResult {
        self.run_with(code, vars, None, None).await
    }

    /// The same for a job with rules of its own and of its token.
    pub(crate) async fn run_with(
        &mut self,
        code: &str,
        vars: &[(&str, &str)],
        network: Option<JobNetwork>,
        network_token: Option<TokenNetwork>,
    ) -> JobResult {
        let vars: BTreeMap<_, _> = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let uuid = JobId::parse("job").expect("an id");
        let order = JobOrder {
            vars,
            network,
            network_token,
            ..JobOrder::new(uuid.clone(), code.to_owned(), Duration::from_secs(30))
        };
        let mut logs = Vec::new();
        let stop = CancellationToken::new();
        let end = self.slot.run(order, &stop, "cancelled", |entry| logs.push(entry)).await.expect("the slot lives");
        self.slot.ready().await.expect("the slot gets ready");
        end.into_result(uuid, logs).expect("results that can be read")
    }

    /// Runs a job that must succeed and returns its results.
    pub(crate) async fn results(&mut self, code: &str, vars: &[(&str, &str)]) -> Value {
        let result = self.run(code, vars).await;
        assert_eq!(result.error, None, "{code}");
        Value::Object(result.results)
    }

    /// Where its browsers have their profiles.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The slot's process.
    pub(crate) fn process_id(&self) -> u32 {
        self.slot.process_id()
    }

    pub(crate) async fn end(self) {
        self.slot.kill().await;
    }
}

/// The lines of a job's log that the guard has written.
pub(crate) fn told(result: &JobResult) -> Vec<&str> {
    let lines = result.logs.iter().filter(|entry| entry.level == Level::Warn);
    lines.filter_map(|entry| entry.message.strip_prefix("Network: ")).collect()
}
