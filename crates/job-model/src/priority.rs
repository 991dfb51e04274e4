//! Which jobs go first.

use serde::{Deserialize, Deserializer, Serialize};

/// Which of the three queues carries a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Begins when nothing else waits, and now and then before others.
    Low,
    /// As jobs that do not say.
    #[default]
    Normal,
    /// Begins before others.
    High,
}

impl Priority {
    /// All of them, the first to begin first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];
    /// The values of the field.
    pub const NAMES: [&str; 3] = ["high", "normal", "low"];

    /// Returns the next lower one; the lowest stays.
    pub const fn lower(self) -> Self {
        match self {
            Self::High => Self::Normal,
            Self::Normal | Self::Low => Self::Low,
        }
    }

    /// Returns the name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl std::fmt::Display for Priority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a client gives: anything but one of the names is its mistake.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Priority>, D::Error> {
    crate::api::one_of("priority", &Priority::NAMES, deserializer)
}

#[cfg(test)]
mod tests {
    use super::Priority;

    #[test]
    fn names_are_the_wires_and_high_is_more_than_low() {
        for (priority, name) in Priority::ALL.into_iter().zip(Priority::NAMES) {
            assert_eq!((priority.as_str(), serde_json::to_value(priority).unwrap()), (name, name.into()));
        }
        assert!(Priority::High > Priority::Normal && Priority::Normal > Priority::Low);
        let error = serde_json::from_str::<crate::NewJob>(r#"{"priority":"urgent"}"#).unwrap_err().to_string();
        let expected = r#"the field "priority" must be "high", "normal" or "low", not "urgent""#;
        assert!(error.starts_with(expected), "{error}");
    }
}
