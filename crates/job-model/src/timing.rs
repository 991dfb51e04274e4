//! When a job may begin: lengths of time and moments as a client writes them, and what a job waits for.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::Timestamp;

/// The longest length of time that a field takes: a year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Why a job that is stored is not put on the queue yet. A job without one is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitsFor {
    /// Its [`Job::run_at`](crate::Job::run_at).
    Time,
    /// Its next try, after one that failed.
    Retry,
    /// A job of the same [`Job::key`](crate::Job::key) that is under way.
    Key,
    /// The jobs that it depends on.
    Jobs,
}

impl WaitsFor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Time, Self::Retry, Self::Key, Self::Jobs];

    /// Returns the name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Retry => "retry",
            Self::Key => "key",
            Self::Jobs => "jobs",
        }
    }

    /// Returns what has that name on the wire; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl std::fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a length of time: a number of seconds, or a text as `500ms`, `90s`, `15m`, `2h`, `1d`.
pub fn length(value: &Value) -> Option<Duration> {
    let length = match value {
        Value::Number(number) => Duration::try_from_secs_f64(number.as_f64()?).ok()?,
        Value::String(text) => {
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, unit) = text.split_at(digits);
            let millis = match unit {
                "ms" => 1,
                "" | "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(millis)?)
        }
        _ => return None,
    };
    (length <= LONGEST).then(|| Duration::from_millis(u64::try_from(length.as_millis()).unwrap_or(u64::MAX)))
}

/// What a client gives as `delay`.
pub(crate) fn given_delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    length(&value).map(Some).ok_or_else(|| serde::de::Error::custom(not_a_length("delay", &value)))
}

/// The sentence for a field that is not a length of time.
pub(crate) fn not_a_length(field: &str, value: &Value) -> String {
    format!(
        r#"the field "{field}" must be a number of seconds or a text such as "90s", "15m", "2h" or "1d", a year at most, not {value}"#
    )
}

/// What a client gives as `run_at`.
pub(crate) fn given_run_at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    given_time("run_at", deserializer)
}

/// What a client gives as `expires_at`.
pub(crate) fn given_expires_at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    given_time("expires_at", deserializer)
}

fn given_time<'de, D: Deserializer<'de>>(field: &str, deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let time = match &value {
        Value::Null => return Ok(None),
        Value::String(text) => Timestamp::parse(text).ok(),
        _ => None,
    };
    time.map(Some).ok_or_else(|| {
        serde::de::Error::custom(format_args!(
            r#"the field "{field}" must be a time of RFC 3339 such as "2026-01-31T09:00:00Z", not {value}"#
        ))
    })
}

/// For `#[serde(with)]`: a length of time in seconds, a whole number where it is one.
pub(crate) mod seconds {
    use super::{Deserialize, Deserializer, Duration, Serializer, Value, length};

    pub(crate) fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        if length.subsec_millis() == 0 {
            serializer.serialize_u64(length.as_secs())
        } else {
            serializer.serialize_f64(length.as_secs_f64())
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let value = Value::deserialize(deserializer)?;
        length(&value).ok_or_else(|| serde::de::Error::custom(super::not_a_length("backoff", &value)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{WaitsFor, length};
    use crate::{Job, NewJob, Timestamp};

    #[test]
    fn lengths_are_seconds_or_texts_with_a_unit() {
        let read = |text: &str| length(&serde_json::from_str(text).unwrap()).map(|length| length.as_millis());
        for (text, millis) in
            [("1.5", 1500), ("0", 0), (r#""90s""#, 90_000), (r#""2""#, 2000), (r#""1d""#, 86_400_000), (r#""5ms""#, 5)]
        {
            assert_eq!(read(text), Some(millis), "{text}");
        }
        for text in ["-1", r#""""#, r#""s""#, r#""1w""#, r#""1.5s""#, "true", "[]", "1e300", r#""99999h""#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_read_is_told_by_its_field() {
        for (text, field) in [
            (r#"{"run_at":"tomorrow"}"#, "run_at"),
            (r#"{"expires_at":5}"#, "expires_at"),
            (r#"{"delay":"soon"}"#, "delay"),
        ] {
            let error = serde_json::from_str::<NewJob>(text).unwrap_err().to_string();
            assert!(error.contains(&format!(r#"the field "{field}" must be"#)), "{error}");
        }
    }

    #[test]
    fn a_job_with_a_time_to_come_waits_and_one_without_does_not() {
        let now = Timestamp::parse("2020-01-02T03:04:05.500Z").unwrap();
        let made = |text: &str| Job::create(serde_json::from_str(text).unwrap(), now).unwrap();
        let delayed = made(r#"{"delay":"2s","expires_at":"2020-01-02T04:00:00+00:00"}"#);
        assert_eq!(delayed.run_at, Timestamp::parse("2020-01-02T03:04:07.500Z").ok());
        assert_eq!((delayed.waits_for, delayed.wake_at), (Some(WaitsFor::Time), delayed.run_at));
        assert_eq!(delayed.dispatch.map(|note| (note.at, note.attempts)), delayed.run_at.map(|at| (at, 0)));
        let past = made(r#"{"run_at":"2019-01-01T00:00:00Z"}"#);
        assert_eq!((past.waits_for, past.wake_at, past.dispatch), (None, None, None));
        let expiring = made(r#"{"expires_at":"2020-01-02T04:00:00Z"}"#);
        assert_eq!((expiring.waits_for, expiring.wake_at), (None, expiring.expires_at));
        let shown = serde_json::to_value(delayed.published()).unwrap();
        assert_eq!((&shown["waits_for"], shown.get("wake_at")), (&"time".into(), None));
    }

    #[test]
    fn names_are_the_wires() {
        for reason in WaitsFor::ALL {
            assert_eq!(WaitsFor::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert_eq!(length(&"1".into()), Some(Duration::from_secs(1)));
    }
}
