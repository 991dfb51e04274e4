//! When a delivery that failed is tried again. Pure.

use std::time::Duration;

/// What each wait is longer than the one before.
const FACTOR: u32 = 3;
/// The longest wait that the receiver did not ask for.
const LONGEST: Duration = Duration::from_secs(4 * 3600);
/// How long a delivery is tried.
pub(crate) const TRIED_FOR: Duration = Duration::from_secs(24 * 3600);
/// By how much a wait may be shorter or longer, so that deliveries which failed together do not come back together.
const JITTER: f64 = 0.2;

/// How long to wait after so many failures in a row, one or more. `random` is from 0 to 1. A receiver may ask for more
/// by `Retry-After`, and gets no less than what the failures call for.
pub(crate) fn wait(first: Duration, failures: u32, retry_after: Option<Duration>, random: f64) -> Duration {
    let factor = FACTOR.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let plain = first.saturating_mul(factor).min(LONGEST);
    let wait = plain.mul_f64(1.0 - JITTER + 2.0 * JITTER * random.clamp(0.0, 1.0));
    wait.max(retry_after.unwrap_or_default().min(TRIED_FOR))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, TRIED_FOR, wait};

    const FIRST: Duration = Duration::from_secs(5);

    #[test]
    fn waits_grow_to_hours_and_a_day_has_about_a_dozen() {
        let waits: Vec<u64> = (1..=10).map(|failures| wait(FIRST, failures, None, 0.5).as_secs()).collect();
        assert_eq!(waits, [5, 15, 45, 135, 405, 1215, 3645, 10935, 14400, 14400]);
        let (mut tries, mut passed) = (1, Duration::ZERO);
        while passed < TRIED_FOR {
            passed += wait(FIRST, tries, None, 0.5);
            tries += 1;
        }
        assert_eq!(tries, 14);
        assert_eq!(wait(FIRST, u32::MAX, None, 0.5), LONGEST);
    }

    #[test]
    fn waits_differ_by_a_fifth_each_way() {
        assert_eq!(wait(FIRST, 1, None, 0.0), Duration::from_secs(4));
        assert_eq!(wait(FIRST, 1, None, 1.0), Duration::from_secs(6));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_and_not_for_a_shorter_one() {
        let asked = |seconds| wait(FIRST, 1, Some(Duration::from_secs(seconds)), 0.5);
        assert_eq!((asked(60), asked(1)), (Duration::from_secs(60), FIRST));
        assert_eq!(asked(u64::MAX), TRIED_FOR, "nobody waits longer than a delivery is tried");
    }
}
