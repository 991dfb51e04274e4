//! The one ordered way into JavaScript.
//!
//! Events of the browser, answers to ops and timers wait in one queue. The sandbox takes one, runs it, and empties the
//! microtask queue before the next, as Node does with its macrotasks: an event that came before a response is seen
//! before whoever awaited the response goes on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::error::OpError;
use crate::resources::ResourceRef;
use crate::value::Value;

/// What waits to be run in JavaScript.
#[derive(Debug)]
pub(crate) enum Item {
    /// An op has ended: settle its promise.
    Completion {
        /// The promise's number.
        promise: u32,
        /// Its value or error.
        result: Result<Value, OpError>,
    },
    /// A resource has an event for its listeners.
    Event {
        /// Whose event it is. Nothing happens when JavaScript does not hold it any more.
        target: ResourceRef,
        /// The event's name.
        name: &'static str,
        /// What the listeners get.
        args: Vec<Value>,
    },
    /// A timer is due.
    Timer(u32),
}

/// A handle on the queue; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox(Rc<RefCell<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    waker: Option<Waker>,
}

impl Inbox {
    /// Puts an item at the end and wakes the sandbox.
    pub(crate) fn push(&self, item: Item) {
        let mut queue = self.0.borrow_mut();
        queue.items.push_back(item);
        if let Some(waker) = queue.waker.take() {
            waker.wake();
        }
    }

    /// Takes the first item, or leaves the waker for the next push.
    pub(crate) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Item> {
        let mut queue = self.0.borrow_mut();
        if let Some(item) = queue.items.pop_front() {
            return Poll::Ready(item);
        }
        queue.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().items.is_empty()
    }

    pub(crate) fn clear(&self) {
        let items = std::mem::take(&mut self.0.borrow_mut().items);
        drop(items);
    }
}
