//! As much of ECMAScript's lexical grammar as finding import statements needs.
//!
//! Strings, templates, comments and regular expressions are told apart from code. Whether a slash divides or opens a
//! regular expression depends on what stands before it; the few cases that only a full parser can tell err towards
//! what people write.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier, keyword or number.
    Word,
    /// A string literal with its quotes.
    String,
    /// A template or regular expression.
    Literal,
    /// One or more characters of punctuation.
    Punctuator,
}

/// A token with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Its first byte in the source.
    pub(crate) start: usize,
    /// How many brackets are open around it.
    pub(crate) depth: usize,
}

/// What may follow a closing bracket.
#[derive(Clone, Copy)]
enum After {
    Operator,
    Expression,
}

/// The tokens of a source text, without white space and comments.
pub(crate) struct Tokens<'a> {
    source: &'a str,
    at: usize,
    open: Vec<After>,
    /// A slash here opens a regular expression.
    expression: bool,
    last: &'a str,
    /// In how many substitutions of templates this is.
    nested: usize,
}

/// More templates in each other than anybody writes. The engine refuses such code anyway, and this thread has a stack.
const MAX_NESTED: usize = 100;

/// Words after which an expression begins.
const PREFIX_WORDS: &[&str] = &[
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "instanceof",
    "else",
    "do",
    "yield",
    "await",
    "default",
    "extends",
];

impl<'a> Tokens<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, at: 0, open: Vec::new(), expression: true, last: "", nested: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(trimmed.len());
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                self.at += comment.find("*/").map_or(trimmed.len(), |end| end + 4);
            } else {
                return;
            }
        }
    }

    /// The length of a string literal; an unclosed one ends with its line.
    fn string(&self, quote: char) -> usize {
        let mut escaped = false;
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((index, character)) = characters.next() {
            match character {
                // Both are one line end.
                '\r' if escaped => escaped = characters.peek().is_some_and(|(_, next)| *next == '\n'),
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\n' | '\r' => return index,
                _ if character == quote => return index + 1,
                _ => {}
            }
        }
        self.rest().len()
    }

    /// The length of a template literal with everything inside its substitutions.
    fn template(&self) -> usize {
        let mut at = self.at + 1;
        while let Some(character) = self.source[at..].chars().next() {
            match character {
                '\\' => at += 1 + self.source[at + 1..].chars().next().map_or(0, char::len_utf8),
                '`' => return at + 1 - self.at,
                '$' if self.nested < MAX_NESTED && self.source[at..].starts_with("${") => {
                    // Behind its brace.
                    at = (substitution_end(self.source, at + 2, self.nested + 1) + 1).min(self.source.len());
                }
                other => at += other.len_utf8(),
            }
        }
        self.source.len() - self.at
    }

    /// The length of a regular expression literal with its flags.
    fn regular_expression(&self) -> usize {
        let (mut escaped, mut class) = (false, false);
        for (index, character) in self.rest().char_indices().skip(1) {
            match character {
                '\n' | '\r' => return index,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    let flags = self.rest()[index + 1..].chars().take_while(char::is_ascii_alphabetic).count();
                    return index + 1 + flags;
                }
                _ => {}
            }
        }
        self.rest().len()
    }

    fn word(&self) -> usize {
        self.rest().find(|character: char| !is_word(character)).unwrap_or(self.rest().len())
    }

    /// Notes an opening or closing bracket; answers the depth of the bracket itself.
    fn bracket(&mut self, character: char) -> usize {
        match character {
            '(' => {
                let head = matches!(self.last, "if" | "while" | "for" | "with");
                self.open.push(if head { After::Expression } else { After::Operator });
                self.expression = true;
                self.open.len() - 1
            }
            '[' => {
                self.open.push(After::Operator);
                self.expression = true;
                self.open.len() - 1
            }
            '{' => {
                let block = !self.expression || matches!(self.last, "" | ";" | "{" | "}" | "=>" | "else" | "do");
                self.open.push(if block { After::Expression } else { After::Operator });
                self.expression = true;
                self.open.len() - 1
            }
            _ => {
                self.expression = matches!(self.open.pop(), Some(After::Expression));
                self.open.len()
            }
        }
    }
}

/// The code in a template's substitutions. `nested` is in how many substitutions the template is.
pub(crate) fn substitutions(template: &str, nested: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 1;
    while nested < MAX_NESTED
        && let Some(character) = template.get(at..).and_then(|rest| rest.chars().next())
    {
        if character == '\\' {
            at += 1 + template[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if template[at..].starts_with("${") {
            let end = substitution_end(template, at + 2, nested + 1);
            found.push(&template[at + 2..end]);
            at = end + 1;
        } else {
            at += character.len_utf8();
        }
    }
    found
}

/// Where the brace is that ends a template's substitution which starts here; the text's end without one. `nested` is in how many
/// substitutions that is.
pub(crate) fn substitution_end(source: &str, start: usize, nested: usize) -> usize {
    let mut tokens = Tokens::new(source);
    (tokens.at, tokens.nested) = (start, nested);
    let mut open = 0_usize;
    for token in tokens {
        match token.text {
            "{" => open += 1,
            "}" if open == 0 => return token.start,
            "}" => open -= 1,
            _ => {}
        }
    }
    source.len()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '#' | '\\' | '\u{200c}' | '\u{200d}')
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks();
        let character = self.rest().chars().next()?;
        let mut depth = self.open.len();
        let (kind, length) = match character {
            '\'' | '"' => (Kind::String, self.string(character)),
            '`' => (Kind::Literal, self.template()),
            '/' if self.expression => (Kind::Literal, self.regular_expression()),
            _ if is_word(character) => (Kind::Word, self.word()),
            _ if self.rest().starts_with("=>") => (Kind::Punctuator, 2),
            _ if self.rest().starts_with("++") || self.rest().starts_with("--") => (Kind::Punctuator, 2),
            _ => (Kind::Punctuator, character.len_utf8()),
        };
        let text = &self.source[self.at..self.at + length];
        match kind {
            Kind::Word => self.expression = PREFIX_WORDS.contains(&text) && self.last != ".",
            Kind::String | Kind::Literal => self.expression = false,
            Kind::Punctuator if matches!(character, '(' | '[' | '{' | ')' | ']' | '}') => {
                depth = self.bracket(character)
            }
            Kind::Punctuator => self.expression = self.expression || !matches!(text, "++" | "--"),
        }
        let token = Token { kind, text, start: self.at, depth };
        self.last = text;
        self.at += length;
        Some(token)
    }
}
