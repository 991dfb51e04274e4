//! Jobs that share something of which there is little: an account, a site.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{TokenName, whole_number};

/// `key` of a job: jobs of one owner that have the same key run no more than `max_running` at a time.
///
/// 1 to [`RunKey::MAX_BYTES`] bytes without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunKey(String);

impl RunKey {
    /// The longest key, in bytes.
    pub const MAX_BYTES: usize = 200;
    /// The most jobs of a key that may run at a time: they stand in one record.
    pub const MOST_RUNNING: u32 = 1000;

    /// Checks a text that came from outside.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then_some(Self(text))
    }

    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key with its owner, whose jobs alone it concerns: no token's name has a slash.
    pub fn of_owner(&self, owner: Option<&TokenName>) -> String {
        format!("{}/{}", owner.map_or("", TokenName::as_str), self.0)
    }
}

impl std::fmt::Display for RunKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(text).ok_or_else(|| serde::de::Error::custom("a key has 1 to 200 bytes without control characters"))
    }
}

/// What becomes of a job whose key has as many jobs under way as it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDuplicate {
    /// It waits until one of them is done.
    #[default]
    Queue,
    /// It is not made.
    Skip,
    /// They are cancelled, those that wait included.
    Replace,
}

impl OnDuplicate {
    /// The values of the field.
    pub const NAMES: [&str; 3] = ["queue", "skip", "replace"];
}

/// What a client gives as `key`.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RunKey>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let key = match &value {
        Value::Null => return Ok(None),
        Value::String(text) => RunKey::parse(text.as_str()),
        _ => None,
    };
    let refused = r#"the field "key" must be a text of 1 to 200 bytes without control characters"#;
    key.map(Some).ok_or_else(|| serde::de::Error::custom(refused))
}

/// What a client gives as `max_running`.
pub(crate) fn given_max_running<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let count = whole_number(&value).and_then(|count| u32::try_from(count).ok());
    count.filter(|count| (1..=RunKey::MOST_RUNNING).contains(count)).map(Some).ok_or_else(|| {
        let most = RunKey::MOST_RUNNING;
        serde::de::Error::custom(format_args!(
            r#"the field "max_running" must be a whole number from 1 to {most}, not {value}"#
        ))
    })
}

/// What a client gives as `on_duplicate`.
pub(crate) fn given_on_duplicate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OnDuplicate>, D::Error> {
    crate::api::one_of("on_duplicate", &OnDuplicate::NAMES, deserializer)
}

#[cfg(test)]
mod tests {
    use super::RunKey;
    use crate::{NewJob, TokenName};

    #[test]
    fn a_key_belongs_to_its_owner() {
        let key = RunKey::parse("shop/7").unwrap();
        assert_eq!(key.of_owner(TokenName::parse("alice").ok().as_ref()), "alice/shop/7");
        assert_eq!(key.of_owner(None), "/shop/7");
        for text in ["", "a\nb", &"k".repeat(201)] {
            assert_eq!(RunKey::parse(text), None);
        }
    }

    #[test]
    fn mistakes_name_their_field() {
        for (text, field) in [
            (r#"{"key":5}"#, "key"),
            (r#"{"key":""}"#, "key"),
            (r#"{"key":"a","max_running":0}"#, "max_running"),
            (r#"{"key":"a","on_duplicate":"drop"}"#, "on_duplicate"),
        ] {
            let error = serde_json::from_str::<NewJob>(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!(r#"the field "{field}" must be"#)), "{error}");
        }
    }
}
