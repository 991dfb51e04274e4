//! How many requests a token may make: a bucket that fills steadily and that each request takes one from.

use std::time::{Duration, Instant};

/// How fast a bucket fills, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) burst: u32,
}

/// One token's bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full one.
    pub(crate) fn full(rate: Rate, now: Instant) -> Self {
        Self { level: rate.burst.into(), at: now }
    }

    /// Takes one request out, or tells how long to wait until there is one.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second;
        // The rate may have been changed meanwhile.
        self.level = (self.level + gained).min(rate.burst.into());
        self.at = now;
        if self.level >= 1.0 {
            self.level -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.level) / rate.per_second))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Bucket, Rate};

    #[test]
    fn a_burst_passes_at_once_and_then_as_many_as_the_rate_allows() {
        let rate = Rate { per_second: 2.0, burst: 3 };
        let start = Instant::now();
        let mut bucket = Bucket::full(rate, start);
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!([0, 0, 0].map(|millis| bucket.take(rate, at(millis)).is_ok()), [true; 3]);
        assert_eq!(bucket.take(rate, at(0)), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(rate, at(250)), Err(Duration::from_millis(250)));
        assert!(bucket.take(rate, at(500)).is_ok() && bucket.take(rate, at(500)).is_err());
        assert_eq!([60_000; 4].map(|millis| bucket.take(rate, at(millis)).is_ok()), [true, true, true, false]);
        let slower = Rate { per_second: 0.5, burst: 1 };
        assert_eq!(bucket.take(slower, at(60_000)), Err(Duration::from_secs(2)));
    }
}
