//! An executor whose slots only pretend, and what came of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use executor::ExecutorError;
use executor::config::ExecutorArgs;
use executor::slot::SlotProgram;
use job_queue::JobQueue;
use job_queue::embedded::EmbeddedQueue;
use service::StopArgs;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest time for anything that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    stop: StopArgs,
}

/// The folder of one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn queue(&self) -> Arc<dyn JobQueue> {
        Arc::new(EmbeddedQueue::open(self.0.path().join("queue.sqlite")).expect("a queue"))
    }

    /// The uuids of the jobs that were begun, in order.
    pub(crate) fn begun(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.file("begun")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until so many jobs were begun.
    pub(crate) async fn wait_begun(&self, count: usize) {
        until("jobs are begun", || self.begun().len() >= count).await;
    }

    /// Lets the jobs that hold go on.
    pub(crate) fn go(&self) {
        std::fs::write(self.file("go"), "").expect("a file");
    }

    /// Lets the jobs that come hold again.
    pub(crate) fn stop_going(&self) {
        std::fs::remove_file(self.file("go")).expect("they went");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A running executor.
pub(crate) struct Executor {
    stop: CancellationToken,
    task: JoinHandle<Result<(), ExecutorError>>,
}

impl Executor {
    /// With one slot and these flags.
    pub(crate) fn start(folder: &Folder, queue: &Arc<dyn JobQueue>, flags: &[&str]) -> Self {
        let run_dir = format!("--run-dir={}", folder.path().join("run").display());
        let own = ["executor", "--executor-concurrency=1", "--chromium-executable=/bin/true", &run_dir];
        let own: Vec<&str> = own.into_iter().filter(|flag| !flags.iter().any(|other| same(flag, other))).collect();
        let arguments = Arguments::parse_from([&own[..], flags].concat());
        let script = include_str!("slot.sh");
        let program = SlotProgram {
            executable: "/bin/sh".into(),
            args: vec!["-c".into(), script.into(), "slot".into(), folder.path().into()],
        };
        let stop = CancellationToken::new();
        let settings = arguments.executor.with_stop(&arguments.stop);
        let task = tokio::spawn(executor::run(settings, Arc::clone(queue), None, program, stop.clone()));
        Self { stop, task }
    }

    /// Ends it as SIGTERM does.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended.expect("the executor ends").expect("it does not panic").expect("it ends well");
    }

    /// Ends it as a crash does: nothing is settled, nothing is said.
    pub(crate) async fn die(self) {
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()));
    }
}

/// Whether two flags set the same.
fn same(flag: &str, other: &str) -> bool {
    flag.contains('=') && flag.split('=').next() == other.split('=').next()
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
}
