//! Room for health checks when all places are taken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::watch::Watch;

/// Connections for health checks at the same time.
const CHECKS: usize = 128;
/// How long a connection in the room may be silent before another one gets its place. A health check has sent its request by
/// then: mostly it waits in the socket when the connection is accepted.
const STAY: Duration = Duration::from_millis(50);

/// Who is in it, oldest first.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    visitors: Mutex<VecDeque<Visitor>>,
}

#[derive(Debug)]
struct Visitor {
    watch: Arc<Watch>,
    since: Instant,
    sent_away: CancellationToken,
}

impl WaitingRoom {
    /// Waits until there is a place, or somebody who asks nothing has had enough time for it. Returns at once when all in the
    /// room are being answered.
    pub(super) async fn has_room(&self) {
        loop {
            let next = {
                let visitors = self.lock();
                if visitors.len() < CHECKS {
                    return;
                }
                visitors.iter().find(|visitor| !visitor.watch.is_busy()).map(|silent| silent.since + STAY)
            };
            match next {
                Some(at) if at > Instant::now() => sleep_until(at).await,
                _ => return,
            }
        }
    }

    /// A place in the room, for which one that asks nothing is sent away when the room is full. `None` when all in it are
    /// being answered.
    pub(super) fn enter(self: &Arc<Self>, watch: &Arc<Watch>) -> Option<RoomPlace> {
        let mut visitors = self.lock();
        if visitors.len() >= CHECKS {
            let silent = visitors.iter().position(|visitor| !visitor.watch.is_busy())?;
            visitors.remove(silent)?.sent_away.cancel();
        }
        let sent_away = CancellationToken::new();
        visitors.push_back(Visitor { watch: watch.clone(), since: Instant::now(), sent_away: sent_away.clone() });
        Some(RoomPlace { room: self.clone(), watch: watch.clone(), sent_away })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Visitor>> {
        // Nothing here panics half way through a change.
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the room, free again when dropped.
#[derive(Debug)]
pub(super) struct RoomPlace {
    room: Arc<WaitingRoom>,
    watch: Arc<Watch>,
    /// Cancelled when somebody else needs the place.
    pub(super) sent_away: CancellationToken,
}

impl Drop for RoomPlace {
    fn drop(&mut self) {
        self.room.lock().retain(|visitor| !Arc::ptr_eq(&visitor.watch, &self.watch));
    }
}
