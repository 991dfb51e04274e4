//! When what a job did is kept, and what of it.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{Outcome, near_name};

/// When the recording of a job is kept among its files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// When the job did not succeed.
    #[default]
    Failed,
    /// However it ended.
    Always,
    /// Not at all: nothing is recorded.
    Never,
}

impl Record {
    /// The names of the values.
    pub const NAMES: [&str; 3] = ["failed", "always", "never"];

    /// Returns the value's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// Tells whether the recording of a job that has ended so is kept.
    pub fn keeps(self, outcome: Outcome) -> bool {
        match self {
            Self::Failed => outcome != Outcome::Succeeded,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Record {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Failed, Self::Always, Self::Never].into_iter().find(|record| record.as_str() == text);
        known.ok_or_else(|| "expected failed, always or never".to_owned())
    }
}

/// `record` of a job: `"always"`, or `{"when": "always", "bodies": true}`. What is absent is as its executor says.
///
/// It is written as the shorter of the two that says the same, so that a job without `bodies` has a text there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobRecord {
    /// When the recording is kept.
    pub when: Option<Record>,
    /// Whether it has the bodies of requests and answers.
    pub bodies: Option<bool>,
}

impl JobRecord {
    /// The names of the members.
    pub const MEMBERS: [&str; 2] = ["when", "bodies"];
}

impl From<Record> for JobRecord {
    fn from(when: Record) -> Self {
        Self { when: Some(when), bodies: None }
    }
}

impl Serialize for JobRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self { when: Some(when), bodies: None } = self {
            return when.serialize(serializer);
        }
        let mut members = serializer.serialize_map(None)?;
        if let Some(when) = self.when {
            members.serialize_entry("when", &when)?;
        }
        if let Some(bodies) = self.bodies {
            members.serialize_entry("bodies", &bodies)?;
        }
        members.end()
    }
}

impl<'de> Deserialize<'de> for JobRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        read(&value).map_err(|reason| serde::de::Error::custom(format_args!(r#"the field "record{reason}"#)))
    }
}

/// What a client gives: anything else is its mistake, and the error names the field.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JobRecord>, D::Error> {
    Option::deserialize(deserializer)
}

/// The error goes on after the field's name.
fn read(value: &Value) -> Result<JobRecord, String> {
    let members = match value {
        Value::Object(members) => members,
        when => return named("", when).map(|when| JobRecord { when, bodies: None }),
    };
    if let Some(name) = members.keys().find(|name| !JobRecord::MEMBERS.contains(&name.as_str())) {
        let shown: String = name.chars().take(60).collect();
        let hint = near_name(&shown, JobRecord::MEMBERS.into_iter(), 2);
        let hint = hint.map_or("it has when and bodies".to_owned(), |known| format!("did you mean {known:?}"));
        return Err(format!(r#"" has no member {shown:?}: {hint}"#));
    }
    let when = members.get("when").map_or(Ok(None), |when| named(".when", when))?;
    let bodies = match members.get("bodies") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(bodies)) => Some(*bodies),
        Some(other) => return Err(format!(r#".bodies" must be true or false, not {other}"#)),
    };
    Ok(JobRecord { when, bodies })
}

fn named(member: &str, value: &Value) -> Result<Option<Record>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let known = value.as_str().and_then(|text| text.parse().ok());
    let error = || format!(r#"{member}" must be "failed", "always" or "never", not {value}"#);
    known.map(Some).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use super::{JobRecord, Record};

    fn given(json: &str) -> Result<Option<JobRecord>, String> {
        let new = serde_json::from_str::<crate::NewJob>(&format!(r#"{{"record":{json}}}"#));
        new.map(|new| new.record).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in Record::NAMES {
            assert_eq!(name.parse::<Record>().unwrap().to_string(), name);
            assert_eq!(serde_json::to_string(&name.parse::<Record>().unwrap()).unwrap(), format!("\"{name}\""));
        }
        assert!("Failed".parse::<Record>().is_err());
    }

    #[test]
    fn a_job_says_when_and_whether_with_bodies() {
        for (json, when, bodies) in [
            (r#""never""#, Some(Record::Never), None),
            (r#"{"when":"always","bodies":true}"#, Some(Record::Always), Some(true)),
            (r#"{"bodies":false}"#, None, Some(false)),
            ("{}", None, None),
        ] {
            let record = given(json).unwrap().unwrap();
            assert_eq!(record, JobRecord { when, bodies });
            assert_eq!(serde_json::to_string(&record).unwrap(), json);
        }
        assert_eq!(given("null"), Ok(None));
        assert_eq!(serde_json::to_string(&given(r#"{"when":"failed"}"#).unwrap()).unwrap(), r#""failed""#);
    }

    #[test]
    fn a_mistake_names_the_field_and_what_may_be_meant() {
        for (json, expected) in [
            (r#""sometimes""#, r#"the field "record" must be "failed", "always" or "never", not "sometimes""#),
            ("true", r#"the field "record" must be "failed", "always" or "never", not true"#),
            (r#"{"when":1}"#, r#"the field "record.when" must be "failed", "always" or "never", not 1"#),
            (r#"{"bodies":"yes"}"#, r#"the field "record.bodies" must be true or false, not "yes""#),
            (r#"{"body":true}"#, r#"the field "record" has no member "body": it has when and bodies"#),
            (r#"{"bodys":true}"#, r#"the field "record" has no member "bodys": did you mean "bodies""#),
        ] {
            let error = given(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }
}
