//! Ids to be remembered for a while, and not too many of them.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use tokio::time::Instant;

/// Ids with the moment each was noted. Kept as hashes of 64 bits: a hundred thousand of them take four MiB, and two
/// that look alike are one in 10^14 then.
pub(crate) struct RecentIds {
    hasher: RandomState,
    /// Oldest first; an id that was noted twice stands here twice.
    noted: VecDeque<(Instant, u64)>,
    times: HashMap<u64, u32>,
    most: usize,
    keep: Duration,
}

impl RecentIds {
    /// Keeps at most `most` ids, none of them longer than `keep`.
    pub(crate) fn new(most: usize, keep: Duration) -> Self {
        Self { hasher: RandomState::new(), noted: VecDeque::new(), times: HashMap::new(), most, keep }
    }

    /// Notes an id. The moment when the id was noted that had to make room, when one had to.
    pub(crate) fn note(&mut self, id: &impl Hash) -> Option<Instant> {
        self.forget_old();
        let dropped = if self.noted.len() >= self.most { self.forget_oldest() } else { None };
        let id = self.hasher.hash_one(id);
        self.noted.push_back((Instant::now(), id));
        *self.times.entry(id).or_default() += 1;
        dropped
    }

    pub(crate) fn contains(&mut self, id: &impl Hash) -> bool {
        self.forget_old();
        self.times.contains_key(&self.hasher.hash_one(id))
    }

    fn forget_old(&mut self) {
        while self.noted.front().is_some_and(|(at, _)| at.elapsed() > self.keep) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) -> Option<Instant> {
        let (at, id) = self.noted.pop_front()?;
        if let Some(times) = self.times.get_mut(&id) {
            *times -= 1;
            if *times == 0 {
                self.times.remove(&id);
            }
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::RecentIds;

    #[tokio::test(start_paused = true)]
    async fn an_id_is_kept_for_its_time_and_among_the_last() {
        let mut recent = RecentIds::new(3, Duration::from_secs(60));
        let began = Instant::now();
        assert_eq!(recent.note(&"first"), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(recent.contains(&"first") && !recent.contains(&"other"));
        assert_eq!((recent.note(&"other"), recent.note(&"other")), (None, None));
        assert_eq!(recent.note(&"other"), Some(began));
        assert!(!recent.contains(&"first") && recent.contains(&"other"));
        assert!(recent.note(&"fifth").is_some() && recent.contains(&"other"), "it was noted three times");
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(!recent.contains(&"other"));
        assert_eq!(recent.note(&"last"), None, "the old ones have made room");
    }
}
