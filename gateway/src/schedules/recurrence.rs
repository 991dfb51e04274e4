//! Which times a schedule names.
//!
//! A cron pattern is read on the wall clock of its zone. When clocks go forward, a pattern with a fixed time that is left out
//! that day names the first moment after the gap; one with `*`, a list, a range or a step in its seconds, minutes or hours
//! names nothing in the gap. When clocks go back, a fixed time that comes twice is named once, the first time; the others are
//! named both times. `@every` counts seconds from its anchor and knows no wall clock.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use job_model::Timestamp;
use serde_json::Value;

use super::zoned::ZonedTime;

/// The word before a length of time.
const EVERY: &str = "@every ";
/// The shortest interval: more than one job a second is not a schedule.
const SHORTEST: Duration = Duration::from_secs(1);

/// The times that a schedule names: its ticks.
#[derive(Clone, Debug)]
pub(crate) enum Recurrence {
    /// By a pattern on the wall clock of a place.
    Cron(Box<Cron>, TimeZone),
    /// By a length of time from a moment.
    Every(Duration, Timestamp),
}

impl Recurrence {
    /// Reads a pattern and the name of a zone. `anchor` is what `@every` counts from.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub(crate) fn parse(cron: &str, time_zone: &str, anchor: Timestamp) -> Result<Self, String> {
        let zone = TimeZone::get(time_zone).map_err(|_| {
            format!("the field \"time_zone\" must be a name of the IANA database such as \"Europe/Berlin\", not {time_zone:?}")
        })?;
        if let Some(length) = cron.trim().strip_prefix(EVERY) {
            let read = job_model::length(&Value::from(length.trim()));
            let read = read.filter(|length| *length >= SHORTEST && length.subsec_millis() == 0);
            return read.map(|length| Self::Every(length, anchor.truncated_to_seconds())).ok_or_else(|| {
                format!(
                    "the field \"cron\": @every takes whole seconds from 1 to a year, as \"@every 90s\", not {length:?}"
                )
            });
        }
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|error| {
            format!("the field \"cron\" must be a pattern of five or six fields, a nickname as \"@daily\", or \"@every 90s\": {error}")
        })?;
        let recurrence = Self::Cron(Box::new(cron), zone);
        match recurrence.next_after(anchor) {
            Some(_) => Ok(recurrence),
            None => Err("the field \"cron\" names no time to come".to_owned()),
        }
    }

    /// The first tick behind a moment; `None` when there is none.
    pub(crate) fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron, zone) => cron.find_next_occurrence(&ZonedTime::new(at, zone)?, false).ok()?.timestamp(),
            Self::Every(length, anchor) => {
                let (step, passed) = (millis(*length), at.unix_millis() - anchor.unix_millis());
                let count = if passed < 0 { 1 } else { passed / step + 1 };
                Timestamp::from_unix_millis(anchor.unix_millis().checked_add(count.checked_mul(step)?)?)
            }
        }
    }

    /// The last tick that is not behind a moment; `None` when there is none.
    pub(crate) fn last_until(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron, zone) => {
                let at = ZonedTime::new(at.truncated_to_seconds(), zone)?;
                cron.find_previous_occurrence(&at, true).ok()?.timestamp()
            }
            Self::Every(length, anchor) => {
                let (step, passed) = (millis(*length), at.unix_millis() - anchor.unix_millis());
                (passed >= step).then(|| Timestamp::from_unix_millis(anchor.unix_millis() + passed / step * step))?
            }
        }
    }
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use job_model::Timestamp;

    use super::Recurrence;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// The ticks of a pattern in a span of time, both its ends included.
    fn ticks(cron: &str, zone: &str, from: &str, to: &str) -> Vec<String> {
        let recurrence = Recurrence::parse(cron, zone, at(from)).unwrap();
        let before = Timestamp::from_unix_millis(at(from).unix_millis() - 1000).unwrap();
        let mut ticks = vec![];
        let mut tick = recurrence.next_after(before);
        while let Some(found) = tick.filter(|tick| *tick <= at(to)) {
            assert_eq!(recurrence.last_until(found), Some(found), "{cron}");
            ticks.push(found.to_whole_seconds());
            tick = recurrence.next_after(found);
        }
        ticks
    }

    #[test]
    fn a_fixed_time_that_clocks_leave_out_comes_right_after_the_gap() {
        // Berlin goes from 02:00 to 03:00 at 01:00 UTC.
        let (from, to) = ("2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z");
        let found = ticks("30 2 * * *", "Europe/Berlin", from, to);
        assert_eq!(found, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        // The hour before and the one after are not moved.
        let found = ticks("30 1 * * *", "Europe/Berlin", from, to);
        assert_eq!(found, ["2026-03-28T00:30:00Z", "2026-03-29T00:30:00Z", "2026-03-29T23:30:00Z"]);
        let found = ticks("0 3 * * *", "Europe/Berlin", from, to);
        assert_eq!(found, ["2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]);
    }

    #[test]
    fn a_fixed_time_that_comes_twice_is_named_once() {
        // Berlin goes from 03:00 back to 02:00 at 01:00 UTC.
        let found = ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z");
        assert_eq!(found, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    }

    #[test]
    fn intervals_go_on_by_the_hour_through_both_changes() {
        let found = ticks("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
        assert_eq!(found, ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]);
        let found = ticks("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z");
        assert_eq!(found, ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]);
        // Half an hour in Lord Howe Island.
        let found = ticks("*/30 * * * *", "Australia/Lord_Howe", "2026-10-03T15:00:00Z", "2026-10-03T16:00:00Z");
        assert_eq!(found, ["2026-10-03T15:00:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"]);
    }

    #[test]
    fn patterns_have_seconds_nicknames_and_the_last_day_of_a_month() {
        let found = ticks("*/20 0 0 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z");
        assert_eq!(found, ["2026-01-01T00:00:00Z", "2026-01-01T00:00:20Z", "2026-01-01T00:00:40Z"]);
        let found = ticks("@daily", "America/New_York", "2026-01-01T00:00:00Z", "2026-01-02T12:00:00Z");
        assert_eq!(found, ["2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"]);
        let found = ticks("0 12 L * *", "UTC", "2024-02-01T00:00:00Z", "2024-03-31T12:00:00Z");
        assert_eq!(found, ["2024-02-29T12:00:00Z", "2024-03-31T12:00:00Z"]);
        let found = ticks("0 9 * * MON-FRI", "UTC", "2026-01-02T00:00:00Z", "2026-01-05T12:00:00Z");
        assert_eq!(found, ["2026-01-02T09:00:00Z", "2026-01-05T09:00:00Z"]);
    }

    #[test]
    fn every_counts_from_its_anchor_and_knows_no_wall_clock() {
        let anchor = at("2026-03-29T00:59:10.700Z");
        let every = Recurrence::parse("@every 90s", "Europe/Berlin", anchor).unwrap();
        let first = every.next_after(anchor).unwrap();
        assert_eq!(first.to_string(), "2026-03-29T01:00:40.000Z");
        assert_eq!(every.next_after(first).unwrap().to_string(), "2026-03-29T01:02:10.000Z");
        assert_eq!(every.last_until(at("2026-03-29T01:02:09Z")), Some(first));
        assert_eq!(every.last_until(anchor), None);
        assert_eq!(every.next_after(at("2020-01-01T00:00:00Z")), Some(first));
    }

    #[test]
    fn what_names_no_time_is_refused_by_field() {
        let anchor = at("2026-01-01T00:00:00Z");
        for (cron, zone, field) in [
            ("* * *", "UTC", "cron"),
            ("61 * * * *", "UTC", "cron"),
            ("0 0 30 2 *", "UTC", "cron"),
            ("", "UTC", "cron"),
            ("@every 0s", "UTC", "cron"),
            ("@every 1500ms", "UTC", "cron"),
            ("@every soon", "UTC", "cron"),
            ("@daily", "Mars/Olympus", "time_zone"),
            ("@daily", "", "time_zone"),
        ] {
            let refused = Recurrence::parse(cron, zone, anchor).err().unwrap_or_else(|| panic!("{cron} {zone}"));
            assert!(refused.starts_with(&format!("the field \"{field}\"")), "{refused}");
        }
    }
}
