//! What a recorded case expects, and how an answer is held against it.
//!
//! An object may have more keys than expected, a list may not have more entries. In texts `{{number}}` stands for a
//! number, `{{any}}` for anything.

use serde_json::Value;

/// Says how `actual` differs from `expected`, with the place.
///
/// # Errors
/// A sentence that names the place and both values.
pub fn check(expected: &Value, actual: &Value, place: &str) -> Result<(), String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                let place = format!("{place}.{key}");
                check(value, actual.get(key).ok_or_else(|| format!("{place}: missing"))?, &place)?;
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                check(expected, actual, &format!("{place}[{index}]"))?;
            }
            Ok(())
        }
        (Value::String(pattern), Value::String(text)) if fits(pattern, text) => Ok(()),
        (Value::Number(expected), Value::Number(actual)) if expected.as_f64() == actual.as_f64() => Ok(()),
        _ if expected == actual || *expected == "{{any}}" => Ok(()),
        _ => Err(format!("{place}: expected {expected}, got {actual}")),
    }
}

/// Whether a text fits a pattern with placeholders.
fn fits(pattern: &str, text: &str) -> bool {
    let Some(start) = pattern.find("{{") else { return pattern == text };
    let Some(rest) = text.strip_prefix(&pattern[..start]) else { return false };
    let Some((name, tail)) = pattern[start + 2..].split_once("}}") else { return pattern == text };
    let allowed = |part: &str| match name {
        "any" => true,
        "number" => !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-'),
        _ => false,
    };
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.filter(|end| allowed(&rest[..*end])).any(|end| fits(tail, &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::{check, fits};
    use serde_json::json;

    #[test]
    fn placeholders_stand_for_what_they_say() {
        assert!(fits("Code took {{number}}ms to execute.", "Code took 12ms to execute."));
        assert!(!fits("Code took {{number}}ms to execute.", "Code took ms to execute."));
        assert!(fits("TypeError: {{any}}", "TypeError: x is not a function\n"));
        assert!(!fits("TypeError: {{any}}", "RangeError: x"));
    }

    #[test]
    fn a_difference_names_its_place() {
        let error = check(&json!({"a": [1, {"b": "x"}]}), &json!({"a": [1, {"b": "y", "c": 1}]}), "").unwrap_err();
        assert_eq!(error, r#".a[1].b: expected "x", got "y""#);
        assert!(check(&json!([1]), &json!([1, 2]), "").is_err());
        assert!(check(&json!({"a": 1.0}), &json!({"a": 1, "b": 2}), "").is_ok());
    }
}
