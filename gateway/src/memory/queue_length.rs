//! How many jobs wait in the queue, for refusing more in time.

use std::sync::atomic::{AtomicU64, Ordering};

/// The queue's length at the last look, and what was accepted since.
#[derive(Default)]
pub(crate) struct QueueLength {
    waiting: AtomicU64,
    accepted: AtomicU64,
}

impl QueueLength {
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
