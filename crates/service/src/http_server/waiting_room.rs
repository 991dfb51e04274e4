//! Room for health checks when all places are taken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::watch::Watch;

/// Connections for health checks at the same time.
const CHECKS: usize = 32;

/// Who is in it, oldest first.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    visitors: Mutex<VecDeque<(Arc<Watch>, CancellationToken)>>,
}

impl WaitingRoom {
    /// A place in the room, for which one that asks nothing is sent away when the room is full. `None` when all in it are
    /// being answered.
    pub(super) fn enter(self: &Arc<Self>, watch: &Arc<Watch>) -> Option<RoomPlace> {
        let mut visitors = self.lock();
        if visitors.len() >= CHECKS {
            let silent = visitors.iter().position(|(watch, _)| !watch.is_busy())?;
            let (_, sent_away) = visitors.remove(silent)?;
            sent_away.cancel();
        }
        let sent_away = CancellationToken::new();
        visitors.push_back((watch.clone(), sent_away.clone()));
        Some(RoomPlace { room: self.clone(), watch: watch.clone(), sent_away })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Arc<Watch>, CancellationToken)>> {
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
        self.room.lock().retain(|(watch, _)| !Arc::ptr_eq(watch, &self.watch));
    }
}
