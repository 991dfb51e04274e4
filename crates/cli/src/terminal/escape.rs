//! Text of jobs and pages on a terminal: what would command the terminal is shown instead.
//!
//! ESC and the other control characters ([ECMA-48](https://ecma-international.org/publications-and-standards/standards/ecma-48/))
//! move the cursor, change the title, or answer as if somebody typed. Characters that turn the direction of writing hide what
//! a line says.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with such characters written out, `\x1b` or `\u{202e}`. Line ends and tabs stay.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match (commands(c), u32::from(c)) {
            (false, _) => out.push(c),
            (true, code @ ..=0xff) => {
                let _ = write!(out, "\\x{code:02x}");
            }
            (true, code) => {
                let _ = write!(out, "\\u{{{code:x}}}");
            }
        }
    }
    Cow::Owned(out)
}

/// The same in one line: line ends and tabs become blanks.
pub(crate) fn one_line(text: &str) -> String {
    shown(text).split(['\n', '\t']).map(str::trim_end).collect::<Vec<_>>().join(" ")
}

/// Whether a terminal would do something else than draw it.
pub(crate) fn commands(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && c != '\n' && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::{one_line, shown};

    #[test]
    fn what_commands_a_terminal_is_shown() {
        assert_eq!(shown("a\tb\nc ü 日"), "a\tb\nc ü 日");
        assert_eq!(shown("\u{1b}]0;x\u{7}\u{1b}[2J"), "\\x1b]0;x\\x07\\x1b[2J");
        assert_eq!(shown("\u{9b}31m \u{202e}gnp.exe \u{7f}\r"), "\\x9b31m \\u{202e}gnp.exe \\x7f\\x0d");
        assert_eq!(one_line("a \n b\tc\u{1b}"), "a  b c\\x1b");
    }
}
