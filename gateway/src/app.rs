//! The parts of a running gateway.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use job_files::JobFiles;
use job_queue::JobQueue;
use job_store::JobStore;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Settings;
use crate::created_here::CreatedHere;
use crate::feed::Feeds;
use crate::fleet::Fleet;
use crate::held_marks::HeldMarks;
use crate::last_hour::LastHour;
use crate::metrics::Metrics;
use crate::orders::Orders;
use crate::publish_line::PublishLine;
use crate::queue_length::QueueLength;
use crate::roster::Roster;
use crate::store_health::StoreHealth;
use crate::tokens::Tokens;
use crate::untouched_jobs::UntouchedJobs;
use crate::watermark::Watermark;
use crate::wrong_tokens::WrongTokens;

/// The parts of one gateway. Cheap to share: everybody holds it in an `Arc`.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) wrong_tokens: WrongTokens,
    pub(crate) store: Arc<dyn JobStore>,
    pub(crate) store_health: StoreHealth,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) files: Option<JobFiles>,
    pub(crate) queue_length: QueueLength,
    pub(crate) orders: Orders,
    pub(crate) feeds: Feeds,
    pub(crate) fleet: Fleet,
    pub(crate) roster: Roster,
    pub(crate) last_hour: LastHour,
    pub(crate) watermark: Mutex<Watermark>,
    /// None in a gateway that leaves publishing to others.
    pub(crate) publish_line: Option<PublishLine>,
    pub(crate) held_marks: HeldMarks,
    pub(crate) created_here: CreatedHere,
    pub(crate) untouched_jobs: UntouchedJobs,
    /// Bytes that bodies of requests may still take, those that are half sent included.
    pub(crate) body_room: Semaphore,
    /// Full lists that read a job at the same time.
    pub(crate) list_turns: Semaphore,
    pub(crate) metrics: Metrics,
    /// Cancelled when the process should end: nothing new begins, what waits stops waiting.
    pub(crate) stop: CancellationToken,
    /// Cancelled when the last request is answered: no more jobs come in.
    pub(crate) served: CancellationToken,
    /// Work that outlives the request or delivery it came from; the gateway ends after it.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// How far the queue has come.
    pub(crate) fn watermark(&self) -> MutexGuard<'_, Watermark> {
        // Nothing there panics half way through a change.
        self.watermark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
