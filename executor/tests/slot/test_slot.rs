//! A slot for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use executor::config::ExecutorArgs;
use executor::protocol::{BrowserReport, JobEnd, JobOrder, SlotSettings};
use executor::slot::{Slot, SlotError, SlotProgram};
use executor::taken_files::TakenFiles;
use job_model::{JobId, JobResult, LogEntry};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use testkit::processes;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    executor: ExecutorArgs,
}

/// A running slot and its folder.
pub(crate) struct TestSlot {
    slot: Slot,
    folder: TempDir,
    /// What its next jobs say of certificates.
    pub(crate) ignore_https_errors: Option<bool>,
}

impl TestSlot {
    /// With the defaults and these flags.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let arguments = Arguments::parse_from([&["test"], flags].concat());
        let folder = tempfile::tempdir().expect("a folder");
        let run_dir = folder.path().join("slot-0");
        let settings = SlotSettings { run_dir, ..executor::slot_settings(&arguments.executor) };
        let program = SlotProgram {
            executable: env!("CARGO_BIN_EXE_puppet-master-executor").into(),
            args: ["slot", "--log-format=text", "--log-level=warn"].map(Into::into).into(),
        };
        let (slot, _) = Slot::start(&program, settings).await.expect("a slot that starts");
        Self { slot, folder, ignore_https_errors: None }
    }

    /// Runs a job with 30 seconds of time to its result.
    pub(crate) async fn run(&mut self, code: &str, vars: &[(&str, String)]) -> JobResult {
        self.run_for(Duration::from_secs(30), code, vars).await.expect("the slot lives")
    }

    /// Runs a job with 30 seconds of time to its result and the files that it left.
    pub(crate) async fn run_with_files(&mut self, code: &str, vars: &[(&str, String)]) -> (JobResult, TakenFiles) {
        let ended = self.end_of(Duration::from_secs(30), code, vars).await.expect("the slot lives");
        let (uuid, end, logs) = ended;
        let files = end.files.clone();
        (end.into_result(uuid, logs).expect("results that can be read"), files)
    }

    /// Runs a job that is stopped after `timeout`.
    pub(crate) async fn run_for(
        &mut self,
        timeout: Duration,
        code: &str,
        vars: &[(&str, String)],
    ) -> Result<JobResult, SlotError> {
        let (uuid, end, logs) = self.end_of(timeout, code, vars).await?;
        Ok(end.into_result(uuid, logs).expect("results that can be read"))
    }

    async fn end_of(
        &mut self,
        timeout: Duration,
        code: &str,
        vars: &[(&str, String)],
    ) -> Result<(JobId, JobEnd, Vec<LogEntry>), SlotError> {
        let vars: BTreeMap<_, _> = vars.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let uuid = JobId::parse("job").expect("an id");
        let order = JobOrder {
            vars,
            ignore_https_errors: self.ignore_https_errors,
            ..JobOrder::new(uuid.clone(), code.to_owned(), timeout)
        };
        let mut logs = Vec::new();
        let end = self.slot.run(order, &CancellationToken::new(), "cancelled", |entry| logs.push(entry)).await?;
        Ok((uuid, end, logs))
    }

    /// Waits until the slot is ready for the next job.
    pub(crate) async fn ready(&mut self) -> BrowserReport {
        self.slot.ready().await.expect("the slot gets ready")
    }

    /// Runs a job that must succeed, waits until the slot is ready again, and returns the results.
    pub(crate) async fn results(&mut self, code: &str, vars: &[(&str, String)]) -> Value {
        let result = self.run(code, vars).await;
        assert_eq!(result.error, None, "{code}");
        self.ready().await;
        Value::Object(result.results)
    }

    /// The browser's main process.
    pub(crate) fn browser(&self) -> u32 {
        let found = processes::mentioning(&format!("--user-data-dir={}", self.folder.path().display()));
        // Debian's command is a shell script around it, which is older.
        let browser = found.into_iter().filter(|id| !processes::command_line(*id).contains("--type=")).max();
        browser.expect("the slot has a browser")
    }

    /// The slot process itself.
    pub(crate) fn process(&self) -> u32 {
        self.slot.process_id()
    }

    /// Whether the process runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.slot.is_alive()
    }

    /// The renderers of whatever browsers it has.
    pub(crate) fn renderers(&self) -> BTreeSet<u32> {
        let browsers = processes::mentioning(&self.folder.path().display().to_string());
        let processes = browsers.into_iter().flat_map(processes::tree);
        processes.filter(|id| processes::command_line(*id).contains("--type=renderer")).collect()
    }

    /// Ends it, and checks that nothing of it is left.
    pub(crate) async fn end(self) {
        let Self { slot, folder, .. } = self;
        slot.kill().await;
        processes::assert_none_mentioning(&folder.path().display().to_string(), Duration::from_secs(10)).await;
        assert!(is_empty(folder.path()), "the slot left files");
    }
}

/// Sends a signal to a process that lives.
pub(crate) fn signal(id: u32, signal: Signal) {
    kill(Pid::from_raw(id.cast_signed()), signal).expect("the process lives");
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").next().is_none()
}
