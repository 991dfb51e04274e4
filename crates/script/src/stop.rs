//! A way to end a run from outside.

use std::sync::{Arc, OnceLock};

use job_model::Outcome;
use tokio::sync::Notify;

/// Ends the run that it was given to, as a deadline would: log, results so far and times are kept. Clones are of the same
/// run, and any thread may ask, also while the job's code computes.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    request: OnceLock<(Outcome, String)>,
    requested: Notify,
}

impl Stop {
    /// Ends the run with this outcome; its error is this text. The first request counts, and a run that has ended stays as
    /// it is.
    pub fn request(&self, outcome: Outcome, error: impl Into<String>) {
        if self.0.request.set((outcome, error.into())).is_ok() {
            self.0.requested.notify_one();
        }
    }

    /// What was requested, if anything was.
    pub(crate) fn request_made(&self) -> Option<&(Outcome, String)> {
        self.0.request.get()
    }

    /// Resolves at the request, for one waiter.
    pub(crate) async fn requested(&self) {
        if self.request_made().is_none() {
            self.0.requested.notified().await;
        }
    }
}
