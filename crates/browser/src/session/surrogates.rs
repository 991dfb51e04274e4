//! JSON that Rust's strings cannot hold.

/// JavaScript strings may hold halves of surrogate pairs, which JSON escapes can express and Rust strings cannot: each
/// becomes the replacement character.
pub(crate) fn without_lone_surrogates(json: &str) -> String {
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
    repaired
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
}
