//! `puppet-master up`: gateway and executor in this process, jobs in SQLite, the queue embedded. No server needed.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use executor::config::ExecutorArgs;
use executor::slot::SlotProgram;
use gateway::config::{ConfigError, Settings};
use job_files::JobFiles;
use job_queue::JobQueue;
use job_queue::embedded::{EmbeddedQueue, InUse};
use job_store::JobStore;
use job_store::embedded::EmbeddedJobStore;
use job_store::records::EmbeddedRecordStore;
use service::config::time_text;
use service::{Chain, FilesArgs, ListenArgs, Secret, StopArgs, TelemetryArgs, Traces, TracesArgs};

use crate::data_dir::DataDir;
use crate::one_process::run_both;
use crate::output::note;
use crate::random_digits::random_digits;

/// Where `up` is reached unless it is told otherwise: from this machine alone.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Jobs and queue survive a restart in DATA_DIR.
#[derive(Debug, clap::Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// Folder for the jobs and the queue.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "puppet-master-data")]
    data_dir: PathBuf,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    executor: ExecutorArgs,
    #[command(flatten)]
    files: FilesArgs,
    #[command(flatten)]
    stop: StopArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
    #[command(flatten)]
    traces: TracesArgs,
}

/// Runs until a signal.
pub(crate) async fn run(args: UpArgs) -> anyhow::Result<ExitCode> {
    let makes_token = makes_token(&args.settings).unwrap_or_else(|error| service::config::refuse(error));
    if let Err(error) = args.check() {
        service::config::refuse(error);
    }
    if args.settings.enable_jobs
        && let Err(error) = executor::check(&args.executor)
    {
        service::config::refuse(Chain(&error));
    }
    service::telemetry::init(&args.telemetry)?;
    let stop = service::shutdown_on_signals().context("failed to listen for signals")?;
    let program = SlotProgram::this_program(&args.telemetry).context("failed to find this program's own file")?;
    let data_dir = DataDir::at(&args.data_dir);
    data_dir.make()?;
    // The queue first: its lock keeps a second `up` away from everything else.
    let queue = open_queue(&data_dir)?;
    let mut settings = args.gateway_settings();
    settings.changed = service::config::changed::<crate::commands::Cli, UpArgs>();
    let mut told = None;
    if makes_token {
        let (token, made) = kept_token(&data_dir.token())?;
        told = Some(match made {
            Made::Now => format!("API token, kept in {}: {}", data_dir.token().display(), token.expose()),
            Made::Before => format!("API token: see {}", data_dir.token().display()),
        });
        settings.api_token = Some(token);
    }
    let store: Arc<dyn JobStore> = Arc::new(EmbeddedJobStore::open(data_dir.jobs())?);
    let records = Arc::new(EmbeddedRecordStore::open(data_dir.records())?);
    let address = args.listen.address.unwrap_or(HERE);
    let listener = service::listen(Some(address), args.listen.port)
        .await
        .with_context(|| format!("failed to listen on {address} (LISTEN_ADDRESS), port {}", args.listen.port))?;
    note(&format!("puppet-master listens on {}, jobs in {}", place(listener.local_addr()?), data_dir.path().display()));
    if let Some(told) = told {
        note(&told);
    }
    settings.webhooks.on_own_machine = true;
    settings.traces = Traces::start(&args.traces, "puppet-master")?;
    let executor_args = args.executor_args(settings.traces.clone(), listener.local_addr()?.port());
    let enable_jobs = settings.enable_jobs;
    let files = match args.files.files_url.as_deref() {
        Some(address) => JobFiles::open(address),
        None => JobFiles::in_folder(&data_dir.files()),
    }?;
    let parts = gateway::Parts { store, records, queue: queue.clone(), files: Some(files.clone()) };
    let gateway = gateway::run_with(parts, settings, listener, stop.clone());
    let executor = async {
        if enable_jobs {
            return executor::run(executor_args, queue, Some(files), program, stop.clone()).await;
        }
        stop.cancelled().await;
        Ok(())
    };
    let (gateway, executor) = run_both(gateway, executor, &stop).await;
    gateway.context("the gateway failed").and(executor.context("the executor failed"))?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the queue, and ends the program when another one works with it.
fn open_queue(data_dir: &DataDir) -> anyhow::Result<Arc<dyn JobQueue>> {
    let error = match EmbeddedQueue::open(data_dir.queue()) {
        Ok(queue) => return Ok(Arc::new(queue)),
        Err(error) => error,
    };
    let Some(InUse { pid }) = error.source().and_then(|source| source.downcast_ref()) else {
        return Err(error.into());
    };
    let folder = data_dir.path().display();
    service::config::refuse(format_args!("process {pid} works with DATA_DIR {folder}: end it, or name another folder"))
}

impl UpArgs {
    /// What the executor beside this gateway is told; the gateway listens on `port`.
    fn executor_args(&self, traces: Traces, port: u16) -> ExecutorArgs {
        let mut args = self.executor.clone().with_stop(&self.stop);
        args.traces = traces;
        args.changed = service::config::changed::<crate::commands::Cli, ExecutorArgs>();
        args.status_address.get_or_insert(HERE);
        args.network.on_own_machine = true;
        args.network.add_own("0.0.0.0", port);
        args
    }

    /// Refuses what no single variable shows.
    fn check(&self) -> Result<(), String> {
        let (lost, job) = (self.settings.requeue_after.filter(|time| !time.is_zero()), self.executor.job_timeout);
        if let Some(lost) = lost.filter(|lost| *lost < job) {
            return Err(format!(
                "REQUEUE_AFTER (--requeue-after), {}, is below JOB_TIMEOUT (--job-timeout), {}: jobs would count as lost \
                 while they run",
                time_text(lost),
                time_text(job)
            ));
        }
        if self.executor.status_port.is_some_and(|port| port.get() == self.listen.port) {
            return Err(format!(
                "LISTEN_PORT (--listen-port) and STATUS_PORT (--status-port) are both {}: they must differ",
                self.listen.port
            ));
        }
        Ok(())
    }

    /// The gateway's settings; a job is not lost before it can have ended.
    fn gateway_settings(&self) -> Settings {
        let settings = self.settings.clone().with_stop(&self.stop);
        let requeue_after = settings.requeue_after.unwrap_or(settings.requeue_after().max(self.executor.job_timeout));
        Settings { requeue_after: Some(requeue_after), ..settings }
    }
}

/// Whether the API is on and no token is given for it.
fn makes_token(settings: &Settings) -> Result<bool, ConfigError> {
    match settings.tokens() {
        Ok(_) => Ok(false),
        Err(ConfigError::NoToken) => Ok(true),
        Err(error) => Err(error),
    }
}

/// The URL of the API for a reader on this machine, and whether others reach it.
fn place(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://{}, and on every other address of this machine", SocketAddr::new(HERE, address.port()));
    }
    format!("http://{address}")
}

