//! Reading of objects whose values are texts, as vars and modules are.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// An object of string → string; null is `{}` and a null inside is the empty string. The error names the key.
pub(crate) fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values = Option::<BTreeMap<String, serde_json::Value>>::deserialize(deserializer)?.unwrap_or_default();
    let string = |(key, value)| match value {
        serde_json::Value::String(text) => Ok((key, text)),
        serde_json::Value::Null => Ok((key, String::new())),
        other => {
            Err(serde::de::Error::custom(format_args!("the value of {key:?} is not a string but {}", kind(&other))))
        }
    };
    values.into_iter().map(string).collect()
}

fn kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}
