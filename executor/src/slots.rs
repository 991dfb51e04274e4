//! The pool of slots: each place keeps one slot process alive and ready, and replaces it when it is of no use any more.

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use job_model::{LogEntry, Outcome, Record};
use script::JobFolder;
use service::{Backoff, Chain};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;
use crate::network::Network;
use crate::protocol::{BrowserReport, JobEnd, JobOrder, SlotSettings};
use crate::recorder::{Ring, RingContents};
use crate::run_directory::RunDirectory;
use crate::slot::{Slot, SlotError, SlotProgram};

/// The slots of an executor.
pub(crate) struct SlotPool {
    size: NonZeroU16,
    idle: Mutex<mpsc::Receiver<IdleSlot>>,
    stop: CancellationToken,
    broken: CancellationToken,
    places: TaskTracker,
    serving: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    /// Goes last: with it every browser goes that is left, also one of a slot that lives.
    run_directory: Arc<RunDirectory>,
}

/// A slot that is ready for one job. Dropped, it is killed and replaced.
pub(crate) struct IdleSlot {
    slot: Slot,
    back: oneshot::Sender<Returned>,
    busy: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

/// Counts one as long as it lives.
struct Counted(Arc<AtomicUsize>);

/// How a slot comes back to its place.
enum Returned {
    /// No job began: it is ready still.
    Unused(Slot),
    /// It prepares for the next job now.
    Used(Slot),
}

/// What every place needs.
struct Shared {
    program: SlotProgram,
    settings: SlotSettings,
    network: Arc<Network>,
    run_directory: Arc<RunDirectory>,
    start_attempts: u32,
    serial: AtomicU64,
    idle: mpsc::Sender<IdleSlot>,
    serving: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    broken: CancellationToken,
}

impl SlotPool {
    /// Begins to start `size` slots. `settings.run_dir` is replaced by a folder of each slot's own.
    pub(crate) fn start(
        size: NonZeroU16,
        program: SlotProgram,
        settings: SlotSettings,
        network: Arc<Network>,
        run_directory: RunDirectory,
        start_attempts: NonZeroU16,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (serving, busy) = (Arc::default(), Arc::default());
        let run_directory = Arc::new(run_directory);
        let (idle_sender, idle) = mpsc::channel(usize::from(size.get()));
        let (stop, broken) = (CancellationToken::new(), CancellationToken::new());
        let shared = Arc::new(Shared {
            program,
            settings,
            network,
            run_directory: Arc::clone(&run_directory),
            start_attempts: start_attempts.get().into(),
            serial: AtomicU64::new(0),
            idle: idle_sender,
            serving: Arc::clone(&serving),
            busy: Arc::clone(&busy),
            metrics,
            stop: stop.clone(),
            broken: broken.clone(),
        });
        let places = TaskTracker::new();
        for _ in 0..size.get() {
            places.spawn(place(Arc::clone(&shared)));
        }
        places.close();
        Self { size, idle: Mutex::new(idle), stop, broken, places, serving, busy, run_directory }
    }

    /// How many slots there are.
    pub(crate) fn size(&self) -> NonZeroU16 {
        self.size
    }

    /// The folder with all browser profiles.
    pub(crate) fn run_dir(&self) -> &Path {
        self.run_directory.path()
    }

    /// How many slots have started and serve, busy or not.
    pub(crate) fn serving(&self) -> usize {
        self.serving.load(Ordering::Relaxed)
    }

    /// How many slots have a job.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// A slot that is ready, as soon as there is one.
    pub(crate) async fn idle(&self) -> IdleSlot {
        loop {
            let Some(mut idle) = self.idle.lock().await.recv().await else {
                // The pool is stopped: there will be none.
                return std::future::pending().await;
            };
            if idle.slot.is_alive() {
                return idle;
            }
            tracing::warn!("a slot died while it was idle, replacing it");
        }
    }

    /// Resolves when browsers could not be started too many times in a row.
    pub(crate) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Kills every slot and waits for that.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.idle.lock().await.close();
        while let Some(idle) = self.idle.lock().await.recv().await {
            idle.slot.kill().await;
        }
        self.places.wait().await;
    }
}

impl Drop for SlotPool {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl IdleSlot {
    /// Back to the pool without a job.
    pub(crate) fn give_back(self) {
        drop(self.back.send(Returned::Unused(self.slot)));
    }

    /// The memory of the recording of the job to come.
    pub(crate) fn ring(&self) -> Ring {
        self.slot.ring()
    }

    /// The folder of the job to come.
    pub(crate) fn job_folder(&self) -> std::io::Result<JobFolder> {
        self.slot.job_folder()
    }

    /// Back to the pool without a job, after files were put into its folder.
    pub(crate) fn give_back_with_files(self) {
        // Without an empty folder it is of no use: dropped, it is replaced.
        if self.slot.empty_job_folder().is_ok() {
            self.give_back();
        }
    }

    /// Runs a job here, as [`Slot::run`] does; the slot goes back to the pool unless it is of no use any more: with any
    /// [`SlotError`] it is killed and replaced. The job's recording comes along when the order says that it is kept.
    pub(crate) async fn run(
        self,
        order: JobOrder,
        stop: &CancellationToken,
        stop_text: &str,
        watched: watch::Receiver<bool>,
        on_log: impl FnMut(LogEntry),
    ) -> (Result<JobEnd, SlotError>, Option<RingContents>) {
        let Self { mut slot, back, busy, metrics } = self;
        let _busy = Counted::new(busy);
        let (ring, record) = (slot.ring(), order.record);
        let ended = slot.run_watched(order, stop, stop_text, Some(watched), on_log).await;
        if let Some(used) = slot.take_network_use() {
            metrics.job_used_network(&used);
        }
        match ended {
            Ok(end) => {
                // Before the slot's next job, which writes to the same memory.
                let recording = is_kept(record, end.outcome).then(|| ring.read());
                // Nobody takes it back when the pool is stopped: then it dies here.
                drop(back.send(Returned::Used(slot)));
                (Ok(end), recording)
            }
            Err(error) => {
                // Its place begins to start another at once.
                drop(back);
                slot.kill().await;
                (Err(error), is_kept(record, Outcome::Failed).then(|| ring.read()))
            }
        }
    }
}

fn is_kept(record: Record, outcome: Outcome) -> bool {
    match record {
        Record::Failed => outcome != Outcome::Succeeded,
        Record::Always => true,
        Record::Never => false,
    }
}

impl Counted {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One place of the pool, until the pool stops.
async fn place(shared: Arc<Shared>) {
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
            Ok((slot, report)) => {
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

impl Shared {
    fn report(&self, report: BrowserReport) {
        self.metrics.slot_ready(&report);
        if report.crashes + report.recycles > 0 {
            tracing::info!(crashes = report.crashes, recycles = report.recycles, "a slot has a new Chromium");
        }
    }
}
