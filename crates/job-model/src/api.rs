//! Which Puppeteer a job is written for.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

/// The version of Puppeteer's API whose meaning holds where the versions contradict each other: texts and classes of
/// errors, types of console messages, and about ten calls (docs/PUPPETEER.md lists them). What only one of the versions
/// has is there for every job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Api {
    /// Puppeteer 1.20, as at the predecessor.
    #[default]
    #[serde(rename = "1")]
    V1,
    /// Puppeteer 25.
    #[serde(rename = "25")]
    V25,
}

impl Api {
    /// The values of the field.
    pub const NAMES: [&str; 2] = ["1", "25"];
}

/// What a client gives: anything but one of the names is its mistake.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Api>, D::Error> {
    one_of("api", &Api::NAMES, deserializer)
}

/// A field that has one of these texts, or nothing. The error names the field and what it got.
pub(crate) fn one_of<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    field: &str,
    names: &[&str],
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    serde_json::from_value(value.clone()).map_err(|_| {
        let (last, others) = names.split_last().expect("a field has names");
        let others = others.join(r#"", ""#);
        serde::de::Error::custom(format_args!(r#"the field "{field}" must be "{others}" or "{last}", not {value}"#))
    })
}
