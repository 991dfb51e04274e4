//! Which creation of a job is meant.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// Stands before the number of a try.
const TRY: &str = "-try";

/// Names one creation of a job, and which try of it is meant. A uuid may be deleted and used again; an instance never is.
///
/// Made when the job is created, kept in its document, and carried by its message, its events, orders about it and its
/// result. The predecessor's documents, messages and results have none. At most 64 bytes of `[0-9A-Za-z_-]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstanceId(String);

impl InstanceId {
    /// Makes a new one: 128 random bits as hexadecimal digits.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// Reads an instance's text.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// Returns the instance of the try of this number, counted from 1, of the same creation.
    #[must_use]
    pub fn of_try(&self, number: usize) -> Self {
        let creation = self.creation();
        if number > 1 { Self(format!("{creation}{TRY}{number}")) } else { creation }
    }

    /// Returns the creation that a try belongs to, which is the instance of its first one: files are kept under it.
    #[must_use]
    pub fn creation(&self) -> Self {
        self.split().map_or_else(|| self.clone(), |(creation, _)| Self(creation.to_owned()))
    }

    /// Returns the try before; `None` for the first one.
    pub fn try_before(&self) -> Option<Self> {
        self.split().map(|(_, number)| self.of_try(number - 1))
    }

    fn split(&self) -> Option<(&str, usize)> {
        let (creation, number) = self.0.rsplit_once(TRY)?;
        let number = number.parse().ok().filter(|number| *number > 1)?;
        (!creation.is_empty()).then_some((creation, number))
    }

    /// Returns the instance's text.
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
    fn tries_of_a_creation_are_told_apart_and_belong_together() {
        let first = InstanceId::fresh();
        let (second, third) = (first.of_try(2), first.of_try(2).of_try(3));
        assert!(first != second && second != third && InstanceId::parse(third.as_str()) == Some(third.clone()));
        assert_eq!(
            (first.of_try(1), second.creation(), third.creation()),
            (first.clone(), first.clone(), first.clone())
        );
        let before = [&first, &second, &third].map(InstanceId::try_before);
        assert_eq!(before, [None, Some(first), Some(second)]);
    }

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
