//! Consumes jobs, runs each in a slot with a Chromium of its own, publishes the results.
//!
//! The executor itself never runs job code: it keeps the broker's connection and its heartbeats, and one child process
//! per [`slot`]. A job that spins, leaks or crashes hurts its own slot only, and the slot is replaced.

pub mod attempts;
mod browser_pool;
pub mod config;
pub mod events;
pub mod job_message;
mod job_run;
mod memory;
pub mod metrics;
mod page_setup;
pub mod protocol;
mod recent;
pub mod run_directory;
pub mod running;
pub mod slot;
mod slot_output;
pub mod slot_process;
pub mod slots;
mod status;
pub mod worker;

use std::io;
use std::sync::Arc;

use job_model::{JobControl, JobResult, LogEntry};
use job_queue::{JobQueue, Topic};
use service::Backoff;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use config::ExecutorArgs;
use events::EventPublisher;
use metrics::Metrics;
use protocol::{JobOrder, SlotSettings};
use run_directory::{RunDirectory, RunDirectoryError};
use running::Running;
use slot::{Slot, SlotError, SlotProgram};
use slots::SlotPool;
use status::Status;
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
    /// Chromium could not be started, so many times in a row that trying on is no use.
    #[error("Chromium could not be started {attempts} times in a row (BROWSER_START_ATTEMPTS)")]
    BrowserBroken {
        /// How many times.
        attempts: u16,
    },
    /// The slot for a single job failed.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The program's own path is unknown.
    #[error("failed to find this program's own file")]
    Program(#[source] io::Error),
}

/// Runs jobs from the queue until `stop` is cancelled, then drains.
///
/// # Errors
/// [`ExecutorError`] when no job can be run at all; the queue keeps the jobs.
pub async fn run(
    args: ExecutorArgs,
    queue: Arc<dyn JobQueue>,
    program: SlotProgram,
    stop: CancellationToken,
) -> Result<(), ExecutorError> {
    let listener = match args.status_port.map(u16::from) {
        Some(port) => Some(status::listen(port).await.map_err(|source| ExecutorError::StatusPort { port, source })?),
        None => None,
    };
    let run_directory = RunDirectory::create(&args.run_dir)?;
    let size = args.concurrency();
    let metrics = Arc::new(Metrics::default());
    tracing::info!(slots = size, run_dir = %run_directory.path().display(), "executor begins");
    let start_attempts = args.browser.browser_start_attempts;
    let settings = slot_settings(&args);
    let slots = Arc::new(SlotPool::start(size, program, settings, run_directory, start_attempts, Arc::clone(&metrics)));
    let status = Status {
        queue: Arc::clone(&queue),
        slots: Arc::clone(&slots),
        metrics: Arc::clone(&metrics),
        stop: stop.clone(),
    };
    let _status = listener.map(|listener| AbortOnDropHandle::new(tokio::spawn(status.serve(listener))));
    let running = Running::default();
    let _control = AbortOnDropHandle::new(tokio::spawn(obey(queue.clone(), running.clone())));
    let worker = Arc::new(Worker {
        events: EventPublisher::new(queue.clone()),
        queue,
        slots: slots.clone(),
        running,
        metrics,
        defaults: Defaults { timeout: args.job_timeout, max_attempts: args.max_attempts.get().into() },
        stop: stop.clone(),
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
    slots.stop().await;
    tracing::info!("executor ends");
    outcome
}

/// Runs one job in a slot of its own, without any queue.
///
/// # Errors
/// [`ExecutorError`] when the job could not be run; a job that failed is a result.
pub async fn run_one(
    args: &ExecutorArgs,
    program: &SlotProgram,
    order: JobOrder,
    stop: &CancellationToken,
    on_log: impl FnMut(LogEntry),
) -> Result<JobResult, ExecutorError> {
    let run_directory = RunDirectory::create(&args.run_dir)?;
    let settings = SlotSettings { run_dir: run_directory.slot("0"), ..slot_settings(args) };
    let (mut slot, _) = Slot::start(program, settings).await?;
    let result = slot.run(order, stop, "cancelled", on_log).await;
    slot.kill().await;
    Ok(result?)
}

/// Cancels jobs on order of a gateway, for ever.
async fn obey(queue: Arc<dyn JobQueue>, running: Running) {
    let mut backoff = Backoff::for_servers();
    loop {
        if let Ok(mut orders) = queue.subscribe(Topic::JobControl).await {
            backoff.reset();
            while let Ok(body) = orders.next().await {
                match serde_json::from_slice(&body) {
                    Ok(JobControl { cancel: Some(uuid), .. }) if running.cancel(&uuid) => {
                        tracing::info!(job.id = %uuid, "job cancelled");
                    }
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, "ignored an unknown order"),
                }
            }
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

/// What a slot of this configuration is told; its folder is still the one of all slots.
pub fn slot_settings(args: &ExecutorArgs) -> SlotSettings {
    const MIB: u64 = 1024 * 1024;
    let browser = &args.browser;
    SlotSettings {
        run_dir: args.run_dir.clone(),
        chromium_executable: browser.chromium_executable.clone(),
        headless: browser.chromium_headless != "false",
        extra_args: browser.chromium_extra_args.0.clone(),
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
        allow_local_files: args.allow_local_files,
    }
}
