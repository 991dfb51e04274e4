//! How deep a JSON text is nested, told without reading it.

/// The most arrays and objects that lie in each other in a text that may be JSON.
///
/// Readers give up at some depth or, where they skip what they do not know, go as deep as the text: who takes a text
/// from outside looks first.
pub fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::nesting;

    #[test]
    fn nesting_counts_outside_strings_only() {
        assert_eq!(nesting(br#"{"a":"[[[\"[[","b":[{}]}"#), 3);
        assert_eq!(nesting(b"[]]]][[["), 3);
        assert_eq!(nesting(b"17"), 0);
    }
}