/// When a token was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

/// The token in the file, made at the first start; only its owner may read it.
fn kept_token(file: &Path) -> anyhow::Result<(Secret, Made)> {
    let failed = || format!("failed to keep the API token in {}", file.display());
    match std::fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => return Ok((Secret::new(text.trim()), Made::Before)),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(failed),
        _ => {}
    }
    let token = random_digits().context("failed to make an API token")?;
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(file).with_context(failed)?;
    std::io::Write::write_all(&mut out, token.as_bytes()).with_context(failed)?;
    Ok((Secret::new(token), Made::Now))
}

#[cfg(test)]
mod tests {
    use super::{Made, kept_token, place};

    #[test]
    fn the_address_that_is_told_leads_there() {
        let told = |address: &str| place(address.parse().unwrap());
        assert_eq!(told("127.0.0.1:3000"), "http://127.0.0.1:3000");
        assert_eq!(told("[::1]:3000"), "http://[::1]:3000");
        assert_eq!(told("[::]:3000"), "http://127.0.0.1:3000, and on every other address of this machine");
    }

    #[test]
    fn a_made_token_is_kept_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("api-token");
        let (token, made) = kept_token(&file).unwrap();
        assert_eq!((token.expose().len(), made), (32, Made::Now));
        let (again, made) = kept_token(&file).unwrap();
        assert_eq!((again.expose(), made), (token.expose(), Made::Before));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
