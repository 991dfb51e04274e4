//! Quotes, escapes and parentheses of a selector's texts.

/// Returns how long the string is that the text begins with, quotes included.
pub(super) fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (place, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return Some(place + 1),
            _ => {}
        }
    }
    None
}

/// Returns where the parenthesis ends that was opened before the text. An apostrophe in an unquoted text is not a quote.
pub(super) fn closing(text: &str, with_quotes: bool) -> Option<usize> {
    let (mut depth, mut place) = (0_usize, 0);
    while let Some(char) = text[place..].chars().next() {
        let mut length = char.len_utf8();
        match char {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(place),
            ')' => depth -= 1,
            '\\' => length += text[place + 1..].chars().next().map_or(0, char::len_utf8),
            '"' | '\'' if with_quotes => length = quoted(&text[place..])?,
            _ => {}
        }
        place += length;
    }
    None
}

/// A text without its quotes and escapes.
pub(super) fn unquote(text: &str) -> String {
    let is_quoted = text.starts_with(['"', '\'']) && quoted(text) == Some(text.len());
    let inner = if is_quoted { &text[1..text.len() - 1] } else { text };
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for char in inner.chars() {
        if char == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            plain.push(char);
        }
    }
    plain
}
