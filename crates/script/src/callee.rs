//! What a place in an author's text calls or reads, as its author wrote it.
//!
//! The engine says where an error happened and not of what. Its place lies in an expression of members, and the text
//! around the place is read in both directions as far as such an expression goes.

use std::ops::Range;

/// Longest text that is told, in characters; of a longer one the end, which says most.
const SHOWN: usize = 60;
/// Words behind which a bracket is not that of a call.
const KEYWORDS: [&str; 12] =
    ["await", "case", "delete", "for", "if", "in", "new", "of", "return", "typeof", "void", "while"];
/// How far the text is read in each direction, in bytes: a line may be a whole library.
const READ: usize = 2000;

/// The function that is called around this byte, as `page.$(...).foo`, or `new page.Foo`; `None` when no name is called there.
pub(crate) fn called_at(text: &str, at: usize) -> Option<String> {
    if text.get(..at).is_some_and(is_behind_new) {
        let made = text[end_of_constructor(text, at)?].trim();
        return expression_before(made, made.len()).map(|made| format!("new {made}"));
    }
    let end = end_of_callee(text, at)?;
    expression_before(text, end)
}

/// The list behind `...` or `of` that begins at this byte: `o.list` of `f(...o.list)`; `None` where no name stands there.
pub(crate) fn iterated_at(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?.trim_end();
    let of = before.strip_suffix("of").is_some_and(|before| before.ends_with(char::is_whitespace));
    if !of && !before.ends_with("...") {
        return None;
    }
    let end = end_of_constructor(text, at)?.end;
    if text[end..].trim_start().starts_with(['(', '`', '?']) {
        return None;
    }
    expression_before(&text[at..end], end - at)
}

/// Of what the member `name` is read around this byte: `page.keybord` of `page.keybord.press`.
pub(crate) fn owner_at(text: &str, at: usize, name: &str) -> Option<String> {
    let from = floor(text, at.saturating_sub(READ));
    let to = floor(text, at.saturating_add(READ).min(text.len()));
    let is_member = |place: usize| {
        let before = text[..place].trim_end();
        before.ends_with('.') && !text[place + name.len()..].starts_with(is_name)
    };
    let places =
        text.get(from..to)?.match_indices(name).map(|(place, _)| from + place).filter(|place| is_member(*place));
    let place = places.min_by_key(|place| place.abs_diff(at))?;
    let before = text[..place].trim_end().trim_end_matches('.').trim_end_matches('?');
    expression_before(text, before.len())
}

/// The byte of a line and column, both counted from 1.
pub(crate) fn byte_at(text: &str, line: u32, column: u32) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let start = if line == 0 { 0 } else { text.match_indices('\n').nth(line - 1)?.0 + 1 };
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    text[start..].char_indices().nth(column).map(|(place, _)| start + place)
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '#')
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Where the callee ends whose call begins at this place or behind it.
fn end_of_callee(text: &str, at: usize) -> Option<usize> {
    let to = floor(text, at.saturating_add(READ).min(text.len()));
    let mut rest = text.get(at..to)?;
    loop {
        let behind = rest.trim_start();
        let place = to - behind.len();
        match behind.chars().next()? {
            // `f?.()` calls `f`.
            '(' | '`' => return Some(text[..place].trim_end().trim_end_matches("?.").len()),
            '[' => rest = &behind[behind.find(']')? + 1..],
            '.' | '?' | '!' | ']' => rest = &behind[1..],
            character if is_name(character) => rest = behind.trim_start_matches(is_name),
            _ => return None,
        }
    }
}

fn is_behind_new(before: &str) -> bool {
    let before = before.trim_end().strip_suffix("new");
    before.is_some_and(|before| !before.ends_with(|character| is_name(character) || character == '.'))
}

/// What is constructed behind a `new` and in front of its arguments, if there are any: names and members, or what is in brackets.
fn end_of_constructor(text: &str, at: usize) -> Option<Range<usize>> {
    let to = floor(text, at.saturating_add(READ).min(text.len()));
    let rest = text.get(at..to)?;
    if rest.starts_with('(') {
        let end = closing(rest)?;
        let inner = &rest[1..end];
        let is_member = |character: char| is_name(character) || character == '.';
        let is_plain = inner.starts_with(is_name) && inner.chars().all(is_member);
        return is_plain.then_some(at + 1..at + end);
    }
    let mut end = 0;
    loop {
        let behind = rest[end..].trim_start();
        let place = rest.len() - behind.len();
        let name = |text: &str| text.len() - text.trim_start_matches(is_name).len();
        match behind.chars().next() {
            Some('.') => {
                let member = behind[1..].trim_start();
                end = rest.len() - member.len() + name(member);
            }
            Some('[') => end = place + closing(behind)? + 1,
            Some(first) if end == 0 && is_name(first) => end = name(behind) + place,
            _ => return (end > 0).then_some(at..at + end),
        }
    }
}

/// Where the bracket closes that opens this text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(place);
                }
            }
            _ => {}
        }
    }
    None
}

