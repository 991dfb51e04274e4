//! Days of the calendars that take more than arithmetic: leap months, equinoxes and new moons are
//! [ICU4X's](https://docs.rs/icu_calendar).

use icu_calendar::cal::{ChineseTraditional, Coptic, Ethiopian, Hebrew, Indian, KoreanTraditional, Persian};
use icu_calendar::types::RataDie;
use icu_calendar::{AsCalendar, Date};

/// A day as a calendar names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarDay {
    /// The year as it is counted on without eras; of `chinese` and `dangi` the Gregorian year in which it begins.
    pub year: i32,
    /// The place of the month within its year, from 1.
    pub place: u8,
    /// The number of the month: a leap month has that of the month before.
    pub month: u8,
    /// The month is put in between two others in some years.
    pub is_leap_month: bool,
    /// The day within the month, from 1.
    pub day: u8,
}

/// The day that begins `days` after 1 January 1970 in the calendar of this name; `None` for one that is not here.
pub fn calendar_day(calendar: &str, days: i64) -> Option<CalendarDay> {
    const EPOCH: i64 = 719_163;
    let day = RataDie::new(EPOCH.saturating_add(days));
    Some(match calendar {
        "chinese" => named(day, ChineseTraditional::new()),
        "coptic" => named(day, Coptic),
        "dangi" => named(day, KoreanTraditional::new()),
        "ethiopic" => named(day, Ethiopian::new()),
        "hebrew" => named(day, Hebrew),
        "indian" => named(day, Indian),
        "persian" => named(day, Persian),
        _ => return None,
    })
}

fn named<A: AsCalendar>(day: RataDie, calendar: A) -> CalendarDay {
    let date = Date::from_rata_die(day, calendar);
    let month = date.month();
    CalendarDay {
        year: date.year().extended_year(),
        place: month.ordinal,
        month: month.number(),
        is_leap_month: month.to_input().is_leap(),
        day: date.day_of_month().0,
    }
}

#[cfg(test)]
mod tests {
    use super::{CalendarDay, calendar_day};

    fn day(year: i32, place: u8, month: u8, is_leap_month: bool, day: u8) -> Option<CalendarDay> {
        Some(CalendarDay { year, place, month, is_leap_month, day })
    }

    #[test]
    fn days_have_the_names_of_their_calendars() {
        // 15 March 2024.
        const MARCH: i64 = 19_797;
        assert_eq!(calendar_day("hebrew", MARCH), day(5784, 7, 6, false, 5));
        assert_eq!(calendar_day("chinese", MARCH), day(2024, 2, 2, false, 6));
        assert_eq!(calendar_day("coptic", MARCH), day(1740, 7, 7, false, 6));
        assert_eq!(calendar_day("ethiopic", MARCH), day(2016, 7, 7, false, 6));
        assert_eq!(calendar_day("indian", MARCH), day(1945, 12, 12, false, 25));
        assert_eq!(calendar_day("persian", MARCH), day(1402, 12, 12, false, 25));
        assert_eq!(calendar_day("gregory", MARCH), None);
    }

    #[test]
    fn leap_months_have_the_number_of_the_month_before() {
        // 20 February 2024 is in Adar I, 5 April 2023 in the leap month after the second one.
        assert_eq!(calendar_day("hebrew", 19_773), day(5784, 6, 5, true, 11));
        assert_eq!(calendar_day("chinese", 19_452), day(2023, 3, 2, true, 15));
        assert_eq!(calendar_day("dangi", 19_452), day(2023, 3, 2, true, 15));
    }

    #[test]
    fn the_ends_of_time_have_days() {
        for calendar in ["chinese", "coptic", "dangi", "ethiopic", "hebrew", "indian", "persian"] {
            for days in [-100_000_000, 100_000_000] {
                assert!(calendar_day(calendar, days).is_some());
            }
        }
    }
}
