//! The executor put together: what listens, what tells, the worker that takes jobs, and the order in which all of it ends.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use futures::FutureExt;
use futures::future::BoxFuture;
use job_files::JobFiles;
use job_model::Timestamp;
use job_queue::JobQueue;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::checks::find_chromium;
use crate::chromium_sandbox::ChromiumSandbox;
use crate::config::ExecutorArgs;
use crate::error::ExecutorError;
use crate::events::EventPublisher;
use crate::file_store::FileStore;
use crate::heartbeats::{self, Heart};
use crate::metrics::Metrics;
use crate::network::Network;
use crate::order_listener::{self, Obeying};
use crate::run_directory::RunDirectory;
use crate::safeguards::Safeguards;
use crate::slot::SlotProgram;
use crate::slot_lock::KernelLocks;
use crate::slot_settings::slot_settings_with;
use crate::slots::SlotPool;
use crate::status::Status;
use crate::worker::{Defaults, Worker};

/// What the tasks of an executor share.
struct Parts {
    queue: Arc<dyn JobQueue>,
    slots: Arc<SlotPool>,
    network: Arc<Network>,
    metrics: Arc<Metrics>,
    safeguards: Safeguards,
    /// What gateways' orders change, and the executor's name.
    obeying: Obeying,
    stop: CancellationToken,
}

/// Runs jobs from the queue until `stop` is cancelled, then drains.
///
/// The future is boxed, so that all of it is compiled in this crate and not once more in each that awaits it.
///
/// # Errors
/// [`ExecutorError`] when no job can be run at all; the queue keeps the jobs.
pub fn run(
    args: ExecutorArgs,
    queue: Arc<dyn JobQueue>,
    files: Option<JobFiles>,
    program: SlotProgram,
    stop: CancellationToken,
) -> BoxFuture<'static, Result<(), ExecutorError>> {
    run_until(stop, args, queue, files, program).boxed()
}

async fn run_until(
    stop: CancellationToken,
    args: ExecutorArgs,
    queue: Arc<dyn JobQueue>,
    files: Option<JobFiles>,
    program: SlotProgram,
) -> Result<(), ExecutorError> {
    find_chromium(&args)?;
    let sandbox = ChromiumSandbox::choose(&args.browser)?;
    service::raise_descriptor_limit();
    let started_at = Timestamp::now();
    let listener = status_listener(&args).await?;
    let run_directory = RunDirectory::create(&args.run_dir())?;
    let size = args.concurrency();
    let network = Network::start(&args).await?;
    let metrics = Arc::new(Metrics::default());
    tracing::info!(slots = size, run_dir = %run_directory.path().display(), "executor begins");
    let safeguards = Safeguards { sandbox, namespaces: network.namespaces(), locks: KernelLocks::of_this_machine() };
    safeguards.tell();
    let start_attempts = args.browser.browser_start_attempts;
    let settings = slot_settings_with(&args, sandbox);
    let files = FileStore::new(files, settings.files_limits(), stop.clone());
    let (behind, counted) = (Arc::clone(&network), Arc::clone(&metrics));
    let slots = SlotPool::start(size, program, settings, behind, run_directory, start_attempts, counted);
    let (slots, obeying) = (Arc::new(slots), Obeying::of(heartbeats::executor_name(), size.into()));
    let parts = Parts { queue, slots, network, metrics, safeguards, obeying, stop };

    let _status = listener.map(|listener| AbortOnDropHandle::new(tokio::spawn(parts.status().serve(listener))));
    let listening = order_listener::listen(Arc::clone(&parts.queue), parts.obeying.clone());
    let _listening = AbortOnDropHandle::new(tokio::spawn(listening));
    let heart = Arc::new(parts.heart(&args, started_at));
    let beating = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&heart).run()));
    let watching = parts.obeying.priorities.clone().watch(Arc::clone(&parts.queue), parts.stop.clone());
    let _watching = AbortOnDropHandle::new(tokio::spawn(watching));
    let mut work = std::pin::pin!(Arc::new(parts.worker(&args, files)).run(args.stop_grace));
    let outcome = tokio::select! {
        () = &mut work => Ok(()),
        () = parts.slots.broken() => Err(ExecutorError::BrowserBroken { attempts: start_attempts.get() }),
    };
    if outcome.is_err() {
        parts.stop.cancel();
        work.await;
    }
    drop(beating);
    tokio::join!(heart.last_beat(), parts.slots.stop(), args.traces.flush());
    tracing::info!("executor ends");
    outcome
}

/// Listens on the status port, when there is to be one.
async fn status_listener(args: &ExecutorArgs) -> Result<Option<TcpListener>, ExecutorError> {
    let Some(port) = args.status_port.map(u16::from) else { return Ok(None) };
    let listener = service::listen(args.status_address, port).await;
    listener.map(Some).map_err(|source| ExecutorError::StatusPort { port, source })
}

impl Parts {
    fn status(&self) -> Status {
        Status {
            queue: Arc::clone(&self.queue),
            slots: Arc::clone(&self.slots),
            network: Arc::clone(&self.network),
            metrics: Arc::clone(&self.metrics),
            safeguards: self.safeguards,
            stop: self.stop.clone(),
        }
    }

    fn heart(&self, args: &ExecutorArgs, started_at: Timestamp) -> Heart {
        Heart {
            queue: Arc::clone(&self.queue),
            registry: self.obeying.registry.clone(),
            executor: self.obeying.executor.clone(),
            started_at,
            slots: self.slots.size().get(),
            stop: self.stop.clone(),
            draining: self.obeying.draining.clone(),
            safeguards: self.safeguards,
            slot_states: self.slots.states(),
            settings: args.changed.clone(),
        }
    }

    fn worker(&self, args: &ExecutorArgs, files: FileStore) -> Worker {
        let Obeying { orders, registry, draining, watches, priorities, executor } = self.obeying.clone();
        Worker {
            queue: Arc::clone(&self.queue),
            slots: Arc::clone(&self.slots),
            registry,
            orders,
            events: EventPublisher::new(Arc::clone(&self.queue), watches),
            metrics: Arc::clone(&self.metrics),
            files,
            defaults: Defaults {
                timeout: args.job_timeout,
                max_attempts: args.max_attempts.get().into(),
                record: args.job_record,
                record_bodies: args.job_record_bodies,
            },
            executor,
            stop: self.stop.clone(),
            draining,
            priorities,
            free_lanes: AtomicUsize::default(),
            traces: args.traces.clone(),
        }
    }
}
