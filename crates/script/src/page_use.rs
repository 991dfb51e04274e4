//! Whether a job has used its page: what it never called on is as it was, and can be the next job's.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

/// Tells of a job's first call on its page, or on anything else of the browser. Clones tell of the same job.
///
/// Nothing but a call from the job's code can change the page, the browser or the model of either: a page that waits
/// runs no code of its own.
#[derive(Clone, Debug, Default)]
pub struct PageUse(Rc<State>);

#[derive(Debug, Default)]
struct State {
    /// The prelude has done its own part: from now on it is the job that calls.
    watching: Cell<bool>,
    used: Cell<bool>,
    first: Notify,
}

impl PageUse {
    /// Whether there was a call.
    pub fn has_begun(&self) -> bool {
        self.0.used.get()
    }

    /// Resolves at the first call, for one waiter.
    pub async fn begun(&self) {
        if !self.has_begun() {
            self.0.first.notified().await;
        }
    }

    /// Begins to listen for the job's calls.
    pub(crate) fn watch(&self) {
        self.0.watching.set(true);
    }

    /// There is a call.
    pub(crate) fn note(&self) {
        if self.0.watching.get() && !self.0.used.replace(true) {
            self.0.first.notify_one();
        }
    }
}
