//! Whole numbers as [JSON Schema](https://json-schema.org/draft/2020-12/json-schema-validation#section-6.1.1) has them: 42.0 is one.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

/// Returns the number, when it is whole and not negative, however it is written.
pub fn whole_number(value: &Value) -> Option<u64> {
    value.as_number().and_then(of)
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let whole = of(&number).and_then(|number| u32::try_from(number).ok());
    whole.map(Some).ok_or_else(|| serde::de::Error::custom(format_args!("{number} is not a whole number from 0")))
}

fn of(number: &Number) -> Option<u64> {
    /// Up to here every whole number is one of JavaScript's.
    const MOST: f64 = 9_007_199_254_740_991.0;
    let fractional = || number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=MOST).contains(number));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and in between")]
    number.as_u64().or_else(|| fractional().map(|number| number as u64))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_str};

    use super::whole_number;

    #[test]
    fn a_whole_number_may_have_a_point() {
        for (text, number) in
            [("42", Some(42)), ("42.0", Some(42)), ("1e3", Some(1000)), ("0.0", Some(0)), ("-0.0", Some(0))]
        {
            assert_eq!(whole_number(&from_str::<Value>(text).unwrap()), number, "{text}");
        }
        for text in ["42.5", "-1", "-1.0", "1e300", "\"42\"", "true", "null"] {
            assert_eq!(whole_number(&from_str::<Value>(text).unwrap()), None, "{text}");
        }
    }
}
