//! How many jobs wait in the queue, for refusing more in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use job_queue::Queue;
use service::Chain;

use crate::app::App;

/// Time between two looks at the queue.
const INTERVAL: Duration = Duration::from_secs(1);

/// The queue's length at the last look, and what was accepted since.
#[derive(Default)]
pub(crate) struct Load {
    waiting: AtomicU64,
    accepted: AtomicU64,
}

impl Load {
    /// Takes over what the queue said.
    pub(crate) fn sampled(&self, waiting: u64) {
        self.waiting.store(waiting, Ordering::Relaxed);
        self.accepted.store(0, Ordering::Relaxed);
    }

    /// Counts a job that was accepted.
    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// The queue's length now, as well as it is known. Too high rather than too low.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed).saturating_add(self.accepted.load(Ordering::Relaxed))
    }
}

/// Looks at the queue until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        match app.queue.depth(Queue::Jobs).await {
            Ok(waiting) => app.load.sampled(waiting),
            Err(error) => tracing::debug!(error = %Chain(&error), "failed to look at the queue's length"),
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
