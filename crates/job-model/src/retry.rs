//! How often a job that failed is tried again, and what is left of the tries before.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::timing::{length, not_a_length, seconds};
use crate::{Outcome, Timestamp, near_name};

/// `retry` of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How often the job is tried again after the first try.
    pub times: u32,
    /// How long it waits before each.
    #[serde(default)]
    pub backoff: RetryBackoff,
    /// Which ends are tried again.
    #[serde(default = "every_failure")]
    pub on: Vec<RetryOn>,
}

/// How long a job waits before a try: `first` before the second one, then `factor` times longer each, `max` at most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryBackoff {
    /// Before the first repetition, in seconds.
    #[serde(with = "seconds")]
    pub first: Duration,
    /// What each wait is longer than the one before.
    pub factor: f64,
    /// The longest wait, in seconds.
    #[serde(with = "seconds")]
    pub max: Duration,
}

/// An end of a try after which there is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetryOn {
    /// The code threw, or met a limit other than its time.
    Error,
    /// The code ran longer than its time limit.
    Timeout,
    /// The job lost its process, or its executors as often as it may.
    Crash,
}

/// An earlier try of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// What ended it, cut after [`Attempt::ERROR_CHARS`] characters.
    pub error: String,
    /// How it ended.
    pub outcome: Outcome,
    /// When its code began; null when it did not.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How long its code ran, in milliseconds.
    #[serde(default)]
    pub duration: u64,
}

impl Attempt {
    /// How much of an error is kept.
    pub const ERROR_CHARS: usize = 1000;
}

impl RetryOn {
    /// The values of the field's members.
    pub const NAMES: [&str; 3] = ["error", "timeout", "crash"];

    fn parse(text: &str) -> Option<Self> {
        match text {
            "error" => Some(Self::Error),
            "timeout" => Some(Self::Timeout),
            "crash" => Some(Self::Crash),
            _ => None,
        }
    }

    /// Returns which kind of end that is; `None` for one that is never tried again.
    pub fn of(outcome: Outcome, crashed: bool) -> Option<Self> {
        match outcome {
            Outcome::Failed if crashed => Some(Self::Crash),
            Outcome::Failed => Some(Self::Error),
            Outcome::TimedOut => Some(Self::Timeout),
            Outcome::GivenUp => Some(Self::Crash),
            Outcome::Succeeded | Outcome::Cancelled | Outcome::Expired => None,
        }
    }
}

impl Default for RetryBackoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(10), factor: 2.0, max: Duration::from_secs(3600) }
    }
}

fn every_failure() -> Vec<RetryOn> {
    vec![RetryOn::Error, RetryOn::Timeout, RetryOn::Crash]
}

