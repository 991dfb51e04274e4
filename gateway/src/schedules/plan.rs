//! When a schedule's next tick is due, and what becomes of ticks that passed while no gateway ran.

use std::time::Duration;

use job_model::{InstanceId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::recurrence::Recurrence;

/// A tick that no gateway looked at for this long was missed.
pub(crate) const MISSED_AFTER: Duration = Duration::from_secs(60);
/// The most ticks that are caught up with after a downtime: the latest ones.
pub(crate) const MOST_CAUGHT_UP: usize = 1000;

/// What becomes of missed ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CatchUp {
    /// They make no jobs.
    #[default]
    Skip,
    /// The latest of them makes one.
    Once,
    /// Each makes one, of [`MOST_CAUGHT_UP`] at most.
    All,
}

/// What is to be done with a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing before this moment.
    Wait(Timestamp),
    /// These ticks make no job; the next tick to look at.
    Pass { first: Timestamp, last: Timestamp, next: Option<Timestamp> },
    /// This tick makes a job; the next tick to look at.
    Fire { tick: Timestamp, next: Option<Timestamp> },
}

/// The times of a schedule, and how they are kept.
pub(crate) struct Plan<'a> {
    pub(crate) recurrence: &'a Recurrence,
    pub(crate) catch_up: CatchUp,
    pub(crate) jitter: Duration,
    pub(crate) creation: &'a InstanceId,
}

impl Plan<'_> {
    /// What is to be done now, when all ticks before `tick` are done.
    pub(crate) fn step(&self, tick: Timestamp, now: Timestamp) -> Step {
        let due_at = self.due_at(tick);
        if due_at > now {
            return Step::Wait(due_at);
        }
        let fire = |tick| Step::Fire { tick, next: self.recurrence.next_after(tick) };
        let longest = MISSED_AFTER.saturating_add(self.jitter);
        let Some(missed_until) = before(now, longest).filter(|missed_until| tick <= *missed_until) else {
            return fire(tick);
        };
        match self.catch_up {
            CatchUp::All => match self.first_caught_up(tick, missed_until) {
                first if first > tick => self.pass(tick, first),
                _ => fire(tick),
            },
            CatchUp::Once => match self.recurrence.last_until(missed_until) {
                Some(last) if last > tick => self.pass(tick, last),
                _ => fire(tick),
            },
            CatchUp::Skip => {
                let last = self.recurrence.last_until(missed_until).unwrap_or(tick);
                Step::Pass { first: tick, last, next: self.recurrence.next_after(last) }
            }
        }
    }

    /// When the job of a tick is made: the tick and its share of the jitter, which every gateway knows.
    pub(crate) fn due_at(&self, tick: Timestamp) -> Timestamp {
        let span = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        let hash = hash(&[self.creation.as_str().as_bytes(), &tick.unix_millis().to_be_bytes()]);
        let share = u64::from_be_bytes(hash[..8].try_into().expect("a hash has 32 bytes")) % span;
        tick.after(Duration::from_millis(share)).unwrap_or(tick)
    }

    /// The ticks before this one make no job.
    fn pass(&self, first: Timestamp, next: Timestamp) -> Step {
        let last = before(next, Duration::from_secs(1)).and_then(|until| self.recurrence.last_until(until));
        Step::Pass { first, last: last.unwrap_or(first), next: Some(next) }
    }

    /// The first of the latest [`MOST_CAUGHT_UP`] ticks that were missed, not before `tick`.
    fn first_caught_up(&self, tick: Timestamp, missed_until: Timestamp) -> Timestamp {
        let Some(next) = self.recurrence.next_after(tick) else { return tick };
        let (span, distance) =
            (missed_until.unix_millis() - tick.unix_millis(), next.unix_millis() - tick.unix_millis());
        // Cheap, and right but for patterns that crowd their ticks: those are counted.
        if span / distance.max(1) < i64::try_from(MOST_CAUGHT_UP).unwrap_or(i64::MAX) && distance >= 60_000 {
            return tick;
        }
        let (mut first, mut until) = (tick, missed_until);
        for _ in 0..MOST_CAUGHT_UP {
            match self.recurrence.last_until(until) {
                Some(earlier) if earlier > tick => first = earlier,
                _ => return tick,
            }
            until = before(first, Duration::from_secs(1)).unwrap_or(first);
        }
        first
    }
}

