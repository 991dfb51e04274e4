//! Futures that begin at the call, as Puppeteer's async functions do.
//!
//! A job may call without awaiting; what such a call sends and remembers must be in the order of the calls, not of
//! the first polls (see [`crate::session`]).

use std::future::Future;
use std::pin::Pin;

use futures::FutureExt;
use futures::future::{Either, Ready, ready};

/// What [`begin`] gives back.
pub(crate) type Begun<F> = Either<Ready<<F as Future>::Output>, Pin<Box<F>>>;

/// Runs `future` up to its first wait, now; the rest runs when the result is awaited.
pub(crate) fn begin<F: Future>(future: F) -> Begun<F> {
    let mut future = Box::pin(future);
    match future.as_mut().now_or_never() {
        Some(output) => Either::Left(ready(output)),
        None => Either::Right(future),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::begin;

    #[tokio::test]
    async fn work_up_to_the_first_wait_happens_at_the_call() {
        let order = RefCell::new(Vec::new());
        let step = |name: &'static str| {
            let order = &order;
            async move {
                order.borrow_mut().push(name);
                tokio::task::yield_now().await;
                order.borrow_mut().push("resumed");
            }
        };

        let first = begin(step("first"));
        let second = begin(step("second"));
        assert_eq!(*order.borrow(), ["first", "second"]);

        second.await;
        first.await;
        assert_eq!(*order.borrow(), ["first", "second", "resumed", "resumed"]);
    }
}
