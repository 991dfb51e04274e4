//! Consumes jobs, runs each in a slot with a Chromium of its own, publishes the results.
//!
//! The executor itself never runs job code: it keeps the broker's connection and its heartbeats, and one child process
//! per [`slot`]. A job that spins, leaks or crashes hurts its own slot only, and the slot is replaced.

mod attempts;
mod browser_pool;
pub mod chromium_sandbox;
mod chromiums;
pub mod config;
mod draining;
mod environment;
mod events;
mod file_store;
mod heartbeats;
pub mod job_message;
mod job_registry;
mod job_run;
mod live;
mod memory;
mod message_headers;
mod metrics;
pub mod network;
mod order_listener;
mod orders;
mod page_setup;
mod processes;
pub mod protocol;
mod questions;
mod recent_ids;
mod recorder;
mod result_message;
mod run_directory;
pub mod safeguard_choice;
mod safeguards;
pub mod slot;
mod slot_fetch;
mod slot_lock;
mod slot_meter;
mod slot_network;
mod slot_output;
mod slot_pipe;
pub mod slot_process;
mod slots;
mod status;
pub mod taken_files;
mod watches;
mod worker;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use browser::LaunchError;
use job_files::JobFiles;
use job_model::{JobResult, LogEntry, Timestamp};
use job_queue::JobQueue;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use chromium_sandbox::{ChromiumSandbox, NoSandbox};
use config::ExecutorArgs;
use draining::Draining;
use events::EventPublisher;
use file_store::FileStore;
use heartbeats::Heart;
use job_registry::JobRegistry;
use metrics::Metrics;
use network::{Network, NetworkError};
use order_listener::Obeying;
use orders::Orders;
use protocol::{JobOrder, SlotSettings};
use run_directory::{RunDirectory, RunDirectoryError};
use safeguards::Safeguards;
pub use script::JobFolder;
use slot::{Slot, SlotError, SlotProgram};
use slot_lock::KernelLocks;
use slots::SlotPool;
use status::Status;
use watches::Watches;
use worker::{Defaults, Worker};

