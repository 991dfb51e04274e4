//! Job ids to be remembered for a while, and not too many of them.

use std::collections::VecDeque;
use std::time::Duration;

use job_model::JobId;
use tokio::time::Instant;

/// The most ids that are kept.
const MOST: usize = 4096;

/// Ids with the moment they were noted, oldest first.
pub(crate) struct Recent {
    ids: VecDeque<(Instant, JobId)>,
    keep: Duration,
}

impl Recent {
    pub(crate) fn new(keep: Duration) -> Self {
        Self { ids: VecDeque::new(), keep }
    }

    pub(crate) fn note(&mut self, id: &JobId) {
        self.forget_old();
        if self.ids.len() == MOST {
            self.ids.pop_front();
        }
        self.ids.push_back((Instant::now(), id.clone()));
    }

    pub(crate) fn contains(&mut self, id: &JobId) -> bool {
        self.forget_old();
        self.ids.iter().any(|(_, noted)| noted == id)
    }

    fn forget_old(&mut self) {
        while self.ids.front().is_some_and(|(at, _)| at.elapsed() > self.keep) {
            self.ids.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::JobId;

    use super::{MOST, Recent};

    #[tokio::test(start_paused = true)]
    async fn an_id_is_kept_for_its_time_and_among_the_last() {
        let mut recent = Recent::new(Duration::from_secs(60));
        let (first, other) = (JobId::parse("first").unwrap(), JobId::parse("other").unwrap());
        recent.note(&first);
        assert!(recent.contains(&first) && !recent.contains(&other));
        for _ in 0..MOST {
            recent.note(&other);
        }
        assert!(!recent.contains(&first));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(!recent.contains(&other));
    }
}
