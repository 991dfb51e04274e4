//! Turns at receivers: how many deliveries a host gets at a time, and what becomes of those that find it busy.
//!
//! A receiver that answers slowly or not at all keeps its own deliveries waiting, and nobody else's. A delivery that will
//! find room within moments waits here; any other is put off to about the time of its turn, so that it is looked at once
//! and not again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Deliveries to one host at a time.
const AT_ONCE: u32 = 8;
/// Deliveries that wait here for one host.
const MOST_WAITING: u32 = 200;
/// The longest time that a delivery is expected to wait here.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest time that a delivery does wait here, when its host has become slower meanwhile.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// What a delivery is taken to last before any to its host has ended.
const FIRST_GUESS: Duration = Duration::from_secs(1);
/// What a delivery is taken to last at least.
const LEAST_DURATION: Duration = Duration::from_millis(5);

/// The hosts that deliveries are under way to, wait for, or are put off for.
#[derive(Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Host>>);

struct Host {
    places: Arc<Semaphore>,
    /// Deliveries under way and waiting here.
    here: u32,
    /// When the next one that is put off has its turn.
    next_turn: Instant,
    /// How long deliveries last: a mean in which the latest count most.
    duration: Duration,
}

/// What a delivery is to do.
pub(super) enum Turn {
    /// Wait here for its place.
    Soon(Ticket),
    /// Come again so much later.
    Later(Duration),
}

/// A delivery that is here; dropping it makes room.
pub(super) struct Ticket {
    hosts: Arc<Hosts>,
    host: String,
    places: Arc<Semaphore>,
    /// Since when the host is spoken to, with its place.
    place: Option<(Instant, OwnedSemaphorePermit)>,
}

impl Hosts {
    /// Says when a host has room.
    pub(super) fn turn(self: &Arc<Self>, host: &str, now: Instant) -> Turn {
        let mut hosts = self.lock();
        let known = hosts.entry(host.to_owned()).or_insert_with(|| Host {
            places: Arc::new(Semaphore::new(AT_ONCE as usize)),
            here: 0,
            next_turn: now,
            duration: FIRST_GUESS,
        });
        let wait = known.duration * (known.here / AT_ONCE);
        if wait <= PATIENCE && known.here < AT_ONCE + MOST_WAITING {
            known.here += 1;
            let places = Arc::clone(&known.places);
            return Turn::Soon(Ticket { hosts: Arc::clone(self), host: host.to_owned(), places, place: None });
        }
        known.next_turn = known.next_turn.max(now + wait) + known.duration / AT_ONCE;
        Turn::Later(known.next_turn - now)
    }

    /// Forgets hosts that nothing is under way to.
    pub(super) fn tidy(&self, now: Instant) {
        self.lock().retain(|_, host| host.here > 0 || host.next_turn > now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        // Nothing there panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Waits for the place. False when there is none for too long.
    pub(super) async fn place(&mut self) -> bool {
        let waiting = Arc::clone(&self.places).acquire_owned();
        let Ok(Ok(place)) = tokio::time::timeout(LONGEST_WAIT, waiting).await else { return false };
        self.place = Some((Instant::now(), place));
        true
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(host) = self.hosts.lock().get_mut(&self.host) {
            host.here = host.here.saturating_sub(1);
            if let Some((since, _)) = &self.place {
                host.duration = ((host.duration * 3 + since.elapsed()) / 4).max(LEAST_DURATION);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::{AT_ONCE, Hosts, Turn};

    #[tokio::test]
    async fn a_busy_host_puts_off_its_own_and_nobody_elses() {
        let (hosts, now) = (Arc::new(Hosts::default()), Instant::now());
        let turn = |host: &str, now| match hosts.turn(host, now) {
            Turn::Soon(ticket) => Ok(ticket),
            Turn::Later(wait) => Err(wait.as_secs()),
        };
        let mut tickets: Vec<_> = (0..AT_ONCE).map(|_| turn("slow:443", now).ok().unwrap()).collect();
        for ticket in &mut tickets {
            assert!(ticket.place().await);
        }
        hosts.lock().get_mut("slow:443").unwrap().duration = Duration::from_secs(16);
        let waits: Vec<_> = (0..3).map(|_| turn("slow:443", now).err().unwrap()).collect();
        assert_eq!(waits, [18, 20, 22], "one after the other, behind those that are under way");
        assert!(turn("other:443", now).is_ok());
        drop(tickets);
        assert!(turn("slow:443", now).is_ok());
        hosts.tidy(now);
        assert_eq!(hosts.lock().len(), 1, "others are still to come");
        hosts.tidy(now + Duration::from_secs(60));
        assert!(hosts.lock().is_empty());
    }

    #[tokio::test]
    async fn a_host_that_answers_quickly_keeps_its_deliveries_here() {
        let (hosts, now) = (Arc::new(Hosts::default()), Instant::now());
        let tickets: Vec<_> = (0..48).map(|_| hosts.turn("a:80", now)).collect();
        assert!(tickets.iter().all(|turn| matches!(turn, Turn::Soon(_))), "five seconds of them");
        assert!(matches!(hosts.turn("a:80", now), Turn::Later(_)));
        hosts.lock().get_mut("a:80").unwrap().duration = Duration::from_millis(10);
        assert!(matches!(hosts.turn("a:80", now), Turn::Soon(_)));
    }
}
