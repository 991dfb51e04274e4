//! What a function's source text is: does it stand alone as an expression, or is it a method that needs a `function`?
//!
//! Only the head is read; that the rest parses is the page's engine's business.

use crate::error::Error;

/// Returns the text in a form that can be put into parentheses and called.
pub(crate) fn standalone(source: String) -> Result<String, Error> {
    if is_native(&source) {
        return Err(Error::FunctionText);
    }
    let mut head = Head { rest: source.trim_start() };
    let (word, is_async) = match head.word() {
        "async" => {
            head.skip_blanks();
            (head.word(), true)
        }
        word => (word, false),
    };
    head.skip_blanks();
    let bare = |text: &str| text.strip_prefix("async").map(|rest| rest.trim_start().to_owned());
    match word {
        "function" | "class" => Ok(source),
        // `(a) => …`, `async (a) => …`, or a method that is itself called `async`.
        "" if head.rest.starts_with('(') => {
            if head.arrow_after_parameters() {
                Ok(source)
            } else if is_async {
                Ok(format!("function {}", source.trim_start()))
            } else {
                Err(Error::FunctionText)
            }
        }
        "" if head.rest.starts_with("=>") && is_async => Ok(source),
        "" if head.rest.starts_with('*') => {
            if is_async {
                bare(source.trim_start()).map(|rest| format!("async function {rest}")).ok_or(Error::FunctionText)
            } else {
                Ok(format!("function {}", source.trim_start()))
            }
        }
        "" => Err(Error::FunctionText),
        _ if head.rest.starts_with("=>") => Ok(source),
        _ if head.rest.starts_with('(') => {
            if is_async {
                bare(source.trim_start()).map(|rest| format!("async function {rest}")).ok_or(Error::FunctionText)
            } else {
                Ok(format!("function {}", source.trim_start()))
            }
        }
        _ => Err(Error::FunctionText),
    }
}

/// Engines agree on the words, not on the blanks around them.
fn is_native(source: &str) -> bool {
    let body = source.trim_end().strip_suffix('}').map(str::trim_end);
    let head = body.and_then(|body| body.strip_suffix("[native code]")).map(str::trim_end);
    head.is_some_and(|head| head.ends_with('{'))
}

struct Head<'a> {
    rest: &'a str,
}

impl<'a> Head<'a> {
    fn word(&mut self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '\u{200c}' | '\u{200d}' | '\\');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit()) { "" } else { word }
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else if let Some(comment) = self.rest.strip_prefix("//") {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    /// Whether `=>` follows the parentheses that `rest` begins with.
    fn arrow_after_parameters(&mut self) -> bool {
        let mut depth = 0_u32;
        loop {
            self.skip_blanks();
            let Some(c) = self.rest.chars().next() else { return false };
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '"' | '\'' | '`' => self.skip_string(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.skip_blanks();
                        return self.rest.starts_with("=>");
                    }
                }
                _ => {}
            }
        }
    }

    fn skip_string(&mut self, quote: char) {
        let mut escaped = false;
        let end = self.rest.char_indices().find(|(_, c)| {
            let ends = !escaped && *c == quote;
            escaped = !escaped && *c == '\\';
            ends
        });
        self.rest = end.map_or("", |(at, quote)| &self.rest[at + quote.len_utf8()..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standalone_text(text: &str) -> Option<String> {
        standalone(text.to_owned()).ok()
    }

    #[test]
    fn functions_and_arrows_are_left_alone() {
        for text in [
            "function f(a) { return a }",
            "function(){}",
            "function* g() {}",
            "async function f() {}",
            "() => 1",
            "a => a",
            "async a => a",
            "async (a = ')', {b} = {}) => a",
            "async () => 1",
            "async => async",
            "class A {}",
            "(a /* ) */, b) => a",
        ] {
            assert_eq!(standalone_text(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn methods_get_the_word_function() {
        assert_eq!(
            standalone_text("sum(a, b) { return a + b }").as_deref(),
            Some("function sum(a, b) { return a + b }")
        );
        assert_eq!(
            standalone_text("async mult(a) { return a }").as_deref(),
            Some("async function mult(a) { return a }")
        );
        assert_eq!(standalone_text("async(a) { return a }").as_deref(), Some("function async(a) { return a }"));
        assert_eq!(standalone_text("*items() {}").as_deref(), Some("function *items() {}"));
    }

    #[test]
    fn what_cannot_be_read_back_is_refused() {
        for text in [
            "function push() { [native code] }",
            "function push() {\n    [native code]\n}",
            "get x() { return 1 }",
            "['a' + b]() {}",
            "'a b'() {}",
            "async 'a'() {}",
        ] {
            assert_eq!(standalone_text(text), None, "{text}");
        }
    }
}
