//! A gateway and an executor of this process's own, for the jobs of one command. Nothing of them is left afterwards.

use std::fs::DirBuilder;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, FromArgMatches};
use executor::ExecutorError;
use executor::config::ExecutorArgs;
use executor::slot::SlotProgram;
use gateway::config::Settings;
use job_files::JobFiles;
use job_model::Record;
use job_queue::JobQueue;
use job_queue::embedded::EmbeddedQueue;
use job_store::JobStore;
use job_store::embedded::EmbeddedJobStore;
use job_store::records::EmbeddedRecordStore;
use service::{Chain, Secret, TelemetryArgs};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::api::Gateway;
use crate::data_dir::DataDir;
use crate::one_process::run_both;
use crate::random_digits::random_digits;

/// What the folders of these are called; the number is the process.
const PREFIX: &str = "command-";
/// Longest time for the end.
const END: Duration = Duration::from_secs(20);

/// Gateway and executor in this process.
pub(crate) struct Local {
    /// The way to them.
    pub(crate) gateway: Gateway,
    running: Running,
    data: DataDir,
}

/// Gateway and executor as they run: this ends when no job can be run.
pub(crate) struct Running {
    task: JoinHandle<anyhow::Result<()>>,
    /// Cancelled when the two are to end, and as soon as one of them has.
    stop: CancellationToken,
}

/// Whether recordings of jobs are of any use: whether somebody keeps their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepsFiles {
    Yes,
    No,
}

impl Local {
    /// Starts them. Ends the process when the settings cannot be used, or there is no Chromium.
    pub(crate) async fn start(
        args: &ExecutorArgs,
        telemetry: &TelemetryArgs,
        keeps: KeepsFiles,
    ) -> anyhow::Result<Self> {
        if let Err(error) = executor::check(args) {
            service::config::refuse(Chain(&error));
        }
        let program = SlotProgram::this_program(telemetry).context("failed to find this program's own file")?;
        let run_dir = args.run_dir();
        remove_left_over(&run_dir);
        let folder = run_dir.join(format!("{PREFIX}{}", std::process::id()));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.with_context(|| format!("failed to make {}", folder.display()))?;
        let data = DataDir::at(folder);
        let queue: Arc<dyn JobQueue> = Arc::new(EmbeddedQueue::open(data.queue())?);
        let store: Arc<dyn JobStore> = Arc::new(EmbeddedJobStore::open(data.jobs())?);
        let files = JobFiles::in_folder(&data.files())?;
        let listener = service::listen(Some(Ipv4Addr::LOCALHOST.into()), 0).await;
        let listener = listener.context("failed to listen on 127.0.0.1")?;
        let address = listener.local_addr()?;

        let token = Secret::new(random_digits().context("failed to make a token")?);
        let settings = settings(token.clone(), args.job_timeout);
        let executor_args = executor_args(args, address, keeps);
        let stop = CancellationToken::new();
        let records = Arc::new(EmbeddedRecordStore::open(data.records())?);
        let parts = gateway::Parts { store, records, queue: Arc::clone(&queue), files: Some(files.clone()) };
        let stopping = stop.clone();
        let running = tokio::spawn(async move {
            let gateway = gateway::run_with(parts, settings, listener, stopping.clone());
            let executor = executor::run(executor_args, queue, Some(files), program, stopping.clone());
            let (gateway, executor) = run_both(gateway, executor, &stopping).await;
            executor?;
            gateway
        });
        let gateway = Gateway::at(format!("http://{address}"), token)?;
        let running = Running { task: running, stop };
        Ok(Self { gateway, running, data })
    }

    /// The way to them, and what runs.
    pub(crate) fn parts(&mut self) -> (&Gateway, &mut Running) {
        (&self.gateway, &mut self.running)
    }

    /// Ends them.
    pub(crate) async fn end(mut self) {
        self.running.stop.cancel();
        if !self.running.task.is_finished() {
            let _ = timeout(END, &mut self.running.task).await;
        }
        let _ = std::fs::remove_dir_all(self.data.path());
    }
}

impl Running {
    /// Waits for what keeps all jobs from running.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        match (&mut self.task).await {
            Ok(Ok(())) => anyhow!("the executor has ended"),
            Ok(Err(error)) if matches!(error.downcast_ref(), Some(ExecutorError::BrowserBroken { .. })) => {
                anyhow!("Chromium could not be started: the warning above says why, `puppet-master doctor` what to do")
            }
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        }
    }

    /// What is behind an error of a request: while the two end it is why they do.
    pub(crate) async fn cause_of(&mut self, error: anyhow::Error) -> anyhow::Error {
        if !self.stop.is_cancelled() {
            return error;
        }
        timeout(END, self.failure()).await.unwrap_or(error)
    }
}

/// The gateway's defaults, whatever the environment says of another gateway.
fn settings(token: Secret, job_timeout: Duration) -> Settings {
    let command = Settings::augment_args(clap::Command::new("gateway").no_binary_name(true));
    let command = command.mut_args(|arg| arg.env(None::<&'static str>));
    let matches = command.get_matches_from(std::iter::empty::<&str>());
    let settings = Settings::from_arg_matches(&matches).expect("every setting has a default");
    let requeue_after = Some(settings.requeue_after().max(job_timeout));
    Settings { api_token: Some(token), dashboard: false, requeue_after, stop_grace: END, ..settings }
}

fn executor_args(args: &ExecutorArgs, gateway: SocketAddr, keeps: KeepsFiles) -> ExecutorArgs {
    let mut args = args.clone();
    args.executor_concurrency = Some(NonZeroU16::MIN);
    args.status_port = None;
    // Somebody waits who can mend what is wrong.
    args.browser.browser_start_attempts = NonZeroU16::MIN;
    args.stop_grace = Duration::ZERO;
    if keeps == KeepsFiles::No {
        args.job_record = Record::Never;
    }
    args.network.on_own_machine = true;
    args.network.add_own("0.0.0.0", gateway.port());
    args
}

/// Removes the folders of commands that were killed.
fn remove_left_over(run_dir: &Path) {
    for entry in std::fs::read_dir(run_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
