//! Which creation of a job is meant.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// Names one creation of a job. A uuid may be deleted and used again; an instance never is.
///
/// Made when the job is created, kept in its document, and carried by its message, its events, orders about it and its
/// result. The predecessor's documents, messages and results have none. At most 64 bytes of `[0-9A-Za-z_-]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstanceId(String);

impl InstanceId {
    /// A new one: 128 random bits as hexadecimal digits.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// Reads an instance's text.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The instance's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for InstanceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for InstanceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is not an instance id")))
    }
}

#[cfg(test)]
mod tests {
    use super::InstanceId;

    #[test]
    fn instances_differ_and_keep_their_form() {
        let instance = InstanceId::fresh();
        assert_ne!(instance, InstanceId::fresh());
        let text = serde_json::to_string(&instance).unwrap();
        assert_eq!(serde_json::from_str::<InstanceId>(&text).unwrap(), instance);
        for text in [r#""""#, r#""a b""#, "5"] {
            assert!(serde_json::from_str::<InstanceId>(text).is_err(), "{text}");
        }
    }
}
