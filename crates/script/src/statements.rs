//! Import and export statements in a text, found by its tokens.

use std::iter::Peekable;
use std::str::Chars;

use crate::tokens::{Kind, Token};

/// An import, or an export from another module.
pub(crate) struct Statement {
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte behind it, its semicolon included.
    pub(crate) end: usize,
    /// The statement on one line, without comments.
    pub(crate) text: String,
    /// Which module it names.
    pub(crate) specifier: String,
}

/// Line ends behind a backslash: in a literal they are nothing.
const LINE_CONTINUATIONS: [&str; 5] = ["\\\r\n", "\\\n", "\\\r", "\\\u{2028}", "\\\u{2029}"];

/// The import declaration that starts at this token; `import(…)` and `import.meta` are none.
pub(crate) fn import_at(tokens: &[Token<'_>], start: usize) -> Option<Statement> {
    if !begins(tokens, start, "import") {
        return None;
    }
    let mut at = start + 1;
    if tokens.get(at)?.kind != Kind::String {
        at = clause(tokens, at)?;
        if tokens.get(at)?.text != "from" {
            return None;
        }
        at += 1;
    }
    finish(tokens, start, at)
}

/// `export … from "x"`.
pub(crate) fn export_from_at(tokens: &[Token<'_>], start: usize) -> Option<Statement> {
    if !begins(tokens, start, "export") {
        return None;
    }
    let first = tokens.get(start + 1)?.text;
    if first != "*" && first != "{" {
        return None;
    }
    let at = clause(tokens, start + 1)?;
    if tokens.get(at)?.text != "from" {
        return None;
    }
    finish(tokens, start, at + 1)
}

/// Whether the keyword stands where a statement of the module may begin.
pub(crate) fn begins(tokens: &[Token<'_>], index: usize, keyword: &str) -> bool {
    let token = &tokens[index];
    token.kind == Kind::Word
        && token.text == keyword
        && token.depth == 0
        && !(index > 0 && matches!(tokens[index - 1].text, "." | "?."))
}

/// Skips `a`, `a, {b as c}`, `* as ns`, `{…}`; answers the token behind it.
fn clause(tokens: &[Token<'_>], mut at: usize) -> Option<usize> {
    // Two parts at most.
    for _ in 0..2 {
        let token = tokens.get(at)?;
        match (token.kind, token.text) {
            (_, "*") => {
                at += 1;
                if tokens.get(at)?.text == "as" {
                    // A name; of an export it may be a text.
                    if !matches!(tokens.get(at + 1)?.kind, Kind::Word | Kind::String) {
                        return None;
                    }
                    at += 2;
                }
            }
            (_, "{") => at = closing(tokens, at)? + 1,
            (Kind::Word, _) => at += 1,
            _ => return None,
        }
        if tokens.get(at)?.text != "," {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The brace that closes the names or attributes behind this one.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let inside = |token: &Token<'_>| matches!(token.kind, Kind::Word | Kind::String) || matches!(token.text, "," | ":");
    let length = tokens[open + 1..].iter().position(|token| !inside(token))?;
    let close = open + 1 + length;
    (tokens[close].text == "}").then_some(close)
}

/// From the specifier on: attributes and the semicolon.
fn finish(tokens: &[Token<'_>], start: usize, mut at: usize) -> Option<Statement> {
    let specifier = tokens.get(at).filter(|token| token.kind == Kind::String)?;
    let name = unquoted(specifier.text);
    let attributes = tokens.get(at + 1).is_some_and(|token| matches!(token.text, "with" | "assert"));
    if attributes && tokens.get(at + 2).is_some_and(|token| token.text == "{") {
        at = closing(tokens, at + 2)?;
    }
    let text = tokens[start..=at].iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
    // A literal may go on in the next line; the statement must not.
    let text = LINE_CONTINUATIONS.iter().fold(text, |text, continuation| text.replace(continuation, ""));
    if tokens.get(at + 1).is_some_and(|token| token.text == ";") {
        at += 1;
    }
    Some(Statement { start: tokens[start].start, end: tokens[at].start + tokens[at].text.len(), text, specifier: name })
}

/// The value of a string literal. Names with escapes are rare; the engine sees the literal itself.
pub(crate) fn unquoted(literal: &str) -> String {
    // One that its line ends has no second quote.
    let inner = &literal[1..];
    let inner = inner.strip_suffix(&literal[..1]).unwrap_or(inner);
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some('u') => value.extend(unicode_escape(&mut characters)),
                Some('x') => value.extend(hex(&mut characters, 2)),
                Some('\r') => drop(characters.next_if_eq(&'\n')),
                Some('\n' | '\u{2028}' | '\u{2029}') => {}
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value
}

fn unicode_escape(characters: &mut Peekable<Chars<'_>>) -> Option<char> {
    let mut ahead = characters.clone();
    if ahead.next() != Some('{') {
        return hex(characters, 4);
    }
    *characters = ahead;
    let digits: String = characters.by_ref().take_while(|character| *character != '}').collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}

fn hex(characters: &mut Peekable<Chars<'_>>, length: usize) -> Option<char> {
    let digits: String = characters.by_ref().take(length).collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}
