//! Members of JSON, and of objects in scripts.

use super::find;
use super::secret_names::is_secret;

/// JSON, or a script, without the texts and numbers behind `"name":` whose names say that they are secret.
pub(super) fn mask_members(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut masked, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(start) = find(bytes, b'"', at) {
        let Some(end) = end_of_text(bytes, start) else { break };
        let Some(value) = value_behind(bytes, end) else {
            // In a script a quotation mark may stand alone: what seems to end a text may begin one.
            at = end - 1;
            continue;
        };
        at = end;
        if !is_secret(&text[start + 1..end - 1]) {
            continue;
        }
        let value_end = match bytes[value] {
            b'"' => end_of_text(bytes, value).unwrap_or(bytes.len()),
            byte if byte.is_ascii_digit() || byte == b'-' => {
                let rest =
                    bytes[value..].iter().position(|byte| !byte.is_ascii_alphanumeric() && !b".+-".contains(byte));
                rest.map_or(bytes.len(), |length| value + length)
            }
            _ => continue,
        };
        masked.push_str(&text[copied..value]);
        masked.push_str("\"***\"");
        (copied, at) = (value_end, value_end);
    }
    if copied == 0 {
        return text.to_owned();
    }
    masked.push_str(&text[copied..]);
    masked
}

/// Behind the quotation mark that ends the text which begins at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value of a member begins whose name ends at `end`.
fn value_behind(bytes: &[u8], end: usize) -> Option<usize> {
    let next = |from: usize| (from..bytes.len()).find(|at| !bytes[*at].is_ascii_whitespace());
    let colon = next(end).filter(|at| bytes[*at] == b':')?;
    next(colon + 1)
}
