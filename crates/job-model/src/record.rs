//! When what a job did is kept.

use serde::{Deserialize, Deserializer, Serialize};

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
    /// The values of the field.
    pub const NAMES: [&str; 3] = ["failed", "always", "never"];

    /// The value's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Always => "always",
            Self::Never => "never",
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

/// What a client gives: anything but one of the names is its mistake.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Record>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    serde_json::from_value(value.clone()).map_err(|_| {
        let [failed, always, never] = Record::NAMES;
        serde::de::Error::custom(format_args!(
            r#"the field "record" must be "{failed}", "{always}" or "{never}", not {value}"#
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::Record;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in Record::NAMES {
            assert_eq!(name.parse::<Record>().unwrap().to_string(), name);
            assert_eq!(serde_json::to_string(&name.parse::<Record>().unwrap()).unwrap(), format!("\"{name}\""));
        }
        assert!("Failed".parse::<Record>().is_err());
    }
}
