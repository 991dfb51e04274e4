//! Password fields of HTML.

use super::{MASK, find};

/// HTML without the values of its password fields.
pub(super) fn mask_password_fields(html: &str) -> String {
    // Of the same length, letter by letter.
    let lower = html.to_ascii_lowercase();
    let (mut masked, mut copied, mut from) = (String::new(), 0, 0);
    while let Some(start) = lower[from..].find("<input").map(|place| from + place) {
        let end = end_of_tag(lower.as_bytes(), start);
        from = end;
        let tag = &lower[start..end];
        let is_password = attribute(tag, "type").is_some_and(|(from, to)| &tag[from..to] == "password");
        if let Some((from, to)) = attribute(tag, "value").filter(|_| is_password) {
            masked.push_str(&html[copied..start + from]);
            masked.push_str(MASK);
            copied = start + to;
        }
    }
    if copied == 0 {
        return html.to_owned();
    }
    masked.push_str(&html[copied..]);
    masked
}

/// Behind the `>` of the tag that begins at `start`.
fn end_of_tag(html: &[u8], start: usize) -> usize {
    let mut quote = None;
    for (at, byte) in html.iter().enumerate().skip(start) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    html.len()
}

/// From where to where the value of a tag's attribute goes, without quotation marks.
fn attribute(tag: &str, name: &str) -> Option<(usize, usize)> {
    let bytes = tag.as_bytes();
    let mut at = tag.find(|letter: char| letter.is_ascii_whitespace() || letter == '/')?;
    loop {
        at += tag[at..].find(|letter: char| !letter.is_ascii_whitespace() && letter != '/')?;
        let length = tag[at..].find(|letter: char| letter.is_ascii_whitespace() || "=/>".contains(letter));
        let name_end = length.map_or(tag.len(), |length| at + length);
        let found = &tag[at..name_end];
        let behind = name_end + tag[name_end..].find(|letter: char| !letter.is_ascii_whitespace())?;
        if bytes[behind] != b'=' {
            // An empty name is the tag's end.
            if found.is_empty() {
                return None;
            }
            at = name_end;
            continue;
        }
        let start = behind + 1 + tag[behind + 1..].find(|letter: char| !letter.is_ascii_whitespace())?;
        let (from, to, next) = match bytes[start] {
            quote @ (b'"' | b'\'') => {
                let to = find(bytes, quote, start + 1)?;
                (start + 1, to, to + 1)
            }
            _ => {
                let length = tag[start..].find(|letter: char| letter.is_ascii_whitespace() || letter == '>');
                let to = length.map_or(tag.len(), |length| start + length);
                (start, to, to)
            }
        };
        if found == name {
            return Some((from, to));
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::mask_password_fields;

    #[test]
    fn password_fields_of_html_have_no_value() {
        for (html, kept) in [
            (r#"<INPUT Type="PASSWORD" name=p value="a>b">x"#, r#"<INPUT Type="PASSWORD" name=p value="***">x"#),
            ("<input value=abc type=password>", "<input value=*** type=password>"),
            ("<input type=password required value='ä' >", "<input type=password required value='***' >"),
            ("<input type=text value=abc>", "<input type=text value=abc>"),
            ("<input data-type=password value=abc>", "<input data-type=password value=abc>"),
            ("<input type=password/><input value=x>", "<input type=password/><input value=x>"),
        ] {
            assert_eq!(mask_password_fields(html), kept);
        }
        for odd in ["<input", "<input ", "<input =", "<input a=", "<input a='", "<input type=password value", "<input/"]
        {
            assert_eq!(mask_password_fields(odd), odd);
        }
    }
}
