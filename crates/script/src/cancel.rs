//! Ops that a script gives up before they end: waits with a signal.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;

use tokio::sync::oneshot;

use crate::error::OpError;

/// The ops under way that can be given up, by number.
#[derive(Default)]
pub(crate) struct Cancels {
    last: Cell<u32>,
    /// The number of the op that is about to begin.
    next: Cell<Option<u32>>,
    under_way: RefCell<HashMap<u32, oneshot::Sender<()>>>,
}

impl Cancels {
    /// The next op that begins can be given up by this number.
    pub(crate) fn number_next(&self) -> u32 {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        self.next.set(Some(number));
        number
    }

    /// Gives an op up, also one that never began. One that has ended is left alone.
    pub(crate) fn cancel(&self, number: u32) {
        if self.next.get() == Some(number) {
            self.next.set(None);
        }
        drop(self.under_way.borrow_mut().remove(&number));
    }

    /// The number that the op which begins now has, if any.
    pub(crate) fn take_number(&self) -> Option<u32> {
        self.next.take()
    }

    /// The op, which ends when it is given up. What it was waiting for is then dropped.
    pub(crate) fn until_cancelled<R, F>(
        &self,
        number: u32,
        op: F,
    ) -> impl Future<Output = Result<R, OpError>> + use<R, F>
    where
        F: Future<Output = Result<R, OpError>>,
    {
        let (sender, receiver) = oneshot::channel();
        let mut under_way = self.under_way.borrow_mut();
        under_way.retain(|_, sender| !sender.is_closed());
        under_way.insert(number, sender);
        drop(under_way);
        async move {
            tokio::select! {
                biased;
                result = op => result,
                _ = receiver => Err(OpError::error("the wait was given up")),
            }
        }
    }
}
