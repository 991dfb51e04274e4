//! The parent: takes deliveries off the queue, gives each to a free slot, publishes the result and acks last.
//!
//! There is a [`lane`] per slot, each with a consumer of its own and a prefetch of one. So the executor holds as many jobs
//! as it runs, and a broker that takes a late delivery back, channel and all, takes no neighbours along.
//!
//! Invariant: a delivery is acked only after its result is confirmed by the broker, so a job whose executor dies comes
//! back. Whether one that comes begins is a [`decision`]. One that comes back while it runs here, or after it has ended
//! here, is known: see [`job_registry`](crate::job_registry).

mod arrival;
mod decision;
mod ended;
mod lane;
pub(crate) mod priorities;
mod publishing;
mod running;
mod settling;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use job_model::Record;
use job_queue::JobQueue;
use service::Traces;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::draining::Draining;
use crate::events::EventPublisher;
use crate::file_store::FileStore;
use crate::job_registry::JobRegistry;
use crate::metrics::Metrics;
use crate::orders::Orders;
use crate::slots::SlotPool;
use priorities::Priorities;

/// How long jobs may take to be handed back.
const HAND_BACK: Duration = Duration::from_secs(5);

/// How jobs are treated that do not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    /// Longest time the code may run.
    pub(crate) timeout: Duration,
    /// How many executors may begin a job.
    pub(crate) max_attempts: u32,
    /// When recordings are kept.
    pub(crate) record: Record,
    /// Whether they have the bodies of requests and answers.
    pub(crate) record_bodies: bool,
}

/// Takes deliveries and sees each one through.
pub(crate) struct Worker {
    /// Where jobs come from and results go.
    pub(crate) queue: Arc<dyn JobQueue>,
    /// Where jobs run.
    pub(crate) slots: Arc<SlotPool>,
    /// Which jobs are here.
    pub(crate) registry: JobRegistry,
    /// Which are cancelled.
    pub(crate) orders: Orders,
    /// Where the jobs' events go.
    pub(crate) events: EventPublisher,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Where files come from and go.
    pub(crate) files: FileStore,
    /// For jobs that do not say.
    pub(crate) defaults: Defaults,
    /// The executor's name.
    pub(crate) executor: String,
    /// Cancelled when the executor is to end.
    pub(crate) stop: CancellationToken,
    /// On when no more jobs are taken for now.
    pub(crate) draining: Draining,
    /// Which queue a free lane takes a job from.
    pub(crate) priorities: Priorities,
    /// How many lanes have a slot and wait for a job.
    pub(crate) free_lanes: AtomicUsize,
    /// Takes spans of jobs' traces.
    pub(crate) traces: Traces,
}

impl Worker {
    /// Works until told to stop; then lets what runs finish within `grace` and hands the rest back.
    pub(crate) async fn run(self: Arc<Self>, grace: Duration) {
        let mut lanes = JoinSet::new();
        for _ in 0..self.slots.size().get() {
            lanes.spawn(Arc::clone(&self).lane());
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(ended) = lanes.join_next() => {
                    if let Err(panic) = ended {
                        tracing::error!(%panic, "a lane panicked, its delivery goes back to the queue");
                    }
                    lanes.spawn(Arc::clone(&self).lane());
                }
            }
        }
        self.drain(lanes, grace).await;
    }

    /// Waits for the jobs that run, and hands back what runs for longer than `grace`.
    async fn drain(&self, mut lanes: JoinSet<()>, grace: Duration) {
        let jobs = self.registry.count();
        if jobs > 0 {
            tracing::info!(jobs, grace_ms = grace.as_millis(), "finishing the jobs that run");
        }
        if tokio::time::timeout(grace, all(&mut lanes)).await.is_ok() {
            return;
        }
        tracing::info!(jobs = self.registry.count(), "handing the jobs that still run back to the queue");
        self.registry.hand_all_back();
        if tokio::time::timeout(HAND_BACK, all(&mut lanes)).await.is_err() {
            tracing::error!(jobs = self.registry.count(), "gave up on jobs that could not be handed back");
        }
    }
}

/// Waits for the end of all lanes.
async fn all(lanes: &mut JoinSet<()>) {
    while lanes.join_next().await.is_some() {}
}
