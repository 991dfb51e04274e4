//! What one connection is about: a request under way, the head of one, or nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::door::Door;

/// Kept by the connection's stream and by its requests.
#[derive(Debug)]
pub(super) struct Watch {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests whose answers are not sent yet.
    under_way: usize,
    /// When the first byte came of the request that is still without a whole head.
    head_since: Option<Instant>,
    /// When the connection began, or its last request ended.
    idle_since: Instant,
    answered: bool,
}

impl Watch {
    pub(super) fn new() -> Arc<Self> {
        let state = State { under_way: 0, head_since: None, idle_since: Instant::now(), answered: false };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        let mut state = self.lock();
        if state.under_way == 0 {
            state.head_since.get_or_insert_with(Instant::now);
        }
    }

    /// A request has its head. It is under way until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let mut state = self.lock();
        state.under_way += 1;
        state.head_since = None;
        drop(state);
        UnderWay(Arc::clone(self))
    }

    /// Whether a request is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.lock().under_way > 0
    }

    /// When the connection has been held for too long; `None` while a request is under way.
    pub(super) fn due(&self, door: &Door) -> Option<Instant> {
        let state = self.lock();
        if state.under_way > 0 {
            return None;
        }
        Some(match state.head_since {
            Some(since) => since + door.header_timeout,
            None => state.idle_since + if state.answered { door.idle_timeout } else { door.header_timeout },
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way; dropped with the last of its answer.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Watch>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.under_way -= 1;
        state.idle_since = Instant::now();
        state.answered = true;
    }
}
