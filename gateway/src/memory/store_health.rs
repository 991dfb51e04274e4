//! Whether the store did its part lately: a database that answers pings may be full.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use job_store::StoreError;

/// For how long a failure counts when no call has succeeded since.
const COUNTS: Duration = Duration::from_secs(30);

/// The last write that failed because the store could not be used.
#[derive(Default)]
pub(crate) struct StoreHealth {
    trouble: Mutex<Option<(Instant, String)>>,
}

impl StoreHealth {
    /// Takes note of how a write went.
    pub(crate) fn note<T>(&self, written: &Result<T, StoreError>) {
        let trouble = match written {
            // One that was not reached is found out by a ping, and is ready as soon as it answers one.
            Err(error @ StoreError::Unavailable { .. }) if !error.is_unreached() => {
                Some((Instant::now(), service::Chain(error).to_string()))
            }
            // Any other answer shows that it works.
            _ => None,
        };
        let mut last = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.is_some() || last.is_some() {
            *last = trouble;
        }
    }

    /// Why the last write failed, when it did.
    pub(crate) fn trouble(&self) -> Option<String> {
        let last = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() < COUNTS).map(|(_, reason)| reason.clone())
    }
}
