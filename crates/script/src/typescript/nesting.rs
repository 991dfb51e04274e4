//! How deeply a text may be nested for a parser that calls itself: told by its tokens, before it is parsed.
//!
//! Brackets are levels. So are operators, prefixes and statements without brackets, as long as their expression or
//! statement goes on: `!!!x`, `a => b => c`, `if (a) if (b) c`. The count may be higher than the parser's, never lower.

use crate::tokens::{Kind, Token, Tokens, substitution_end};

/// The levels that a text may have.
pub(super) const MAX_NESTING: usize = 2000;

/// Templates that may stand in each other: each level is read once more.
pub(super) const MAX_TEMPLATES: usize = 10;

/// Words behind which the same expression, type or statement goes on in the next line.
const OPEN_WORDS: &[&str] = &[
    "abstract",
    "as",
    "asserts",
    "async",
    "await",
    "case",
    "const",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "infer",
    "instanceof",
    "is",
    "keyof",
    "let",
    "module",
    "namespace",
    "new",
    "of",
    "out",
    "readonly",
    "return",
    "satisfies",
    "throw",
    "try",
    "type",
    "typeof",
    "unique",
    "using",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "class",
];
/// Words that go on with what stands in front of them.
const INFIX_WORDS: &[&str] = &[
    "as",
    "else",
    "extends",
    "from",
    "implements",
    "in",
    "instanceof",
    "is",
    "of",
    "satisfies",
    "while",
    "catch",
    "finally",
];
/// Words that enclose the statement behind them.
const STATEMENT_WORDS: &[&str] = &["if", "else", "for", "while", "do", "with"];

/// Words whose brackets are the head of a statement.
const HEADS: &[&str] = &["if", "for", "while", "with", "await"];

/// What is open at one depth of brackets.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Statements that enclose what follows, and brackets `<`, which a comma does not end.
    kept: usize,
    /// Operators of the expression.
    expression: usize,
    /// Its bracket is the head of a statement, which goes on behind it.
    head: bool,
}

impl Level {
    fn sum(self) -> usize {
        self.kept + self.expression
    }

    fn end(&mut self) {
        (self.kept, self.expression) = (0, 0);
    }
}

/// The byte where a text is nested too deeply.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    too_deep_from(text, 0, 0)
}

/// `outside` are the levels around the text, `templates` how many of them are templates.
fn too_deep_from(text: &str, outside: usize, templates: usize) -> Option<usize> {
    // The last one is open; `below` is what the others come to.
    let (mut open, mut level) = (Vec::new(), Level::default());
    let mut below = outside;
    let mut behind_head = false;
    let (mut last, mut before_last): (Option<Token<'_>>, Option<Token<'_>>) = (None, None);
    let mut tokens = Tokens::new(text).peekable();
    while let Some(token) = tokens.next() {
        if !behind_head && last.is_some_and(|last| ends_statement(text, last, token)) {
            level.end();
        }
        behind_head = false;
        match (token.kind, token.text) {
            (Kind::Punctuator, "(" | "[" | "{") => {
                // What a call, an index or a block stands behind encloses it.
                level.expression += 1;
                below += level.sum();
                open.push(level);
                let head = token.text == "(" && last.is_some_and(|last| HEADS.contains(&last.text));
                level = Level { head, ..Level::default() };
            }
            (Kind::Punctuator, ")" | "]" | "}") => {
                if let Some(outer) = open.pop() {
                    behind_head = level.head;
                    level = outer;
                    below -= level.sum();
                }
            }
            (Kind::Punctuator, ";") if matches!(tokens.peek(), Some(Token { text: "else" | "while", .. })) => {}
            (Kind::Punctuator, ";") => level.end(),
            (Kind::Punctuator, ",") => level.expression = 0,
            (Kind::Punctuator, "<") => level.kept += 1,
            (Kind::Punctuator, ":") if may_be_label(before_last, last) => level.kept += 1,
            (Kind::Punctuator, _) => level.expression += 1,
            (Kind::Word, word) if STATEMENT_WORDS.contains(&word) => level.kept += 1,
            (Kind::Word, word) if OPEN_WORDS.contains(&word) || INFIX_WORDS.contains(&word) => level.expression += 1,
            (Kind::Literal, literal) if literal.starts_with('`') => {
                level.expression += 1;
                if let Some(at) = in_template(literal, below + level.sum(), templates + 1) {
                    return Some(token.start + at);
                }
            }
            // What looks like a regular expression may be divisions: `a! / !!!b / c`.
            (Kind::Literal, literal) if below + level.sum() + literal.len() > MAX_NESTING => return Some(token.start),
            _ => {}
        }
        if below + level.sum() > MAX_NESTING {
            return Some(token.start);
        }
        (before_last, last) = (last, Some(token));
    }
    None
}

