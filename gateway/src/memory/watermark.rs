//! How far each queue of jobs has come: every message put there before a position has been delivered to somebody, or is gone.
//!
//! Pure memory: whoever notes and asks brings the time. The queue is first in, first out for messages on their first
//! delivery. A message that is delivered anew, or sent round, may lie anywhere: such a message is not a concern of this
//! module, its job has a later sign of life (see [`crate::fleet`]).

use std::collections::VecDeque;

use job_model::Priority;

use crate::clock::Millis;

/// How long observations are kept: a day, the longest time a job may run, and some more.
const KEPT: Millis = 26 * 60 * 60 * 1000;
/// Observations of one such span are one observation.
const SPAN: Millis = 1000;

/// How far the queues of all priorities have come.
#[derive(Default)]
pub(crate) struct Watermarks {
    /// By priority.
    queues: [Watermark; Priority::ALL.len()],
    /// Whether a job of that priority was met here, by priority: unused queues are not asked for.
    used: [bool; Priority::ALL.len()],
}

impl Watermarks {
    /// The queue of a priority.
    pub(crate) fn of(&self, priority: Priority) -> &Watermark {
        &self.queues[priority as usize]
    }

    /// The same, to note something.
    pub(crate) fn of_mut(&mut self, priority: Priority) -> &mut Watermark {
        &mut self.queues[priority as usize]
    }

    /// A job of the priority is met.
    pub(crate) fn note_use(&mut self, priority: Priority) {
        self.used[priority as usize] = true;
    }

    /// The priorities of which jobs were met, and the normal one.
    pub(crate) fn used(&self) -> Vec<Priority> {
        let is_used = |priority: &Priority| *priority == Priority::Normal || self.used[*priority as usize];
        [Priority::Normal, Priority::High, Priority::Low].into_iter().filter(is_used).collect()
    }

    /// The furthest position that any queue was known to have passed at this time.
    pub(crate) fn furthest_at(&self, time: Millis) -> Option<Millis> {
        Priority::ALL.into_iter().filter_map(|priority| self.of(priority).at(time)).max()
    }

    /// Forgets everything that was observed: something may have been missed.
    pub(crate) fn clear(&mut self) {
        Priority::ALL.into_iter().for_each(|priority| self.of_mut(priority).clear());
    }
}

/// Observations that the queue had passed a position at a time.
#[derive(Default)]
pub(crate) struct Watermark {
    passed: VecDeque<Passed>,
}

struct Passed {
    /// When it was known. The end of a span, so never before the observation.
    seen: Millis,
    /// The furthest position that was known to be passed then.
    position: Millis,
}

impl Watermark {
    /// Notes that everything put on the queue before `position` had been delivered at `seen`.
    pub(crate) fn note(&mut self, seen: Millis, position: Millis) {
        let end = seen.saturating_add(SPAN - 1).div_euclid(SPAN).saturating_mul(SPAN);
        match self.passed.back_mut() {
            Some(last) if position <= last.position => return,
            Some(last) if end <= last.seen => last.position = position,
            _ => self.passed.push_back(Passed { seen: end, position }),
        }
        // The newest of the old ones tells what was passed before all that follow.
        while self.passed.get(1).is_some_and(|next| next.seen < end.saturating_sub(KEPT)) {
            self.passed.pop_front();
        }
    }

    /// The furthest position that was known to be passed at this time.
    pub(crate) fn at(&self, time: Millis) -> Option<Millis> {
        let known = self.passed.partition_point(|passed| passed.seen <= time);
        known.checked_sub(1).map(|last| self.passed[last].position)
    }

    /// Forgets everything: something may have been missed.
    pub(crate) fn clear(&mut self) {
        self.passed.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Watermark};

    #[test]
    fn a_position_counts_from_the_time_it_was_known() {
        let mut watermark = Watermark::default();
        watermark.note(10_000, 5_000);
        watermark.note(20_000, 4_000);
        watermark.note(30_000, 25_000);
        for (time, position) in [(9_999, None), (10_000, Some(5_000)), (29_999, Some(5_000)), (30_000, Some(25_000))] {
            assert_eq!(watermark.at(time), position, "{time}");
        }
        watermark.clear();
        assert_eq!(watermark.at(i64::MAX), None);
    }

    #[test]
    fn many_observations_take_little_room_and_none_is_dated_back() {
        let mut watermark = Watermark::default();
        for time in 1..=200_000_i64 {
            watermark.note(time * 10, time * 10 - 5);
            assert!(watermark.at(time * 10 - 1).is_none_or(|position| position < time * 10 - 5));
        }
        assert!(watermark.passed.len() <= 2_001, "{}", watermark.passed.len());
        watermark.note(3 * KEPT, 3 * KEPT);
        assert_eq!(watermark.passed.len(), 2);
        assert_eq!(watermark.at(2 * KEPT), Some(1_999_995));
    }
}
