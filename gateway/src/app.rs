//! The parts of a running gateway.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use job_files::JobFiles;
use job_model::Job;
use job_queue::JobQueue;
use job_store::records::{Record, RecordStore};
use job_store::{JobStore, Stored};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Settings;
use crate::feed::Feeds;
use crate::fleet::{Fleet, Orders, Roster};
use crate::job_traces::JobTraces;
use crate::jobs::Dependents;
use crate::memory::created_here::CreatedHere;
use crate::memory::due_times::DueTimes;
use crate::memory::hand_over::HandOver;
use crate::memory::held_marks::HeldMarks;
use crate::memory::last_hour::LastHour;
use crate::memory::publish_line::PublishLine;
use crate::memory::queue_length::QueueLength;
use crate::memory::store_health::StoreHealth;
use crate::memory::untouched_jobs::UntouchedJobs;
use crate::memory::watermark::Watermarks;
use crate::metrics::Metrics;
use crate::tokens::{Tokens, WrongTokens};

/// The parts of one gateway. Cheap to share: everybody holds it in an `Arc`.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) wrong_tokens: WrongTokens,
    pub(crate) store: Arc<dyn JobStore>,
    pub(crate) store_health: StoreHealth,
    pub(crate) records: Arc<dyn RecordStore>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) files: Option<JobFiles>,
    pub(crate) queue_length: QueueLength,
    pub(crate) orders: Orders,
    pub(crate) feeds: Feeds,
    pub(crate) fleet: Fleet,
    pub(crate) roster: Roster,
    pub(crate) last_hour: LastHour,
    pub(crate) watermarks: Mutex<Watermarks>,
    /// None in a gateway that leaves publishing to others.
    pub(crate) publish_line: Option<PublishLine>,
    pub(crate) held_marks: HeldMarks,
    pub(crate) created_here: CreatedHere,
    pub(crate) due_times: DueTimes,
    pub(crate) dependents: Dependents,
    /// A batch was written here.
    pub(crate) batches_changed: Notify,
    /// A schedule was written here.
    pub(crate) schedules_changed: Notify,
    pub(crate) untouched_jobs: UntouchedJobs,
    /// Bytes that bodies of requests may still take, those that are half sent included.
    pub(crate) body_room: Semaphore,
    /// Full lists that read a job at the same time.
    pub(crate) list_turns: Semaphore,
    /// Whether deliveries of webhooks could not be made of late.
    pub(crate) outbox_fails: AtomicBool,
    /// Jobs that have ended here and have somebody to tell.
    pub(crate) ended: HandOver<Stored<Job>>,
    /// Deliveries of webhooks that were made here.
    pub(crate) new_deliveries: HandOver<Stored<Record>>,
    /// Told when deliveries of webhooks were made that are due now.
    pub(crate) deliveries_due: Notify,
    pub(crate) job_traces: JobTraces,
    pub(crate) metrics: Metrics,
    /// Cancelled when the process should end: nothing new begins, what waits stops waiting.
    pub(crate) stop: CancellationToken,
    /// Cancelled when the last request is answered: no more jobs come in.
    pub(crate) served: CancellationToken,
    /// Work that outlives the request or delivery it came from; the gateway ends after it.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// How far the queues have come.
    pub(crate) fn watermarks(&self) -> MutexGuard<'_, Watermarks> {
        // Nothing there panics half way through a change.
        self.watermarks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
