//! One-shot values that many may await, and waits on the model's own state. Single-threaded, like everything here.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::task::{Poll, Waker};
use std::time::Duration;

/// Those who wait for a change of some state.
#[derive(Default)]
pub(crate) struct Waiters(RefCell<Vec<Waker>>);

impl Waiters {
    /// Tells everybody that the state changed.
    pub(crate) fn wake(&self) {
        for waker in self.0.take() {
            waker.wake();
        }
    }

    /// Resolves with the first `Some`; `state` is asked at once and after each [`wake`](Self::wake).
    pub(crate) async fn until<T>(&self, mut state: impl FnMut() -> Option<T>) -> T {
        std::future::poll_fn(|cx| match state() {
            Some(value) => Poll::Ready(value),
            None => {
                let mut wakers = self.0.borrow_mut();
                if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                    wakers.push(cx.waker().clone());
                }
                Poll::Pending
            }
        })
        .await
    }
}

impl fmt::Debug for Waiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waiters({})", self.0.borrow().len())
    }
}

/// A value that comes once.
#[derive(Debug)]
pub(crate) struct Promise<T> {
    value: RefCell<Option<T>>,
    waiters: Waiters,
}

impl<T> Default for Promise<T> {
    fn default() -> Self {
        Self { value: RefCell::new(None), waiters: Waiters::default() }
    }
}

impl<T: Clone> Promise<T> {
    /// Settles it; later calls change nothing.
    pub(crate) fn settle(&self, value: T) {
        let mut slot = self.value.borrow_mut();
        if slot.is_none() {
            *slot = Some(value);
            drop(slot);
            self.waiters.wake();
        }
    }

    /// Returns the value, if it has come.
    pub(crate) fn get(&self) -> Option<T> {
        self.value.borrow().clone()
    }

    /// Waits for the value.
    pub(crate) async fn wait(&self) -> T {
        self.waiters.until(|| self.get()).await
    }
}

/// `None` after `timeout` milliseconds; 0 means no limit.
pub(crate) async fn within<T>(timeout: f64, work: impl Future<Output = T>) -> Option<T> {
    if timeout != 0.0 { tokio::time::timeout(milliseconds(timeout), work).await.ok() } else { Some(work.await) }
}

/// A duration of so many milliseconds, whatever number a script gives.
pub(crate) fn milliseconds(count: f64) -> Duration {
    if count <= 0.0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(count / 1000.0).unwrap_or(Duration::MAX)
}
