//! One place of the pool: keeps a slot alive and ready, lends it out, and starts another when it is of no use any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use service::{Backoff, Chain};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Counted, IdleSlot, Returned};
use crate::metrics::Metrics;
use crate::network::Network;
use crate::protocol::{BrowserReport, SlotSettings};
use crate::run_directory::RunDirectory;
use crate::slot::{Slot, SlotProgram};
use crate::slot_states::SlotStates;

/// What every place needs.
pub(super) struct Shared {
    pub(super) program: SlotProgram,
    pub(super) settings: SlotSettings,
    pub(super) network: Arc<Network>,
    pub(super) run_directory: Arc<RunDirectory>,
    pub(super) start_attempts: u32,
    pub(super) serial: AtomicU64,
    pub(super) idle: mpsc::Sender<IdleSlot>,
    pub(super) serving: Arc<AtomicUsize>,
    pub(super) busy: Arc<AtomicUsize>,
    pub(super) states: SlotStates,
    pub(super) metrics: Arc<Metrics>,
    pub(super) stop: CancellationToken,
    pub(super) broken: CancellationToken,
}

impl Shared {
    fn report(&self, report: BrowserReport) {
        self.metrics.slot_ready(&report);
        if report.crashes + report.recycles > 0 {
            tracing::info!(crashes = report.crashes, recycles = report.recycles, "a slot has a new Chromium");
        }
    }
}

/// One place of the pool, until the pool stops.
pub(super) async fn place(shared: Arc<Shared>) {
    while let Some(slot) = start(&shared).await {
        let _serving = Counted::new(Arc::clone(&shared.serving));
        serve(&shared, slot).await;
        shared.metrics.slot_lost();
    }
}

/// Lends a slot out until it is of no use any more, or the pool stops.
async fn serve(shared: &Shared, mut slot: Slot) {
    loop {
        let (back, returned) = oneshot::channel();
        let (busy, metrics) = (Arc::clone(&shared.busy), Arc::clone(&shared.metrics));
        if shared.idle.send(IdleSlot { slot, back, busy, metrics }).await.is_err() {
            return;
        }
        let used = tokio::select! {
            returned = returned => returned,
            () = shared.stop.cancelled() => return,
        };
        slot = match used {
            Ok(Returned::Unused(slot)) => slot,
            Ok(Returned::Used(slot)) => match get_ready(shared, slot).await {
                Some(slot) => slot,
                None => return,
            },
            Err(_) => return,
        };
    }
}

/// The slot once it has prepared for its next job; `None` when it did not.
async fn get_ready(shared: &Shared, mut slot: Slot) -> Option<Slot> {
    let ready = tokio::select! {
        ready = slot.ready() => ready,
        () = shared.stop.cancelled() => return None,
    };
    match ready {
        Ok(report) => {
            shared.report(report);
            Some(slot)
        }
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "a slot did not come back from its job, replacing it");
            slot.kill().await;
            None
        }
    }
}

/// A new slot, however long that takes; `None` when the pool stops first.
async fn start(shared: &Shared) -> Option<Slot> {
    let mut backoff = Backoff::for_servers();
    let mut failures = 0;
    loop {
        if shared.stop.is_cancelled() {
            return None;
        }
        let name = shared.serial.fetch_add(1, Ordering::Relaxed).to_string();
        let settings = SlotSettings { run_dir: shared.run_directory.slot(&name), ..shared.settings.clone() };
        let started = tokio::select! {
            started = Slot::start_behind(&shared.program, settings, &shared.network) => started,
            () = shared.stop.cancelled() => return None,
        };
        match started {
            Ok((mut slot, report)) => {
                slot.list_in(&shared.states);
                shared.metrics.slot_started();
                shared.report(report);
                return Some(slot);
            }
            Err(error) => {
                failures += 1;
                shared.metrics.slot_failed_to_start();
                tracing::warn!(error = %Chain(&error), failures, "failed to start a slot");
                if failures >= shared.start_attempts {
                    shared.broken.cancel();
                }
            }
        }
        backoff.wait(&shared.stop).await.ok()?;
    }
}
