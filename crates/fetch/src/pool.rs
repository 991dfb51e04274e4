//! Connections that wait for another request to the same origin.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::outgoing::RequestBody;

/// How long a connection waits: as long as Node's.
const PATIENCE: Duration = Duration::from_secs(4);
/// How many wait at most, all origins together.
const MOST: usize = 32;

/// Scheme, host and port.
pub(crate) type Origin = (String, String, u16);

/// A connection that takes requests. Dropping it closes it.
pub(crate) struct Link {
    pub(crate) sender: SendRequest<RequestBody>,
    /// Its requests name their target in full.
    pub(crate) is_proxy: bool,
    /// Moves its bytes.
    pub(crate) _driver: AbortOnDropHandle<()>,
}

#[derive(Default)]
pub(crate) struct Pool(Mutex<HashMap<Origin, Vec<(Instant, Link)>>>);

impl Pool {
    /// Takes the connection that was used last, if one works.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Link> {
        let mut waiting = self.lock();
        let links = waiting.get_mut(origin)?;
        let found = std::iter::from_fn(|| links.pop())
            .find(|(since, link)| since.elapsed() < PATIENCE && link.sender.is_ready())
            .map(|(_, link)| link);
        if links.is_empty() {
            waiting.remove(origin);
        }
        found
    }

    /// Keeps a connection for the next request. The one that has waited longest goes when there are too many.
    pub(crate) fn put(&self, origin: Origin, link: Link) {
        let mut waiting = self.lock();
        waiting.retain(|_, links| {
            links.retain(|(since, link)| since.elapsed() < PATIENCE && !link.sender.is_closed());
            !links.is_empty()
        });
        if waiting.values().map(Vec::len).sum::<usize>() >= MOST {
            let oldest = waiting.iter().filter_map(|(origin, links)| Some((links.first()?.0, origin.clone()))).min();
            if let Some(links) = oldest.and_then(|(_, origin)| waiting.get_mut(&origin)) {
                links.remove(0);
            }
        }
        waiting.entry(origin).or_default().push((Instant::now(), link));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, Vec<(Instant, Link)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
