//! Years of calendars from 1900 to 2100, of the simpler ones each tenth, beside Node 20.20.2, whose ICU computes moons and equinoxes.
//!
//! A line of `node20_years.csv` has the calendar, the year, its first day since 1 January 1970, how long its months are, and
//! which of them is a leap month (0 for none).

use intl::{CalendarDay, calendar_day};

/// Years with a new moon so close to midnight that ICU has it a day too early or late. ICU4X has what the observatories have published:
/// the Chinese year 2027 begins on 6 February, and on 7 February in Node.
const OTHERWISE: &[(&str, i32)] = &[
    ("chinese", 1917),
    ("chinese", 1922),
    ("chinese", 1953),
    ("chinese", 1954),
    ("chinese", 1955),
    ("chinese", 1987),
    ("chinese", 1998),
    ("chinese", 2012),
    ("chinese", 2018),
    ("chinese", 2026),
    ("chinese", 2027),
    ("chinese", 2030),
    ("chinese", 2057),
    ("chinese", 2070),
    ("dangi", 2017),
    ("dangi", 2051),
    ("dangi", 2096),
];

#[test]
fn years_are_those_of_node_20() {
    let mut wrong = Vec::new();
    for line in include_str!("node20_years.csv").lines() {
        let [calendar, year, first, lengths, leap] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line} has five fields")
        };
        let year: i32 = year.parse().unwrap();
        let mut begins: i64 = first.parse().unwrap();
        let leap: usize = leap.parse().unwrap();
        let mut as_recorded = true;
        for (index, length) in lengths.split(' ').enumerate() {
            let place = index + 1;
            let last: u8 = length.parse().unwrap();
            // A year that the record has in part begins with a later month.
            let here = |days| calendar_day(calendar, days).unwrap();
            let (start, end) = (here(begins), here(begins + i64::from(last) - 1));
            as_recorded &= (start.year, start.day, end.year, end.day) == (year, 1, year, last)
                && start.is_leap_month == (leap == place)
                && start.place == end.place;
            begins += i64::from(last);
        }
        if as_recorded == OTHERWISE.contains(&(calendar, year)) {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_chinese_year_begins_on_the_published_day() {
    // 6 February 2027 and 3 February 2030, as the Hong Kong Observatory has them.
    for (days, year) in [(20_855, 2027), (21_948, 2030)] {
        let day = calendar_day("chinese", days).unwrap();
        assert_eq!((day.year, day.place, day.day), (year, 1, 1));
    }
}

#[test]
fn days_follow_each_other() {
    for calendar in ["chinese", "coptic", "dangi", "ethiopic", "hebrew", "indian", "persian"] {
        let mut before: Option<CalendarDay> = None;
        for days in 18_000..=21_000 {
            let day = calendar_day(calendar, days).unwrap();
            if let Some(before) = before {
                let next = if day.day > 1 {
                    (day.year, day.place, day.day) == (before.year, before.place, before.day + 1)
                } else if day.place > 1 {
                    (day.year, day.place) == (before.year, before.place + 1)
                } else {
                    day.year == before.year + 1
                };
                assert!(next, "{calendar}: {before:?} and {day:?}");
            }
            before = Some(day);
        }
    }
}
