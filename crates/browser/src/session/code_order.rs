//! The order of code and input. Chromium's renderers prefer input to whatever else waits, so that a click may come before the code
//! that a script has sent a moment earlier. Input that follows code therefore waits until the page has begun with it.

use std::cell::Cell;
use std::time::Duration;

use super::Session;

/// The commands that run code.
const CODE: [&str; 2] = ["Runtime.callFunctionOn", "Runtime.evaluate"];
/// Longest time that input waits for code: a dialog may hold the page.
const LIMIT: Duration = Duration::from_secs(1);

/// How much code was sent to a page, and how far the page is.
#[derive(Debug, Default)]
pub(super) struct CodeOrder {
    sent: Cell<u64>,
    begun: Cell<u64>,
    /// Input that waits; what comes after it must not overtake it.
    waiting: Cell<usize>,
}

/// Input that waits, until it is dropped.
struct Waiting<'a>(&'a Cell<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl CodeOrder {
    /// A command is sent: its number, when it runs code.
    pub(super) fn on_sent(&self, method: &str) -> Option<u64> {
        if !CODE.contains(&method) {
            return None;
        }
        self.sent.set(self.sent.get() + 1);
        Some(self.sent.get())
    }

    /// The page has begun with that code, and with all that was sent before.
    pub(super) fn on_begun(&self, number: u64) {
        self.begun.set(self.begun.get().max(number));
    }

    fn is_settled(&self) -> bool {
        self.sent.get() == self.begun.get() && self.waiting.get() == 0
    }
}

impl Session {
    /// Waits until the page has begun with all code that was sent to it by now. Ends at once when there is none.
    pub(crate) async fn code_begun(&self) {
        let order = &self.code_order;
        if order.is_settled() {
            return;
        }
        let number = order.sent.get();
        order.waiting.set(order.waiting.get() + 1);
        let _waiting = Waiting(&order.waiting);
        self.caught_up(LIMIT).await;
        order.on_begun(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_settles_what_was_sent_before() {
        let order = CodeOrder::default();
        assert_eq!(order.on_sent("Page.navigate"), None);
        assert!(order.is_settled());
        let numbers = [order.on_sent("Runtime.evaluate"), order.on_sent("Runtime.callFunctionOn")];
        assert_eq!(numbers, [Some(1), Some(2)]);
        order.on_begun(2);
        order.on_begun(1);
        assert!(order.is_settled());
    }
}
