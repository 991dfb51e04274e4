//! The next time at which a job is due, as far as this gateway knows.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use job_model::Timestamp;
use tokio::sync::Notify;

use crate::clock::Millis;

/// Time between two looks while a job has a time to come.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);
/// The same while none has.
const IDLE_INTERVAL: Duration = Duration::from_secs(5);

/// The next time that this gateway knows of.
pub(crate) struct DueTimes {
    next: AtomicI64,
    sooner: Notify,
}

impl Default for DueTimes {
    fn default() -> Self {
        Self { next: AtomicI64::new(Millis::MAX), sooner: Notify::new() }
    }
}

impl DueTimes {
    /// Every time that is known is looked at now; what is written from now on rings anew.
    pub(crate) fn begin_look(&self) {
        self.next.store(Millis::MAX, Ordering::Relaxed);
    }

    /// Returns when a job rings that is due before all that was known.
    pub(crate) async fn sooner(&self) {
        self.sooner.notified().await;
    }

    /// A job was written whose time comes then; nothing for a job without one.
    pub(crate) fn ring(&self, wake_at: Option<Timestamp>) {
        let Some(at) = wake_at.map(Timestamp::unix_millis) else { return };
        if self.next.fetch_min(at, Ordering::Relaxed) > at {
            self.sooner.notify_one();
        }
    }

    /// How long to wait until the next look, when the look that ended now found this to be next.
    pub(crate) fn pause(&self, next: Option<Timestamp>, now: Millis) -> Duration {
        // Without a ring: the pause that begins now takes it into account.
        let next = next.map_or(Millis::MAX, Timestamp::unix_millis);
        let known = self.next.fetch_min(next, Ordering::Relaxed).min(next);
        let longest = if known == Millis::MAX { IDLE_INTERVAL } else { INTERVAL };
        // One millisecond more: a time has come when it is not in the future.
        let until = known.saturating_sub(now).saturating_add(1);
        u64::try_from(until).map_or(longest, |millis| longest.min(Duration::from_millis(millis)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::Timestamp;

    use super::{DueTimes, IDLE_INTERVAL, INTERVAL};

    fn at(millis: i64) -> Option<Timestamp> {
        Timestamp::from_unix_millis(millis)
    }

    #[test]
    fn a_pause_ends_with_the_next_time_that_is_known() {
        let due = DueTimes::default();
        assert_eq!(due.pause(None, 1_000), IDLE_INTERVAL);
        due.ring(None);
        assert_eq!(due.pause(None, 1_000), IDLE_INTERVAL);
        assert_eq!(due.pause(at(60_000), 1_000), INTERVAL);
        due.ring(at(1_250));
        assert_eq!(due.pause(None, 1_000), Duration::from_millis(251));
        due.ring(at(50_000));
        assert_eq!(due.pause(at(1_200), 1_000), Duration::from_millis(201));
        assert_eq!(due.pause(None, 2_000), INTERVAL, "what should have moved is looked at again");
    }

    #[tokio::test]
    async fn an_earlier_time_ends_a_pause_that_goes_on() {
        let due = DueTimes::default();
        due.pause(at(9_000), 0);
        assert!(futures::poll!(std::pin::pin!(due.sooner.notified())).is_pending(), "the pause knows of it");
        due.ring(at(5_000));
        due.sooner.notified().await;
        due.ring(at(9_000));
        assert!(futures::poll!(std::pin::pin!(due.sooner.notified())).is_pending());
        due.ring(at(4_000));
        due.sooner.notified().await;
    }
}