/// The moment so much earlier; `None` before all times.
fn before(at: Timestamp, age: Duration) -> Option<Timestamp> {
    Timestamp::from_unix_millis(at.unix_millis().checked_sub(i64::try_from(age.as_millis()).ok()?)?)
}

/// One number of several texts that none of them can be moved between.
pub(crate) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::{InstanceId, Timestamp};

    use super::{CatchUp, Plan, Recurrence, Step};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-01-{text}Z")).unwrap()
    }

    /// The ticks that make jobs, and those that do not, when somebody looks at these moments.
    fn fired(cron: &str, catch_up: CatchUp, first: Timestamp, looks: &[Timestamp]) -> (Vec<Timestamp>, usize) {
        let recurrence = Recurrence::parse(cron, "UTC", first).unwrap();
        let creation = InstanceId::fresh();
        let plan = Plan { recurrence: &recurrence, catch_up, jitter: Duration::ZERO, creation: &creation };
        let (mut tick, mut fired, mut passed) = (first, Vec::new(), 0);
        for now in looks {
            loop {
                match plan.step(tick, *now) {
                    Step::Wait(until) => {
                        assert!(until > *now);
                        break;
                    }
                    Step::Pass { first, last, next } => {
                        assert!(first == tick && last >= first && next.unwrap() > last);
                        (passed, tick) = (passed + 1, next.unwrap());
                    }
                    Step::Fire { tick: fire, next } => {
                        fired.push(fire);
                        tick = next.unwrap();
                    }
                }
            }
        }
        (fired, passed)
    }

    #[test]
    fn a_downtime_costs_what_the_rule_says() {
        let hours = |hours: &[&str]| hours.iter().map(|hour| at(&format!("01T{hour}:00:00"))).collect::<Vec<_>>();
        let looks = [at("01T01:00:00.500"), at("01T02:00:00.200"), at("01T06:30:00"), at("01T07:00:01")];
        let ticks = |rule| fired("0 * * * *", rule, at("01T01:00:00"), &looks);
        assert_eq!(ticks(CatchUp::Skip), (hours(&["01", "02", "07"]), 1));
        assert_eq!(ticks(CatchUp::Once), (hours(&["01", "02", "06", "07"]), 1));
        assert_eq!(ticks(CatchUp::All), (hours(&["01", "02", "03", "04", "05", "06", "07"]), 0));
    }

    #[test]
    fn a_look_that_is_a_little_late_misses_nothing() {
        let looks = [at("01T00:00:59"), at("01T00:01:50")];
        let (fired, passed) = fired("*/10 * * * * *", CatchUp::Skip, at("01T00:00:00"), &looks);
        assert_eq!((fired.len(), passed), (12, 0));
    }

    #[test]
    fn no_more_than_a_thousand_ticks_are_caught_up_with() {
        let (fired, passed) = fired("* * * * * *", CatchUp::All, at("01T00:00:00"), &[at("03T00:00:00")]);
        assert_eq!((fired.len(), passed), (1000 + 60, 1));
        assert_eq!(fired.last(), Some(&at("03T00:00:00")));
    }

    #[test]
    fn jitter_is_a_ticks_own_and_within_its_span() {
        let recurrence = Recurrence::parse("* * * * *", "UTC", at("01T00:00:00")).unwrap();
        let creation = InstanceId::fresh();
        let jitter = Duration::from_secs(30);
        let plan = Plan { recurrence: &recurrence, catch_up: CatchUp::Skip, jitter, creation: &creation };
        let shares: Vec<_> = (0..50)
            .map(|minute| {
                let tick = at("01T00:00:00").after(Duration::from_secs(60 * minute)).unwrap();
                assert_eq!(plan.due_at(tick), plan.due_at(tick));
                plan.due_at(tick).unix_millis() - tick.unix_millis()
            })
            .collect();
        assert!(shares.iter().all(|share| (0..=30_000).contains(share)), "{shares:?}");
        assert!(shares.iter().any(|share| *share > 15_000) && shares.iter().any(|share| *share < 15_000));
    }
}