/// Why an executor could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// There is no place for browser profiles.
    #[error(transparent)]
    RunDirectory(#[from] RunDirectoryError),
    /// Somebody else listens there already.
    #[error("failed to listen on the status port {port} (STATUS_PORT)")]
    StatusPort {
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no Chromium to be started.
    #[error(transparent)]
    NoChromium(#[from] LaunchError),
    /// Chromium is not to be started without its own sandbox.
    #[error(transparent)]
    NoSandbox(#[from] NoSandbox),
    /// Chromium could not be started, so many times in a row that trying on is no use.
    #[error("Chromium could not be started {attempts} times in a row (BROWSER_START_ATTEMPTS)")]
    BrowserBroken {
        /// How many times.
        attempts: u16,
    },
    /// Jobs would have no guarded network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The slot for a single job failed.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// What the slot told of the job cannot be read.
    #[error("failed to read the results of the job")]
    Results(#[source] serde_json::Error),
}

/// Runs jobs from the queue until `stop` is cancelled, then drains.
///
/// # Errors
/// [`ExecutorError`] when no job can be run at all; the queue keeps the jobs.
pub async fn run(
    args: ExecutorArgs,
    queue: Arc<dyn JobQueue>,
    files: Option<JobFiles>,
    program: SlotProgram,
    stop: CancellationToken,
) -> Result<(), ExecutorError> {
    find_chromium(&args)?;
    let sandbox = ChromiumSandbox::choose(&args.browser)?;
    service::raise_descriptor_limit();
    let started_at = Timestamp::now();
    let listener = match args.status_port.map(u16::from) {
        Some(port) => Some(
            service::listen(args.status_address, port)
                .await
                .map_err(|source| ExecutorError::StatusPort { port, source })?,
        ),
        None => None,
    };
    let run_directory = RunDirectory::create(&args.run_dir())?;
    let size = args.concurrency();
    let network = Network::start(&args).await?;
    let metrics = Arc::new(Metrics::default());
    tracing::info!(slots = size, run_dir = %run_directory.path().display(), "executor begins");
    let safeguards = Safeguards { sandbox, namespaces: network.namespaces(), locks: KernelLocks::of_this_machine() };
    safeguards.tell();
    let start_attempts = args.browser.browser_start_attempts;
    let settings = slot_settings(&args);
    let file_limits = settings.files_limits();
    let slots = SlotPool::start(
        size,
        program,
        settings,
        Arc::clone(&network),
        run_directory,
        start_attempts,
        Arc::clone(&metrics),
    );
    let slots = Arc::new(slots);
    let status = Status {
        queue: Arc::clone(&queue),
        slots: Arc::clone(&slots),
        network,
        metrics: Arc::clone(&metrics),
        safeguards,
        stop: stop.clone(),
    };
    let _status = listener.map(|listener| AbortOnDropHandle::new(tokio::spawn(status.serve(listener))));
    let (registry, orders, executor) = (JobRegistry::default(), Orders::default(), heartbeats::executor_name());
    let (draining, watches) = (Draining::default(), Watches::default());
    let obeying = Obeying {
        orders: orders.clone(),
        registry: registry.clone(),
        draining: draining.clone(),
        watches: watches.clone(),
        executor: executor.clone(),
    };
    let listening = order_listener::listen(Arc::clone(&queue), obeying);
    let _listening = AbortOnDropHandle::new(tokio::spawn(listening));
    let heart = Arc::new(Heart {
        queue: Arc::clone(&queue),
        registry: registry.clone(),
        executor: executor.clone(),
        started_at,
        slots: size.get(),
        stop: stop.clone(),
        draining: draining.clone(),
        safeguards,
    });
    let beating = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&heart).run()));
    let worker = Arc::new(Worker {
        events: EventPublisher::new(queue.clone(), watches),
        queue,
        slots: slots.clone(),
        registry,
        orders,
        metrics,
        files: FileStore::new(files, file_limits, stop.clone()),
        defaults: Defaults {
            timeout: args.job_timeout,
            max_attempts: args.max_attempts.get().into(),
            record: args.job_record,
        },
        executor,
        stop: stop.clone(),
        draining,
    });
    let mut work = std::pin::pin!(worker.run(args.stop_grace));
    let outcome = tokio::select! {
        () = &mut work => Ok(()),
        () = slots.broken() => Err(ExecutorError::BrowserBroken { attempts: start_attempts.get() }),
    };
    if outcome.is_err() {
        stop.cancel();
        work.await;
    }
    drop(beating);
    tokio::join!(heart.last_beat(), slots.stop());
    tracing::info!("executor ends");
    outcome
}

/// Runs one job in a slot of its own, without any queue. `on_files` gets the files that it left, when there are any.
///
/// # Errors
/// [`ExecutorError`] when the job could not be run; a job that failed is a result.
pub async fn run_one(
    args: &ExecutorArgs,
    program: &SlotProgram,
    order: JobOrder,
    stop: &CancellationToken,
    mut on_log: impl FnMut(LogEntry),
    on_files: impl FnOnce(&JobFolder),
) -> Result<JobResult, ExecutorError> {
    find_chromium(args)?;
    let run_directory = RunDirectory::create(&args.run_dir())?;
    ChromiumSandbox::choose(&args.browser)?;
    let settings = SlotSettings { run_dir: run_directory.slot("0"), ..slot_settings(args) };
    let network = Network::start(args).await?;
    let (mut slot, _) = Slot::start_behind(program, settings, &network).await?;
    let (uuid, mut logs) = (order.uuid.clone(), Vec::new());
    let keep = |entry: LogEntry| {
        logs.push(entry.clone());
        on_log(entry);
    };
    let end = slot.run(order, stop, "cancelled", keep).await;
    slot.kill().await;
    let end = end?;
    if let Some(folder) = end.files.folder() {
        on_files(folder);
    }
    end.into_result(uuid, logs).map_err(ExecutorError::Results)
}

/// Checks what no single setting shows: whether there is a Chromium and a place for its profiles, whether its flags leave the
/// network guarded, and whether the system allows what is asked for.
///
/// # Errors
/// One of [`ExecutorError`], which names the setting and says what to do.
pub fn check(args: &ExecutorArgs) -> Result<(), ExecutorError> {
    find_chromium(args)?;
    network::check_settings(args)?;
    run_directory::check(&args.run_dir())?;
    ChromiumSandbox::choose(&args.browser)?;
    Ok(())
}

/// The Chromium that slots will start.
///
/// # Errors
/// [`ExecutorError::NoChromium`], which says what to install.
pub fn find_chromium(args: &ExecutorArgs) -> Result<PathBuf, ExecutorError> {
    Ok(browser::find_executable(args.browser.chromium_executable.as_deref())?)
}

/// What a slot of this configuration is told; its folder is still the one of all slots.
pub fn slot_settings(args: &ExecutorArgs) -> SlotSettings {
    const MIB: u64 = 1024 * 1024;
    let browser = &args.browser;
    SlotSettings {
        run_dir: args.run_dir(),
        chromium_executable: browser.chromium_executable.clone(),
        headless: browser.chromium_headless != "false",
        extra_args: browser.chromium_extra_args.0.clone(),
        ignore_https_errors: browser.ignore_https_errors,
        chromium_sandbox: matches!(ChromiumSandbox::choose(browser), Ok(ChromiumSandbox::On)),
        browser_start_timeout: browser.browser_start_timeout,
        isolation: browser.browser_isolation,
        browser_max_jobs: browser.browser_max_jobs,
        browser_max_age: browser.browser_max_age,
        browser_max_memory: u64::from(browser.browser_max_memory) * MIB,
        job_memory: u64::from(args.job_memory) * MIB,
        job_cpu: args.job_cpu,
        job_stack: u64::from(args.job_stack) << 10,
        job_log_lines: args.job_log_lines,
        job_log_bytes: args.job_log_bytes,
        job_result_bytes: args.job_result_bytes,
        job_document_bytes: args.job_document_bytes,
        job_page_memory: u64::from(args.job_page_memory) * MIB,
        job_browser_memory: u64::from(args.job_browser_memory) * MIB,
        job_temp_files: u64::from(args.job_temp_files) * MIB,
        job_pages: args.job_pages.get().into(),
        job_files_bytes: args.job_files_bytes,
        job_files: args.job_files,
        allow_local_files: args.allow_local_files,
        job_fetch: args.job_fetch,
        job_fetches: args.job_fetches,
        proxies: None,
    }
}
