//! A way to end a run from outside.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

/// Ends the run that it was given to, as a deadline would: log, results so far and times are kept. Clones are of the same
/// run, and any thread may ask, also while the job's code computes.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    error: OnceLock<String>,
    requested: Notify,
}

impl Stop {
    /// Ends the run; its error is this text. The first request counts, and a run that has ended stays as it is.
    pub fn request(&self, error: impl Into<String>) {
        if self.0.error.set(error.into()).is_ok() {
            self.0.requested.notify_one();
        }
    }

    /// The text of the request, when there was one.
    pub(crate) fn error(&self) -> Option<&str> {
        self.0.error.get().map(String::as_str)
    }

    /// Resolves at the request, for one waiter.
    pub(crate) async fn requested(&self) {
        if self.error().is_none() {
            self.0.requested.notified().await;
        }
    }
}
