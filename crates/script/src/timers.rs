//! The timers of a script: due ones leave in the order of their time, equal times in the order of their start.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Node's longest delay; a longer one counts as one millisecond, as there.
const MAX_DELAY_MS: f64 = 2_147_483_647.0;

/// All timers that have not fired.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    waiting: BTreeSet<(Instant, u32)>,
    due: HashMap<u32, Instant>,
    /// Those that nothing waits for: `unref()`.
    optional: HashSet<u32>,
    last: u32,
    /// The last one that came with the stack that started it.
    last_told: Option<(u32, String)>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Timers {
    /// Starts a timer and answers its number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the lines above it")]
    pub(crate) fn start(&mut self, delay_ms: f64, stack: Option<String>) -> u32 {
        let delay_ms = if (1.0..=MAX_DELAY_MS).contains(&delay_ms) { delay_ms as u64 } else { 1 };
        self.last += 1;
        let due = Instant::now() + Duration::from_millis(delay_ms);
        self.waiting.insert((due, self.last));
        self.due.insert(self.last, due);
        if let Some(stack) = stack {
            self.last_told = Some((self.last, stack));
        }
        self.last
    }

    /// A number for what is due without waiting.
    pub(crate) fn reserve(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// Whether a timer is to be waited for by a whole script that has nothing else to do.
    pub(crate) fn keep_alive(&self) -> bool {
        self.due.len() > self.optional.len()
    }

    /// The stack that started the last of the timers which are told and have not fired.
    pub(crate) fn waits_at(&self) -> Option<&str> {
        let (_, stack) = self.last_told.as_ref().filter(|(id, _)| self.due.contains_key(id))?;
        Some(stack)
    }

    /// Says whether a timer that has not fired is to be waited for.
    pub(crate) fn set_optional(&mut self, id: u32, optional: bool) {
        if optional && self.due.contains_key(&id) {
            self.optional.insert(id);
        } else {
            self.optional.remove(&id);
        }
    }

    /// Stops a timer; one that has fired or never was is not an error.
    pub(crate) fn stop(&mut self, id: u32) {
        if let Some(due) = self.due.remove(&id) {
            self.waiting.remove(&(due, id));
            self.optional.remove(&id);
        }
    }

    /// The next due timer; pending while none is due.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<u32> {
        loop {
            let Some((due, id)) = self.waiting.first().copied() else {
                self.alarm = None;
                return Poll::Pending;
            };
            if due <= Instant::now() {
                self.waiting.pop_first();
                self.due.remove(&id);
                self.optional.remove(&id);
                return Poll::Ready(id);
            }
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
            if alarm.deadline() != due {
                alarm.as_mut().reset(due);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.due.clear();
        self.optional.clear();
        self.last_told = None;
        self.alarm = None;
    }
}