/// Whether a colon may be a label's, which encloses its statement; that of a member of an object ends at a comma.
fn may_be_label(before_last: Option<Token<'_>>, last: Option<Token<'_>>) -> bool {
    last.is_some_and(|last| last.kind == Kind::Word)
        && before_last.is_none_or(|before| matches!(before.text, ";" | "{" | "}" | ":" | ")" | "else" | "do"))
}

/// Whether a statement, a member or a type has ended between two tokens.
fn ends_statement(text: &str, last: Token<'_>, next: Token<'_>) -> bool {
    let between = &text[last.start + last.text.len()..next.start];
    let is_value = match last.kind {
        Kind::Word => !OPEN_WORDS.contains(&last.text) && !INFIX_WORDS.contains(&last.text),
        Kind::String | Kind::Literal => true,
        Kind::Punctuator => matches!(last.text, ")" | "]" | "}"),
    };
    let begins = next.kind == Kind::Word && !INFIX_WORDS.contains(&next.text);
    is_value && begins && (last.text == "}" || between.contains('\n'))
}

/// The same within a template's substitutions.
fn in_template(literal: &str, outside: usize, templates: usize) -> Option<usize> {
    let mut from = 0;
    // Each substitution is one more text; what is nested in it is found there.
    while let Some(open) = literal[from..].find("${") {
        let start = from + open + 2;
        let end = substitution_end(literal, start, 0);
        if templates > MAX_TEMPLATES {
            return Some(start);
        }
        if let Some(at) = too_deep_from(&literal[start..end], outside + 1, templates) {
            return Some(start + at);
        }
        from = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::MAX_NESTING;
    use crate::typescript::{TypeScriptError, strip};

    const MEMORY: usize = 1 << 30;

    /// Each of these made a parser call itself without end.
    #[test]
    fn nesting_of_any_kind_is_told_and_breaks_nothing() {
        let deep = |open: &str, middle: &str, close: &str, levels: usize| {
            // What stands once in front.
            let (once, open) = open.split_once('¦').unwrap_or(("", open));
            format!("let x = {once}{}{middle}{}", open.repeat(levels), close.repeat(levels))
        };
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("[", "", "]"),
            ("{a:", "1", "}"),
            ("!", "1", ""),
            ("- ", "1", ""),
            ("typeof ", "1", ""),
            ("a => ", "1", ""),
            ("a ? b : ", "1", ""),
            ("a ** ", "1", ""),
            ("1 + ", "1", ""),
            ("`${", "1", "}`"),
            ("f(() => { ", "", "})"),
            ("", "1", " as any"),
            ("", "a", "!"),
            ("", "a", ".b"),
            ("", "a", "[0]"),
            ("", "a", "()"),
            ("<A>", "a", ""),
            ("new ", "a", ""),
            ("function () { return ", "1", "}"),
            ("class { x = ", "1", "}"),
            ("a = ", "1", ""),
            ("1 as ¦keyof ", "a", ""),
            ("1 as ¦A<", "a", ">"),
            ("1 as ¦(", "a", ")"),
            ("1 as ¦a | ", "a", ""),
            ("1 as a¦[]", "", ""),
            ("1 as ¦(a: b) => ", "a", ""),
            ("1 as ¦a extends b ? c : ", "a", ""),
            ("1;¦if (a) ", "a", ""),
            ("1;¦if (a) {} else ", "a", ""),
            ("1;¦if (a) b; else ", "a", ""),
            ("1;¦a: ", "b", ""),
            ("1;¦for (;;) ", "b", ""),
            ("1;¦do ", "b", "; while (a)"),
            ("1;¦while (a)\n", "b", ""),
            ("1;¦namespace A { ", "b", "}"),
            ("1;namespace A¦.b", "", " {}"),
        ] {
            // As deep as it is allowed: what comes of it does not matter, the process lives.
            for levels in [MAX_NESTING / 8, MAX_NESTING / 4, MAX_NESTING / 2, MAX_NESTING] {
                let _ = strip(&deep(open, middle, close, levels), MEMORY);
            }
            let text = deep(open, middle, close, MAX_NESTING * 4);
            let TypeScriptError { message, .. } =
                strip(&text, MEMORY).err().unwrap_or_else(|| panic!("{open}{close} is taken"));
            assert!(message.contains("nested"), "{open} {close}: {message}");
        }
    }

    #[test]
    fn many_statements_are_not_nested() {
        // With and without semicolons.
        for line in [
            "const a = b.c(d, -1) + `x${e}` || { f: [g] };\n",
            "foo.bar(baz)\n",
            "let x: Map<string, number> = y\n",
            "  if (a) { b() } else { c() }\n",
            "x = [-1, -2, { a: 1, b: !c }];\n",
        ] {
            strip(&line.repeat(3000), MEMORY).unwrap_or_else(|error| panic!("{line}: {error:?}"));
        }
    }
}
