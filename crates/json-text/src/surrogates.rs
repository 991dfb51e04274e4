//! Halves of surrogate pairs, which JSON's escapes can express and Rust's strings cannot.

use std::borrow::Cow;

/// Replaces each lone half of a surrogate pair with the replacement character (U+FFFD), as Go's `encoding/json` does.
///
/// The text is borrowed when nothing has to change. What is not JSON stays as it is.
/// Source: [RFC 8259, section 8.2](https://www.rfc-editor.org/rfc/rfc8259#section-8.2).
pub fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !may_hold_surrogates(json.as_bytes()) {
        return Cow::Borrowed(json);
    }
    let escape_at = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(backslash) = rest.find('\\') {
        let at = json.len() - rest.len() + backslash;
        let length = match escape_at(at) {
            Some(0xD800..=0xDBFF) if matches!(escape_at(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                repaired.push_str(&rest[..backslash]);
                repaired.push_str("\\ufffd");
                rest = &rest[backslash + 6..];
                continue;
            }
            Some(_) => 6,
            None => 1 + rest[backslash + 1..].chars().next().map_or(0, char::len_utf8),
        };
        let end = backslash + length;
        repaired.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// Whether an escape of the range D800 to DFFF may be in the text. Some texts without one are suspected, too.
fn may_hold_surrogates(json: &[u8]) -> bool {
    json.windows(4).any(|four| four[0] == b'\\' && four[1] == b'u' && matches!(four[2], b'd' | b'D') && four[3] >= b'8')
}

#[cfg(test)]
mod tests {
    use super::without_lone_surrogates;

    #[test]
    fn halves_of_surrogate_pairs_are_replaced_and_pairs_kept() {
        let repaired = without_lone_surrogates(r#"{"a":"\ud83d\ude00 \ud83d x \ude00\\ud83d \"é"}"#);
        assert_eq!(repaired, r#"{"a":"\ud83d\ude00 \ufffd x \ufffd\\ud83d \"é"}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&repaired).is_ok());
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        for text in ["\\é", "\\", "\\ud8é", "\\ud83"] {
            assert_eq!(without_lone_surrogates(text), text);
        }
    }

    #[test]
    fn a_text_without_halves_is_not_copied() {
        assert!(matches!(without_lone_surrogates(r#"{"a":"\u00e9é"}"#), std::borrow::Cow::Borrowed(_)));
    }
}
