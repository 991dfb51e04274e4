//! Which jobs clients of this gateway follow: executors broadcast what happens in those only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use job_model::{JobId, WatchedJob};

/// The most followed jobs that an order names: one message has all of them.
const MOST: usize = 2000;

/// Counts who follows what. Clones share the count.
#[derive(Clone, Default)]
pub(crate) struct Followers(Arc<Mutex<HashMap<JobId, Count>>>);

#[derive(Default)]
struct Count {
    all: usize,
    live: usize,
}

/// Counts a client until it is dropped.
pub(crate) struct Following {
    followers: Followers,
    id: JobId,
    live: bool,
}

impl Followers {
    /// A client begins to follow a job, with its calls and pictures or without.
    pub(crate) fn begin(&self, id: &JobId, live: bool) -> Following {
        let mut counts = self.counts();
        let count = counts.entry(id.clone()).or_default();
        count.all += 1;
        count.live += usize::from(live);
        Following { followers: self.clone(), id: id.clone(), live }
    }

    /// What the order says.
    pub(crate) fn jobs(&self) -> Vec<WatchedJob> {
        let counts = self.counts();
        counts.iter().take(MOST).map(|(uuid, count)| WatchedJob { uuid: uuid.clone(), live: count.live > 0 }).collect()
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<JobId, Count>> {
        // Nothing here panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut counts = self.followers.counts();
        if let Some(count) = counts.get_mut(&self.id) {
            count.all -= 1;
            count.live -= usize::from(self.live);
            if count.all == 0 {
                counts.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use job_model::{JobId, WatchedJob};

    use super::Followers;

    #[test]
    fn a_job_is_followed_until_its_last_client_is_gone() {
        let followers = Followers::default();
        let id = JobId::parse("j").unwrap();
        let (one, other) = (followers.begin(&id, false), followers.begin(&id, true));
        assert_eq!(followers.jobs(), [WatchedJob { uuid: id.clone(), live: true }]);
        drop(other);
        assert_eq!(followers.jobs(), [WatchedJob { uuid: id, live: false }]);
        drop(one);
        assert!(followers.jobs().is_empty());
    }
}