/// The members in front of a byte, with `(...)` in the place of arguments.
fn expression_before(text: &str, end: usize) -> Option<String> {
    let from = floor(text, end.saturating_sub(READ));
    let text = &text[from..end];
    let mut parts: Vec<&str> = Vec::new();
    let mut at = text.len();
    loop {
        let before = text[..at].trim_end();
        let name = before.trim_end_matches(is_name);
        if name.len() < before.len() {
            let word = &before[name.len()..];
            // `if (a)(b)` calls nothing that has a name.
            if parts.is_empty() && KEYWORDS.contains(&word) && !name.trim_end().ends_with('.') {
                return None;
            }
            // In front of a name stands a keyword, or it is a member.
            if parts.last().is_some_and(|part| part.starts_with(is_name) || KEYWORDS.contains(&word)) {
                break;
            }
            parts.push(word);
            at = name.len();
        } else if let Some(rest) = before.strip_suffix("?.") {
            parts.push("?.");
            at = rest.len();
        } else if let Some(rest) = before.strip_suffix('.').filter(|rest| !rest.ends_with('.')) {
            parts.push(".");
            at = rest.len();
        } else if let Some(rest) = before.strip_suffix('!').filter(|_| parts.last().is_some_and(|part| *part == ".")) {
            at = rest.len();
        } else if before.ends_with([')', ']']) && parts.last().is_none_or(|part| !part.starts_with(is_name)) {
            let open = opening(before)?;
            parts.push(if before.ends_with(')') { "(...)" } else { &before[open..] });
            at = open;
        } else {
            break;
        }
    }
    parts.reverse();
    let whole: String = parts.concat();
    let whole = whole.trim_start_matches(['.', '?']);
    // V8's words for what has no name.
    let unnamed = whole.strip_prefix("(...)").filter(|rest| !rest.is_empty());
    if let Some(rest) = unnamed {
        return Some(format!("(intermediate value){rest}"));
    }
    let begins = whole.chars().next().filter(|first| is_name(*first) && !first.is_numeric());
    begins.filter(|_| !matches!(whole, "this" | "super"))?;
    let long = whole.chars().count().checked_sub(SHOWN);
    Some(long.map_or_else(|| whole.to_owned(), |more| format!("…{}", whole.chars().skip(more).collect::<String>())))
}

/// Where the bracket opens that closes this text. Brackets within texts count, too: then there is no answer, or a short one.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, character) in text.char_indices().rev() {
        match character {
            ')' | ']' => depth += 1,
            '(' | '[' => {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{byte_at, called_at, iterated_at, owner_at};

    #[test]
    fn what_is_called_is_named_wherever_the_place_is_in_it() {
        for (text, marks, expected) in [
            ("await page.waitForSelektor('x')", "page waitForSelektor .wait", Some("page.waitForSelektor")),
            ("1 + (await page.$('a [b]')).foo(1)", "foo", Some("(intermediate value).foo")),
            ("page\n  .locator('x')\n  .clik()", "clik .clik", Some("page.locator(...).clik")),
            ("x = rows[i + 1](7)", "rows 1", Some("rows[i + 1]")),
            ("return fail('x')", "fail", Some("fail")),
            ("page?.nope?.()", "nope", Some("page?.nope")),
            ("page!.nope(1)", "nope", Some("page.nope")),
            ("a.b`text`", "b", Some("a.b")),
            ("page.nope(String(1))(2)", "(2", Some("page.nope(...)")),
            ("new page.Nope(String(1))", "page", Some("new page.Nope")),
            ("x = new page.Nope, 5", "page", Some("new page.Nope")),
            ("x = new rows[f(1)].Nope\nnext()", "rows", Some("new rows[f(1)].Nope")),
            ("new (a.b)(1)", "(a", Some("new a.b")),
            ("new (() => 1)()", "((", None),
            ("renew (1)", "(1", Some("renew")),
            ("return (5)(1)", "(1", None),
            ("(() => 1)()", "=>", None),
            ("5 + 6", "5", None),
        ] {
            for mark in marks.split(' ') {
                let found = called_at(text, text.find(mark).unwrap());
                assert_eq!(found.as_deref(), expected, "{text} at {mark}");
            }
        }
        let long = format!("{}.x()", "a.".repeat(200));
        assert!(called_at(&long, long.len() - 3).unwrap().chars().count() < 70);
    }

    #[test]
    fn the_list_that_is_walked_through_is_named() {
        for (text, mark, expected) in [
            ("for (const x of o.list) ;", "o.list", Some("o.list")),
            ("f(1, ...rows[0], 2)", "rows", Some("rows[0]")),
            ("[...a]", "a]", Some("a")),
            ("[...f(1)]", "f(", None),
            ("const [a] = b", "b", None),
            ("proof (a)", "(a", None),
        ] {
            assert_eq!(iterated_at(text, text.find(mark).unwrap()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn of_what_a_member_is_read_is_named() {
        let text = "await page.keybord.press('Enter'); page.press";
        assert_eq!(owner_at(text, 18, "press").as_deref(), Some("page.keybord"));
        assert_eq!(owner_at(text, 6, "press").as_deref(), Some("page.keybord"));
        assert_eq!(owner_at("a?.b?.c", 5, "c").as_deref(), Some("a?.b"));
        assert_eq!(owner_at("x.y", 0, "z"), None);
    }

    #[test]
    fn a_place_is_a_byte() {
        assert_eq!(byte_at("aé\n\tb", 2, 2), Some(5));
        assert_eq!((byte_at("a", 3, 1), byte_at("a", 1, 9)), (None, None));
    }
}
