//! The names of jobs.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// A job's id: the document's id in the store and its name in every log line.
///
/// At most [`JobId::MAX_BYTES`] bytes of UTF-8 without `/` and control characters, not starting with `_`, not `.` or
/// `..`, and not blank: each of those would address something else than one document in CouchDB.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct JobId(String);

/// Why a text is no [`JobId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("job id {id:?} is not allowed: {reason}")]
pub struct InvalidJobId {
    /// The text, cut to a printable length.
    pub id: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl JobId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 200;

    /// Makes a new id: a UUID of version 7 ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7)), which begins
    /// with the time and goes on at random.
    ///
    /// Jobs that are written together are neighbours by id then. A database whose documents lie in a B-tree by id, as
    /// CouchDB's do, rewrites one leaf for a batch of neighbours and nearly as many as there are rows for a random one.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }

    /// Checks a text that came from outside.
    ///
    /// # Errors
    /// [`InvalidJobId`] with the rule that it breaks.
    pub fn parse(id: impl Into<String>) -> Result<Self, InvalidJobId> {
        let id = id.into();
        let reason = if id.trim().is_empty() {
            "it is blank"
        } else if id.len() > Self::MAX_BYTES {
            "it is longer than 200 bytes"
        } else if id.starts_with('_') {
            "it starts with an underscore"
        } else if id == "." || id == ".." {
            "it is a path"
        } else if id.contains('/') {
            "it holds a slash"
        } else if id.chars().any(char::is_control) {
            "it holds a control character"
        } else {
            return Ok(Self(id));
        };
        Err(InvalidJobId { id: id.chars().take(80).collect(), reason })
    }

    /// Returns the id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Cow::<'de, str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::JobId;

    #[test]
    fn new_ids_are_in_order_of_their_making() {
        let ids: Vec<_> = (0..1000).map(|_| JobId::fresh()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.as_str().len() == 36));
    }

    #[test]
    fn ids_that_would_address_something_else_are_refused() {
        for id in ["", " ", "_design", ".", "..", "a/b", "a\nb", "a\0b"] {
            assert!(JobId::parse(id).is_err(), "{id:?}");
        }
        assert!(JobId::parse("u".repeat(201)).is_err());
        for id in ["a", "a b", "日本-é", "...", "a_b", "a+b?c#d%"] {
            assert!(JobId::parse(id).is_ok(), "{id:?}");
        }
    }
}
