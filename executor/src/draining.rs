//! Whether this executor takes no more jobs because somebody asked for that.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that everybody can read. Off at the start; clones share it.
#[derive(Clone)]
pub(crate) struct Draining(Arc<watch::Sender<bool>>);

impl Default for Draining {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Draining {
    /// Tells whether no more jobs are taken.
    pub(crate) fn is_on(&self) -> bool {
        *self.0.borrow()
    }

    /// Sets it; true when that changed something.
    pub(crate) fn set(&self, on: bool) -> bool {
        self.0.send_replace(on) != on
    }

    /// Waits until it is on, or off. Cancel safe.
    pub(crate) async fn until(&self, on: bool) {
        // The sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|is_on| *is_on == on).await;
    }

    /// Waits until it is other than it is now. Cancel safe.
    pub(crate) async fn changed(&self) {
        let is_on = self.is_on();
        self.until(!is_on).await;
    }
}
