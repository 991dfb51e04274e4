//! The pool of slots: each place keeps one slot process alive and ready, and replaces it when it is of no use any more.

mod place;

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use job_model::{LogEntry, Outcome};
use script::JobFolder;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;
use crate::network::Network;
use crate::protocol::{JobEnd, JobOrder, SlotSettings};
use crate::recorder::ring::Area;
use crate::recorder::{Ring, RingContents};
use crate::run_directory::RunDirectory;
use crate::slot::{Slot, SlotError, SlotProgram};
use crate::slot_states::SlotStates;
use place::{Shared, place};

/// The slots of an executor.
pub(crate) struct SlotPool {
    size: NonZeroU16,
    idle: Mutex<mpsc::Receiver<IdleSlot>>,
    stop: CancellationToken,
    broken: CancellationToken,
    places: TaskTracker,
    serving: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    states: SlotStates,
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
        let (serving, busy, states) = (Arc::default(), Arc::default(), SlotStates::default());
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
            states: states.clone(),
            metrics,
            stop: stop.clone(),
            broken: broken.clone(),
        });
        let places = TaskTracker::new();
        for _ in 0..size.get() {
            places.spawn(place(Arc::clone(&shared)));
        }
        places.close();
        Self { size, idle: Mutex::new(idle), stop, broken, places, serving, busy, states, run_directory }
    }

    /// Returns how many slots there are.
    pub(crate) fn size(&self) -> NonZeroU16 {
        self.size
    }

    /// Returns what each slot does at the moment.
    pub(crate) fn states(&self) -> SlotStates {
        self.states.clone()
    }

    /// Returns the folder with all browser profiles.
    pub(crate) fn run_dir(&self) -> &Path {
        self.run_directory.path()
    }

    /// Returns how many slots have started and serve, busy or not.
    pub(crate) fn serving(&self) -> usize {
        self.serving.load(Ordering::Relaxed)
    }

    /// Returns how many slots have a job.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Waits for a slot that is ready. Once the pool is stopped there is none: who waits has another end to wait for.
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

    /// Waits until browsers could not be started too many times in a row.
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
    /// Goes back to the pool without a job.
    pub(crate) fn give_back(self) {
        drop(self.back.send(Returned::Unused(self.slot)));
    }

    /// Returns the memory of the recording of the job to come.
    pub(crate) fn ring(&self) -> Ring {
        self.slot.ring()
    }

    /// Opens the folder of the job to come.
    pub(crate) fn job_folder(&self) -> std::io::Result<JobFolder> {
        self.slot.job_folder()
    }

    /// Goes back to the pool without a job, after files were put into its folder.
    pub(crate) fn give_back_with_files(self) {
        // Without an empty folder it is of no use: dropped, it is replaced.
        if self.slot.empty_job_folder().is_ok() {
            self.give_back();
        }
    }

    /// Runs a job here, as [`Slot::run_watched`] does; the slot goes back to the pool unless it is of no use any more: with any
    /// [`SlotError`] it is killed and replaced. The job's recording comes along when the order says that it is kept, and what
    /// happened when `traced` does.
    pub(crate) async fn run(
        self,
        order: JobOrder,
        stop: &CancellationToken,
        stop_text: &str,
        watched: watch::Receiver<bool>,
        traced: Traced,
        on_log: impl FnMut(LogEntry),
    ) -> (Result<JobEnd, SlotError>, Option<RingContents>, Vec<Vec<u8>>) {
        let Self { mut slot, back, busy, metrics } = self;
        let _busy = Counted::new(busy);
        let (ring, record) = (slot.ring(), order.record);
        let (ended, used) = slot.run_watched(order, stop, stop_text, watched, on_log).await;
        if let Some(used) = used {
            metrics.job_used_network(&used);
        }
        match ended {
            Ok(end) => {
                // Before the slot's next job, which writes to the same memory.
                let recording = record.keeps(end.outcome).then(|| ring.read());
                let events = traced.events(&ring);
                // Nobody takes it back when the pool is stopped: then it dies here.
                drop(back.send(Returned::Used(slot)));
                (Ok(end), recording, events)
            }
            Err(error) => {
                // Its place begins to start another at once.
                drop(back);
                slot.kill().await;
                (Err(error), record.keeps(Outcome::Failed).then(|| ring.read()), traced.events(&ring))
            }
        }
    }
}

/// Whether what happened in a job is wanted for its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traced {
    Yes,
    No,
}

impl Traced {
    fn events(self, ring: &Ring) -> Vec<Vec<u8>> {
        if self == Self::No {
            return Vec::new();
        }
        ring.read_since(Area::Events, 0).0.into_iter().map(|placed| placed.entry).collect()
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
