//! What ended at this gateway within the last hour: how many jobs a minute, and how long their code ran.
//!
//! A bucket per minute, each with counts by duration: reading costs the same however many jobs there were.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::clock::Millis;

const MINUTES: usize = 60;
const MINUTE: Millis = 60_000;
/// Two bounds of durations a doubling: from 1 ms to more than a day.
const BOUNDS: usize = 56;

/// The last hour.
pub(crate) struct LastHour(Mutex<[Minute; MINUTES]>);

#[derive(Clone, Copy)]
struct Minute {
    /// Since the epoch.
    number: Millis,
    created: u64,
    ended: u64,
    /// How many ran no longer than each bound, and longer than the one before.
    durations: [u32; BOUNDS],
    longest: u64,
    sum: u64,
}

const EMPTY: Minute = Minute { number: Millis::MIN, created: 0, ended: 0, durations: [0; BOUNDS], longest: 0, sum: 0 };

/// The report of the hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct HourStatistics {
    /// Jobs accepted, by minute, the present one last.
    created_per_minute: Vec<u64>,
    /// Jobs ended, likewise.
    ended_per_minute: Vec<u64>,
    duration_ms: Durations,
}

/// How long the code of the jobs ran that ended, in milliseconds. The percentiles are at most 42 % too high.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Durations {
    mean: u64,
    p50: u64,
    p95: u64,
    max: u64,
}

impl Default for LastHour {
    fn default() -> Self {
        Self(Mutex::new([EMPTY; MINUTES]))
    }
}

impl LastHour {
    /// A job was accepted.
    pub(crate) fn created(&self, now: Millis) {
        minute(&mut self.lock(), now).created += 1;
    }

    /// A job ended whose code ran for so many milliseconds.
    pub(crate) fn ended(&self, duration: u64, now: Millis) {
        let mut minutes = self.lock();
        let minute = minute(&mut minutes, now);
        minute.ended += 1;
        let bound = (0..BOUNDS - 1).find(|at| duration <= bound(*at)).unwrap_or(BOUNDS - 1);
        minute.durations[bound] = minute.durations[bound].saturating_add(1);
        minute.longest = minute.longest.max(duration);
        minute.sum = minute.sum.saturating_add(duration);
    }

    /// The hour until now.
    pub(crate) fn read(&self, now: Millis) -> HourStatistics {
        let minutes = self.lock();
        let present = now.div_euclid(MINUTE);
        let first = present - Millis::try_from(MINUTES).expect("small") + 1;
        let of = |number: Millis| minutes[index(number)];
        let each = (first..=present).map(|number| Some(of(number)).filter(|minute| minute.number == number));
        let each: Vec<Minute> = each.map(|minute| minute.unwrap_or(EMPTY)).collect();
        HourStatistics {
            created_per_minute: each.iter().map(|minute| minute.created).collect(),
            ended_per_minute: each.iter().map(|minute| minute.ended).collect(),
            duration_ms: durations(&each),
        }
    }

    fn lock(&self) -> MutexGuard<'_, [Minute; MINUTES]> {
        // Nothing here panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn index(number: Millis) -> usize {
    usize::try_from(number.rem_euclid(Millis::try_from(MINUTES).expect("small"))).expect("below 60")
}

fn minute(minutes: &mut [Minute; MINUTES], now: Millis) -> &mut Minute {
    let number = now.div_euclid(MINUTE);
    let minute = &mut minutes[index(number)];
    if minute.number != number {
        *minute = Minute { number, ..EMPTY };
    }
    minute
}

/// The upper end of a bucket of durations: 1, 1, 2, 3, 4, 6, 8, 11 … milliseconds.
fn bound(at: usize) -> u64 {
    let whole = 1_u64 << (at / 2);
    if at.is_multiple_of(2) { whole } else { whole * 1414 / 1000 }
}

fn durations(minutes: &[Minute]) -> Durations {
    let count: u64 = minutes.iter().map(|minute| minute.ended).sum();
    if count == 0 {
        return Durations::default();
    }
    let longest = minutes.iter().map(|minute| minute.longest).max().unwrap_or(0);
    let at = |percent: u64| {
        let wanted = (count * percent).div_ceil(100);
        let mut passed = 0_u64;
        let found = (0..BOUNDS).find(|at| {
            passed += minutes.iter().map(|minute| u64::from(minute.durations[*at])).sum::<u64>();
            passed >= wanted
        });
        found.map_or(longest, |at| bound(at).min(longest))
    };
    let sum = minutes.iter().fold(0, |sum: u64, minute| sum.saturating_add(minute.sum));
    Durations { mean: sum / count, p50: at(50), p95: at(95), max: longest }
}

#[cfg(test)]
mod tests {
    use super::{LastHour, MINUTE};

    #[test]
    fn an_hour_is_told_by_minute_and_forgets_what_is_older() {
        let hour = LastHour::default();
        let at = |minute: i64| 1_000_000 * MINUTE + minute * MINUTE + 5;
        hour.created(at(0));
        hour.ended(7, at(0));
        for _ in 0..3 {
            hour.ended(100, at(1));
        }
        let told = hour.read(at(59));
        assert_eq!((told.ended_per_minute.len(), told.ended_per_minute[0], told.ended_per_minute[1]), (60, 1, 3));
        assert_eq!(told.created_per_minute.iter().sum::<u64>(), 1);
        let told = hour.read(at(60));
        assert_eq!(told.ended_per_minute[0], 3, "the first minute is over an hour ago");
        assert_eq!(hour.read(at(400)).ended_per_minute, [0; 60]);
        hour.ended(1, at(61));
        assert_eq!(hour.read(at(61)).ended_per_minute[58..], [0, 1], "its place was an older minute's");
    }

    #[test]
    fn percentiles_are_near_and_never_above_the_longest() {
        let hour = LastHour::default();
        assert_eq!(hour.read(0).duration_ms.max, 0);
        for duration in 1..=100 {
            hour.ended(duration * 10, 0);
        }
        let durations = hour.read(0).duration_ms;
        assert_eq!((durations.mean, durations.max), (505, 1000));
        assert!((500..=710).contains(&durations.p50), "{}", durations.p50);
        assert!((950..=1000).contains(&durations.p95), "{}", durations.p95);
        hour.ended(u64::MAX, 0);
        assert_eq!(hour.read(0).duration_ms.max, u64::MAX);
    }
}
