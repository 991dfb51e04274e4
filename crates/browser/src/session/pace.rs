//! How fast a script wants its browser to be: Puppeteer's
//! [`slowMo` and `protocolTimeout`](https://pptr.dev/api/puppeteer.connectoptions).

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

tokio::task_local! {
    /// How long each command may take that is sent while a call of the script is polled.
    pub(super) static COMMAND_LIMIT: Duration;
}

/// Runs a script's call, whose commands may take `limit` each: what takes longer fails as
/// [`ProtocolError::TimedOut`](crate::error::ProtocolError::TimedOut).
pub fn limiting_commands<F: Future>(limit: Duration, call: F) -> impl Future<Output = F::Output> {
    COMMAND_LIMIT.scope(limit, call)
}

/// How long a connection's messages wait before they are handled. The connection has one half, its task the other.
#[derive(Default)]
pub(super) struct SlowMotion {
    delay: Cell<Duration>,
    changed: Notify,
}

impl SlowMotion {
    pub(super) fn set(&self, delay: Duration) {
        self.delay.set(delay);
        self.changed.notify_one();
    }

    pub(super) fn is_off(&self) -> bool {
        self.delay.get().is_zero()
    }

    /// Resolves when a message that came at `arrival` may be handled; never without one.
    pub(super) async fn over(&self, arrival: Option<Instant>) {
        let Some(arrival) = arrival else { return std::future::pending().await };
        loop {
            let Some(due) = arrival.checked_add(self.delay.get()) else { return self.changed.notified().await };
            tokio::select! {
                biased;
                () = sleep_until(due) => return,
                () = self.changed.notified() => {}
            }
        }
    }
}
