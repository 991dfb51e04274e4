//! Whether a job has used its page: what it never called on is as it was, and can be the next job's. What it does call on is made
//! ready for it first.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use tokio::sync::Notify;

/// Tells of a job's first call on its page, or on anything else of the browser. Clones tell of the same job.
///
/// Nothing but a call from the job's code can change the page, the browser or the model of either: a page that waits
/// runs no code of its own.
#[derive(Clone, Debug, Default)]
pub struct PageUse(Rc<State>);

#[derive(Default)]
struct State {
    /// The prelude has done its own part: from now on it is the job that calls.
    watching: Cell<bool>,
    used: Cell<bool>,
    first: Notify,
    preparation: RefCell<Option<Preparation>>,
}

type Preparation = Shared<LocalBoxFuture<'static, ()>>;

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("watching", &self.watching).field("used", &self.used).finish_non_exhaustive()
    }
}

impl PageUse {
    /// Tells of the calls on a page that `preparation` makes ready: it begins with the first call that looks at the page's
    /// document and answers with a promise, and such calls wait for its end.
    pub fn after(preparation: impl Future<Output = ()> + 'static) -> Self {
        let preparation = RefCell::new(Some(preparation.boxed_local().shared()));
        Self(Rc::new(State { preparation, ..State::default() }))
    }

    /// What a call must wait for; `None` when the page is ready.
    pub(crate) fn preparation(&self) -> Option<impl Future<Output = ()> + use<>> {
        let mut preparation = self.0.preparation.borrow_mut();
        if preparation.as_ref().is_some_and(|preparation| preparation.peek().is_some()) {
            *preparation = None;
        }
        preparation.clone()
    }

    /// Whether there was a call.
    pub fn has_begun(&self) -> bool {
        self.0.used.get()
    }

    /// The page gets a new document anyway: a preparation that has not begun is not needed.
    pub(crate) fn skip_preparation(&self) {
        self.0.preparation.borrow_mut().take_if(|preparation| preparation.strong_count() == Some(1));
    }

    /// Resolves at the first call.
    pub async fn begun(&self) {
        let mut first = std::pin::pin!(self.0.first.notified());
        first.as_mut().enable();
        if !self.has_begun() {
            first.await;
        }
    }

    /// Begins to listen for the job's calls.
    pub(crate) fn watch(&self) {
        self.0.watching.set(true);
    }

    /// There is a call.
    pub(crate) fn note(&self) {
        if self.0.watching.get() && !self.0.used.replace(true) {
            self.0.first.notify_waiters();
        }
    }
}