impl Retry {
    /// The most repetitions.
    pub const MOST_TIMES: u32 = 20;
    /// The members of the field.
    const MEMBERS: [&'static str; 3] = ["times", "backoff", "on"];

    /// Returns how long the job waits before the repetition of this number, counted from 1.
    pub fn wait(&self, repetition: u32) -> Duration {
        let power = self.backoff.factor.powi(i32::try_from(repetition.saturating_sub(1)).unwrap_or(i32::MAX));
        let wait = Duration::try_from_secs_f64(self.backoff.first.as_secs_f64() * power);
        wait.unwrap_or(self.backoff.max).min(self.backoff.max)
    }

    /// Reads what a client gives.
    fn read(value: &Value) -> Result<Self, String> {
        let members = object("retry", value, &Self::MEMBERS)?;
        let times = members.get("times").and_then(Value::as_u64).and_then(|times| u32::try_from(times).ok());
        let times = times.filter(|times| (1..=Self::MOST_TIMES).contains(times)).ok_or_else(|| {
            let most = Self::MOST_TIMES;
            format!(r#"the field "retry.times" must be a whole number from 1 to {most}"#)
        })?;
        let backoff = members.get("backoff").filter(|value| !value.is_null()).map(RetryBackoff::read).transpose()?;
        let on = match members.get("on") {
            None | Some(Value::Null) => every_failure(),
            Some(on) => kinds(on)?,
        };
        Ok(Self { times, backoff: backoff.unwrap_or_default(), on })
    }
}

impl RetryBackoff {
    const MEMBERS: [&'static str; 3] = ["first", "factor", "max"];
    /// What a wait may be longer than the one before.
    const FACTORS: std::ops::RangeInclusive<f64> = 1.0..=100.0;

    fn read(value: &Value) -> Result<Self, String> {
        let members = object("retry.backoff", value, &Self::MEMBERS)?;
        let default = Self::default();
        let time = |name: &str, absent: Duration| match members.get(name) {
            None | Some(Value::Null) => Ok(absent),
            Some(value) => length(value).ok_or_else(|| not_a_length(&format!("retry.backoff.{name}"), value)),
        };
        let (first, max) = (time("first", default.first)?, time("max", default.max)?);
        let factor = match members.get("factor") {
            None | Some(Value::Null) => default.factor,
            Some(value) => value.as_f64().filter(|factor| Self::FACTORS.contains(factor)).ok_or_else(|| {
                format!(r#"the field "retry.backoff.factor" must be a number from 1 to 100, not {value}"#)
            })?,
        };
        Ok(Self { first, factor, max: max.max(first) })
    }
}

fn kinds(value: &Value) -> Result<Vec<RetryOn>, String> {
    let wrong = |value: &Value| {
        format!(r#"the field "retry.on" must be a list of "error", "timeout" and "crash", not {value}"#)
    };
    let list = value.as_array().filter(|list| !list.is_empty()).ok_or_else(|| wrong(value))?;
    let mut kinds = Vec::new();
    for value in list {
        let kind = value.as_str().and_then(RetryOn::parse).ok_or_else(|| wrong(value))?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// The members of an object of the client's, all of them known.
fn object<'a>(field: &str, value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let Some(members) = value.as_object() else {
        return Err(format!(r#"the field "{field}" must be an object with {}, not {value}"#, known.join(", ")));
    };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members),
        Some(name) => {
            let near = near_name(name, known.iter().copied(), 3);
            let hint = near.map(|near| format!(": did you mean \"{near}\"?")).unwrap_or_default();
            Err(format!(r#"the field "{field}" has no member "{name}"{hint}"#))
        }
    }
}

/// What a client gives as `retry`.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Retry>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    Retry::read(&value).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Retry, RetryOn};
    use crate::{NewJob, Outcome};

    fn read(text: &str) -> Result<Retry, String> {
        let job = serde_json::from_str::<NewJob>(&format!(r#"{{"retry":{text}}}"#));
        job.map(|job| job.retry.unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn waits_grow_up_to_their_longest() {
        let retry = read(r#"{"times":20,"backoff":{"first":"500ms","factor":3,"max":"1m"}}"#).unwrap();
        let waits: Vec<_> = [1, 2, 3, 4, 5, 6, 20].map(|n| retry.wait(n).as_millis()).to_vec();
        assert_eq!(waits, [500, 1500, 4500, 13_500, 40_500, 60_000, 60_000]);
        let text = serde_json::to_string(&retry).unwrap();
        let expected = r#"{"times":20,"backoff":{"first":0.5,"factor":3.0,"max":60},"on":["error","timeout","crash"]}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Retry>(&text).unwrap(), retry);
        assert_eq!(read(r#"{"times":1}"#).unwrap().wait(1), Duration::from_secs(10));
    }

    #[test]
    fn mistakes_name_their_field() {
        for (text, expected) in [
            ("3", r#"the field "retry" must be an object with times, backoff, on, not 3"#),
            ("{}", r#"the field "retry.times" must be a whole number from 1 to 20"#),
            (r#"{"times":0}"#, "retry.times"),
            (r#"{"times":1,"back_off":{}}"#, r#"the field "retry" has no member "back_off": did you mean "backoff"?"#),
            (r#"{"times":1,"backoff":{"first":"soon"}}"#, r#"the field "retry.backoff.first" must be a number of"#),
            (r#"{"times":1,"backoff":{"factor":0.5}}"#, r#"the field "retry.backoff.factor" must be a number from 1"#),
            (r#"{"times":1,"on":["errors"]}"#, r#"the field "retry.on" must be a list of"#),
            (r#"{"times":1,"on":[]}"#, "retry.on"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn only_failures_are_tried_again() {
        for (outcome, crashed, kind) in [
            (Outcome::Succeeded, false, None),
            (Outcome::Cancelled, false, None),
            (Outcome::Expired, false, None),
            (Outcome::Failed, false, Some(RetryOn::Error)),
            (Outcome::Failed, true, Some(RetryOn::Crash)),
            (Outcome::TimedOut, false, Some(RetryOn::Timeout)),
            (Outcome::GivenUp, false, Some(RetryOn::Crash)),
        ] {
            assert_eq!(RetryOn::of(outcome, crashed), kind, "{outcome}");
        }
    }
}
