//! A moment in a time zone, as croner asks about it.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

/// A moment and the wall clock of a place.
#[derive(Clone, Debug)]
pub(super) struct ZonedTime(ZonedDateTime);

impl ZonedTime {
    /// The moment in a zone; `None` for one that jiff cannot say.
    pub(super) fn new(at: job_model::Timestamp, zone: &TimeZone) -> Option<Self> {
        let at = Timestamp::from_millisecond(at.unix_millis()).ok()?;
        Some(Self(at.to_zoned_datetime(zone.clone())))
    }

    /// The moment alone, in whole seconds.
    pub(super) fn timestamp(&self) -> Option<job_model::Timestamp> {
        job_model::Timestamp::from_unix_millis(self.0.timestamp().as_second() * 1000)
    }
}

fn small(number: u32) -> i8 {
    i8::try_from(number).unwrap_or(i8::MAX)
}

impl CronDateTime for ZonedTime {
    fn to_civil(&self) -> CivilDateTime {
        let part = |number: i8| u32::from(number.unsigned_abs());
        let at = self.0.datetime();
        // jiff has checked them all.
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(i32::from(at.year()), part(at.month()), part(at.day())),
            CivilTime::from_parts_unchecked(part(at.hour()), part(at.minute()), part(at.second())),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(u32::from(self.0.weekday().to_sunday_zero_offset().unsigned_abs()))
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let (month, day) = (small(civil.month()), small(civil.day()));
        let (hour, minute, second) = (small(civil.hour()), small(civil.minute()), small(civil.second()));
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| CronError::InvalidDate)?;
        let found = self.0.time_zone().to_ambiguous_zoned_datetime(civil);
        let invalid = |_| CronError::InvalidTime;
        Ok(match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(Self(found.unambiguous().map_err(invalid)?)),
            AmbiguousOffset::Fold { .. } => {
                let (earlier, later) = (found.clone().earlier(), found.later());
                Resolution::Ambiguous(Self(earlier.map_err(invalid)?), Self(later.map_err(invalid)?))
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}
