//! Trying again: exponential delays with jitter, up to a cap.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Chain;

/// Delays between tries: each about twice the one before, up to the cap, each shortened by a random part of up to half
/// so that many processes that lost the same server do not come back in one moment.
///
/// As an iterator it never ends.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    next: Duration,
}

impl Backoff {
    /// Delays that begin at about `first` and stay at about `cap`.
    pub fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, next: first.min(cap) }
    }

    /// Makes the delays for a server that does not answer: from 100 ms to a second.
    pub fn for_servers() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(1))
    }

    /// Begins again at the first delay, after something worked.
    pub fn reset(&mut self) {
        self.next = self.first.min(self.cap);
    }

    /// Returns the next delay.
    pub fn next_delay(&mut self) -> Duration {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(self.cap);
        whole - whole.mul_f64(0.5 * random_fraction())
    }

    /// Sleeps the next delay.
    ///
    /// # Errors
    /// [`Cancelled`] as soon as the token is.
    pub async fn wait(&mut self, cancel: &CancellationToken) -> Result<(), Cancelled> {
        let delay = self.next_delay();
        tokio::select! {
            () = cancel.cancelled() => Err(Cancelled),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.next_delay())
    }
}

/// The process is ending: another try is useless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Tries until it works, with a log line for each failure.
///
/// # Errors
/// [`Cancelled`] as soon as the token is; a try under way is dropped.
pub async fn until_ok<T, E, Try>(
    action: &str,
    mut backoff: Backoff,
    cancel: &CancellationToken,
    mut attempt: impl FnMut() -> Try,
) -> Result<T, Cancelled>
where
    E: std::error::Error,
    Try: Future<Output = Result<T, E>>,
{
    loop {
        let outcome = tokio::select! {
            () = cancel.cancelled() => return Err(Cancelled),
            outcome = attempt() => outcome,
        };
        match outcome {
            Ok(value) => return Ok(value),
            Err(error) => tracing::warn!(error = %Chain(&error), "failed to {action}, trying again"),
        }
        backoff.wait(cancel).await?;
    }
}

/// A random number from 0 to below 1; a half should the system have no randomness to give.
fn random_fraction() -> f64 {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use tokio_util::sync::CancellationToken;

    use super::{Backoff, Cancelled, until_ok};

    #[test]
    fn delays_double_up_to_the_cap_and_jitter_shortens_them_by_at_most_half() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(350));
        for whole in [100, 200, 350, 350] {
            let delay = backoff.next_delay();
            assert!(delay > Duration::from_millis(whole / 2 - 1) && delay <= Duration::from_millis(whole), "{delay:?}");
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn it_tries_until_it_works() {
        let mut tries = 0;
        let attempt = || {
            tries += 1;
            let outcome = if tries < 5 { Err(io::Error::other("down")) } else { Ok(tries) };
            async move { outcome }
        };
        let value = until_ok("reach it", Backoff::for_servers(), &CancellationToken::new(), attempt).await;
        assert_eq!(value, Ok(5));
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_ends_the_wait_and_the_try() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let mut backoff = Backoff::for_servers();
        assert_eq!(backoff.wait(&cancel).await, Err(Cancelled));
        let never = || std::future::pending::<Result<(), io::Error>>();
        assert_eq!(until_ok("wait", backoff, &cancel, never).await, Err(Cancelled));
    }
}
