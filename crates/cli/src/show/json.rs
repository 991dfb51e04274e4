//! JSON laid out for reading. Keys keep their order and numbers their digits: the text is moved, not read.

use std::fmt::Write as _;

/// The same JSON with a line for each member.
pub(crate) fn lay_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if quoted {
            out.push(c);
            (quoted, escaped) = (c != '"' || escaped, c == '\\' && !escaped);
            continue;
        }
        match c {
            '"' => {
                out.push(c);
                (quoted, escaped) = (true, false);
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(end) = rest.next_if(|c| *c == '}' || *c == ']') {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// The same JSON, with `\u` escapes for what would command a terminal.
pub(crate) fn tame(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Outside strings there are none but line ends.
        if crate::terminal::commands(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{lay_out, tame};

    #[test]
    fn json_is_laid_out_and_stays_what_it_is() {
        let text = r#"{"z":1.0,"a":{},"b":[ ],"c":["x,{\"}\\",1e400, 12345678901234567890],"d":"\ud800"}"#;
        let wanted = "{\n  \"z\": 1.0,\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    \"x,{\\\"}\\\\\",\n    1e400,\n    \
                      12345678901234567890\n  ],\n  \"d\": \"\\ud800\"\n}";
        assert_eq!(lay_out(text), wanted);
        assert_eq!(lay_out(wanted), wanted);
    }

    #[test]
    fn a_terminal_gets_no_commands_in_json() {
        let text = "{\n  \"a\": \"\u{9b}31m\u{7f}\u{202e}\"\n}";
        let tamed = tame(text);
        assert_eq!(tamed, "{\n  \"a\": \"\\u009b31m\\u007f\\u202e\"\n}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&tamed), read(text));
    }
}
