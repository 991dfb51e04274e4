//! What becomes of the script's `results`.

use job_model::Results;
use json_text::{nesting, without_lone_surrogates};
use serde_json::Value;

/// Where the predecessor noted the times; a script cannot keep keys of these names.
const RESERVED: [&str; 3] = ["____started_at", "____finished_at", "____duration"];

/// How deep results may be nested. Readers of JSON on their way (ours among them) stop at 127 levels, and a message, a
/// document and an answer each wrap them in some more.
const DEPTH_MAX: usize = 120;

/// Reads what `JSON.stringify(results)` made. Halves of surrogate pairs become U+FFFD, as at the predecessor.
///
/// # Errors
/// A sentence for the job's author.
pub(crate) fn parse(text: &str) -> Result<Results, String> {
    if nesting(text.as_bytes()) > DEPTH_MAX {
        return Err(format!("Results cannot be stored: they are nested deeper than {DEPTH_MAX} levels"));
    }
    let value = serde_json::from_str(&without_lone_surrogates(text))
        .map_err(|error| format!("Results cannot be stored: {error}"))?;
    let Value::Object(mut results) = value else {
        return Err("Results cannot be stored: results is not an object".to_owned());
    };
    for key in RESERVED {
        results.remove(key);
    }
    results.values_mut().for_each(flush_subnormal);
    Ok(results)
}

/// The predecessor's database read numbers too small for a normal double as 0.
fn flush_subnormal(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_f64().is_some_and(f64::is_subnormal) => *value = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(flush_subnormal),
        Value::Object(entries) => entries.values_mut().for_each(flush_subnormal),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH_MAX, parse};

    #[test]
    fn halves_of_surrogate_pairs_are_replaced_in_texts_and_keys() {
        let results = parse(r#"{"a\ud83d":["\ude00","\ud83d\ude00"]}"#).unwrap();
        assert_eq!(results["a\u{fffd}"], serde_json::json!(["\u{fffd}", "😀"]));
    }

    #[test]
    fn results_are_nested_no_deeper_than_their_readers_read() {
        let nested = |levels: usize| format!(r#"{{"a":"[[\"[","v":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(DEPTH_MAX - 1)).is_ok());
        let error = parse(&nested(DEPTH_MAX)).unwrap_err();
        assert_eq!(error, "Results cannot be stored: they are nested deeper than 120 levels");
        assert!(parse(&nested(400)).is_err());
    }
}
