//! Slows down clients that try tokens.
//!
//! A right token is never slowed down: people behind one address share it. So what is bounded is how fast wrong ones are
//! answered, and how many of an address wait for their answer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong tokens of an address that are answered at once.
const AT_ONCE: u32 = 10;
/// Afterwards one is answered in this time.
const EACH: Duration = Duration::from_secs(1);
/// The longest that an answer is held back.
const LONGEST: Duration = Duration::from_secs(10);
/// Addresses that are remembered; above it, those are forgotten first that have been quiet the longest.
const REMEMBERED: usize = 10_000;

/// When each address will have paid for its wrong tokens.
#[derive(Default)]
pub(crate) struct WrongTokens {
    paid_at: Mutex<HashMap<IpAddr, Instant>>,
}

impl WrongTokens {
    /// Counts a wrong token. How long its answer is to be held back; `None` when too many of the address are already.
    pub(crate) fn note(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        if paid_at.len() >= REMEMBERED {
            paid_at.retain(|_, paid_at| *paid_at > now);
            if paid_at.len() >= REMEMBERED
                && let Some(oldest) = paid_at.iter().min_by_key(|(_, paid_at)| **paid_at).map(|(address, _)| *address)
            {
                paid_at.remove(&oldest);
            }
        }
        let paid = paid_at.entry(network(address)).or_insert(now);
        let owed = paid.saturating_duration_since(now) + EACH;
        let held_back = owed.saturating_sub(EACH * AT_ONCE);
        if held_back > LONGEST {
            return None;
        }
        *paid = now + owed;
        Some(held_back)
    }
}

/// A client with an IPv6 address has at least 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{AT_ONCE, EACH, LONGEST, WrongTokens};

    #[test]
    fn an_address_that_goes_on_is_answered_ever_later_and_then_refused() {
        let (wrong, now) = (WrongTokens::default(), Instant::now());
        let (tries, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..AT_ONCE {
            assert_eq!(wrong.note(tries, now), Some(Duration::ZERO));
        }
        for number in 1..=10 {
            assert_eq!(wrong.note(tries, now), Some(EACH * number));
        }
        assert_eq!(wrong.note(tries, now), None);
        assert_eq!(wrong.note(other, now), Some(Duration::ZERO));
        assert_eq!(wrong.note(tries, now + EACH), Some(LONGEST));
        assert_eq!(wrong.note(tries, now + EACH * 100), Some(Duration::ZERO), "it has paid");
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let (wrong, now) = (WrongTokens::default(), Instant::now());
        for number in 0..AT_ONCE {
            let address = format!("2001:db8:1:2:3::{number:x}").parse().unwrap();
            assert_eq!(wrong.note(address, now), Some(Duration::ZERO));
        }
        assert_eq!(wrong.note("2001:db8:1:2::".parse().unwrap(), now), Some(EACH));
        assert_eq!(wrong.note("2001:db8:1:3::".parse().unwrap(), now), Some(Duration::ZERO));
        for _ in 0..AT_ONCE {
            wrong.note("::ffff:192.0.2.9".parse().unwrap(), now);
        }
        assert_eq!(wrong.note("192.0.2.9".parse().unwrap(), now), Some(EACH));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (wrong, now) = (WrongTokens::default(), Instant::now());
        for number in 0..30_000_u32 {
            wrong.note(std::net::IpAddr::V4(number.into()), now);
        }
        assert!(wrong.paid_at.lock().unwrap().len() <= super::REMEMBERED);
    }
}
