//! Points in time as the wire carries them: RFC 3339 in UTC, whole seconds in jobs, milliseconds in logs and results.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// A point in time in UTC with millisecond precision.
///
/// Serialises with milliseconds (`2020-01-02T03:04:05.678Z`). The fields of a job that the predecessor's clients parse
/// without a fraction use [`whole_seconds`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

/// A text that is not an RFC 3339 time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an RFC 3339 time")]
pub struct InvalidTimestamp {
    /// The text that was read.
    pub text: String,
}

impl Timestamp {
    /// Reads the system's clock, cut to milliseconds.
    pub fn now() -> Self {
        Self::truncated(OffsetDateTime::now_utc())
    }

    /// Returns the time this many milliseconds after the Unix epoch; `None` outside the years 0 to 9999.
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()?;
        (0..=9999).contains(&time.year()).then_some(Self(time))
    }

    /// Returns the time so much later; `None` behind the year 9999.
    pub fn after(self, wait: std::time::Duration) -> Option<Self> {
        Self::from_unix_millis(self.unix_millis().checked_add(i64::try_from(wait.as_millis()).ok()?)?)
    }

    /// Milliseconds since the Unix epoch.
    pub fn unix_millis(self) -> i64 {
        self.0.unix_timestamp() * 1000 + i64::from(self.0.millisecond())
    }

    /// Reads an RFC 3339 time with any offset and any fraction; what is finer than a millisecond is cut off.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .and_then(|time| time.checked_to_offset(UtcOffset::UTC))
            // Its offset may lead out of the years that the wire can say.
            .filter(|time| (0..=9999).contains(&time.year()))
            .map(Self::truncated)
            .ok_or_else(|| InvalidTimestamp { text: text.to_owned() })
    }

    /// Cuts off the fraction of a second.
    #[must_use]
    pub fn truncated_to_seconds(self) -> Self {
        Self(self.0.replace_nanosecond(0).unwrap_or(self.0))
    }

    /// Writes the time as `2020-01-02T03:04:05Z` ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)).
    pub fn to_whole_seconds(self) -> String {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        self.0.format(format).expect("a UTC time has all these parts")
    }

    fn truncated(time: OffsetDateTime) -> Self {
        let millis = u32::from(time.millisecond()) * 1_000_000;
        Self(time.replace_nanosecond(millis).unwrap_or(time))
    }
}

/// `2020-01-02T03:04:05.678Z`.
impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        f.write_str(&self.0.format(format).map_err(|_| std::fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// For `#[serde(with)]`: a time written in whole seconds.
pub(crate) mod whole_seconds {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.to_whole_seconds())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer).map(Timestamp::truncated_to_seconds)
    }
}

/// For `#[serde(with)]`: a time written in whole seconds, or null.
pub(crate) mod optional_whole_seconds {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_some(&time.to_whole_seconds()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<Timestamp>::deserialize(deserializer)?.map(Timestamp::truncated_to_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn milliseconds_survive_and_finer_parts_do_not() {
        let time = Timestamp::parse("2020-01-02T05:04:05.678912+02:00").unwrap();
        assert_eq!(time.to_string(), "2020-01-02T03:04:05.678Z");
        assert_eq!(time.to_whole_seconds(), "2020-01-02T03:04:05Z");
        assert_eq!(Timestamp::from_unix_millis(time.unix_millis()), Some(time));
    }

    #[test]
    fn other_texts_are_refused_by_name() {
        let error = Timestamp::parse("yesterday").unwrap_err();
        assert_eq!(error.to_string(), "\"yesterday\" is not an RFC 3339 time");
    }

    #[test]
    fn an_offset_that_leads_out_of_the_calendar_is_refused() {
        for text in ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
