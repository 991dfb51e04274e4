//! The name of an API token: who a job belongs to.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// Names an API token, and the owner of the jobs that it made. The token itself is never kept in a job.
///
/// At most [`TokenName::MAX_BYTES`] bytes of `[a-z0-9._-]`, beginning with a letter or digit: it stands in URLs, log lines
/// and the keys of indexes as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TokenName(String);

/// A text that cannot name a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} cannot name a token: write 1 to 64 characters of a-z, 0-9, '.', '_' and '-', a letter or digit first"
)]
pub struct InvalidTokenName {
    /// The text, cut to a printable length.
    pub name: String,
}

impl TokenName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Checks a text that came from outside.
    ///
    /// # Errors
    /// [`InvalidTokenName`] when it holds other characters, or too many.
    pub fn parse(name: impl Into<String>) -> Result<Self, InvalidTokenName> {
        let name = name.into();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins = name.bytes().next().is_some_and(plain);
        if begins && name.len() <= Self::MAX_BYTES && name.bytes().all(|byte| plain(byte) || b"._-".contains(&byte)) {
            return Ok(Self(name));
        }
        Err(InvalidTokenName { name: name.chars().take(80).collect() })
    }

    /// Returns the name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TokenName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for TokenName {
    type Err = InvalidTokenName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for TokenName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Cow::<'de, str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::TokenName;

    #[test]
    fn names_that_would_need_quoting_somewhere_are_refused() {
        for name in ["a", "alice", "ci-2.main_x", "0", &"x".repeat(64)] {
            assert_eq!(TokenName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "-a", ".", "_a", "Alice", "a b", "a:b", "a/b", "é", "a\n", &"x".repeat(65)] {
            assert!(TokenName::parse(name).is_err(), "{name:?}");
            assert!(serde_json::from_value::<TokenName>(name.into()).is_err(), "{name:?}");
        }
    }
}
