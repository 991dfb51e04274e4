//! Writing numbers the way JavaScript and Go do: in digits up to 10^21, where serde_json writes an exponent from 10^16 on.
//!
//! The value is the same; a client that tells integers from fractions by their text sees what the predecessor sent.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

use crate::Results;

/// For `#[serde(serialize_with)]`.
pub(crate) fn results<S: Serializer>(results: &Results, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(results.len()))?;
    for (key, value) in results {
        map.serialize_entry(key, &Written(value))?;
    }
    map.end()
}

/// For `#[serde(serialize_with)]`.
pub(crate) fn optional_results<S: Serializer>(value: &Option<Results>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => results(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// Results as messages, documents and answers carry them.
pub struct WrittenResults<'a>(pub &'a Results);

impl Serialize for WrittenResults<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        results(self.0, serializer)
    }
}

struct Written<'a>(&'a Value);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => match digits(number) {
                Some(whole) => serializer.serialize_i128(whole),
                None => number.serialize(serializer),
            },
            Value::Array(values) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    seq.serialize_element(&Written(value))?;
                }
                seq.end()
            }
            Value::Object(map) => results(map, serializer),
            other => other.serialize(serializer),
        }
    }
}

/// The number's shortest digits, filled up with zeros; `None` where serde_json's own text is right.
fn digits(number: &Number) -> Option<i128> {
    if !number.is_f64() {
        return None;
    }
    let value = number.as_f64().filter(|value| value.fract() == 0.0 && (1e16..1e21).contains(&value.abs()))?;
    // `{}` of a float is its shortest decimal that reads back the same, without an exponent.
    format!("{value}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Written;
    use serde_json::Value;

    #[test]
    fn large_whole_numbers_keep_their_digits() {
        for (text, written) in [
            ("123456789012345680000", "123456789012345680000"),
            ("-123456789012345680000", "-123456789012345680000"),
            ("1e16", "10000000000000000"),
            ("1e21", "1e+21"),
            ("0.1", "0.1"),
            ("1e-7", "1e-7"),
            ("9007199254740993", "9007199254740993"),
            (r#"[{"a":1.5e20}]"#, r#"[{"a":150000000000000000000}]"#),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&Written(&value)).unwrap(), written, "{text}");
        }
    }
}
