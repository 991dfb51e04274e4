//! The job's code as a module: import statements hoisted, the rest the body of an async function, every line and
//! column where its author wrote it.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::tokens::{Kind, Token, Tokens};

/// The code made a module.
pub(crate) struct Wrapped {
    /// The module's text: one line more than the code, in front of it.
    pub(crate) text: String,
    /// The names that the code imports, each once, in order.
    pub(crate) imports: Vec<String>,
}

/// Moves the import statements to a line of their own in front of the code and wraps the rest.
///
/// The default export is `async (job) => …`. It tells `job` what the code threw, and that it has ended: with what the
/// globals' names mean there, since the code may have variables of these names. What the code returns is awaited after
/// its end. Nobody can guess the names of the wrapper's own variables, `eval` of the code included: what `job` writes is
/// not limited.
pub(crate) fn wrap(code: &str) -> Wrapped {
    let statements = import_statements(code);
    let mut body = String::with_capacity(code.len() + 200);
    let mut hoisted = String::new();
    let mut imports = Specifiers::default();
    let mut kept = 0;
    for statement in statements {
        body.push_str(&code[kept..statement.start]);
        // A semicolon, so that what stands before and behind does not become one statement.
        body.push(';');
        for character in code[statement.start..statement.end].chars().skip(1) {
            body.push(if is_line_end(character) { character } else { ' ' });
        }
        kept = statement.end;
        hoisted.push_str(&statement.text);
        hoisted.push(';');
        imports.add(statement.specifier);
    }
    body.push_str(&code[kept..]);
    let secret = secret();
    let text = format!(
        "{hoisted}export default async(job_{secret})=>{{try{{\n{body}\n}}catch(thrown_{secret}){{throw \
         job_{secret}.threw(thrown_{secret},logger)}}finally{{job_{secret}.ended(results,logger,format)}}}}"
    );
    Wrapped { text, imports: imports.in_order }
}

/// Whether the text may ask for what the last match was: `RegExp.$1`, `RegExp["$&"]`, `RegExp.lastMatch` and their kin.
pub(crate) fn names_reg_exp_statics(text: &str) -> bool {
    const NAMES: [&str; 7] = ["$", "last", "left", "right", "input", "[", "}"];
    text.match_indices("RegExp").any(|(at, word)| {
        // Behind `const { $1 } = RegExp` and the like there is nothing to see, so what is in front of it counts.
        let behind = text[at + word.len()..].trim_start().trim_start_matches(['?', '.']).trim_start();
        NAMES.iter().any(|name| behind.starts_with(name)) || text[..at].trim_end().ends_with("} =")
    })
}

/// Random hexadecimal digits, from the keys that the standard library hashes with.
fn secret() -> String {
    let random = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", random(), random())
}

/// The names that a module's text imports or exports from, each once, in order.
pub(crate) fn imports(text: &str) -> Vec<String> {
    let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
    let mut names = Specifiers::default();
    for index in 0..tokens.len() {
        if let Some(statement) = import_at(&tokens, index).or_else(|| export_from_at(&tokens, index)) {
            names.add(statement.specifier);
        }
    }
    names.in_order
}

/// Names, each once. A job may have hundreds of thousands.
#[derive(Default)]
struct Specifiers {
    in_order: Vec<String>,
    known: HashSet<String>,
}

impl Specifiers {
    fn add(&mut self, name: String) {
        if self.known.insert(name.clone()) {
            self.in_order.push(name);
        }
    }
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

struct Statement {
    start: usize,
    end: usize,
    /// The statement on one line, without comments.
    text: String,
    specifier: String,
}

fn import_statements(code: &str) -> Vec<Statement> {
    let tokens: Vec<Token<'_>> = Tokens::new(code).collect();
    let mut statements: Vec<Statement> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        // In code that is none, one may seem to begin within another.
        let behind = statements.last().is_none_or(|last| token.start >= last.end);
        if behind && let Some(statement) = import_at(&tokens, index) {
            statements.push(statement);
        }
    }
    statements
}

/// The import declaration that starts at this token; `import(…)` and `import.meta` are none.
fn import_at(tokens: &[Token<'_>], start: usize) -> Option<Statement> {
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
fn export_from_at(tokens: &[Token<'_>], start: usize) -> Option<Statement> {
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
fn begins(tokens: &[Token<'_>], index: usize, keyword: &str) -> bool {
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
    let text = text.replace("\\\n", "");
    if tokens.get(at + 1).is_some_and(|token| token.text == ";") {
        at += 1;
    }
    Some(Statement { start: tokens[start].start, end: tokens[at].start + tokens[at].text.len(), text, specifier: name })
}

/// The value of a string literal. Names with escapes are rare; the engine sees the literal itself.
fn unquoted(literal: &str) -> String {
    // One that its line ends has no second quote.
    let inner = &literal[1..];
    let inner = inner.strip_suffix(&literal[..1]).unwrap_or(inner);
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some('u') => value.extend(unicode_escape(&mut characters)),
                Some('x') => value.extend(hex(&mut characters, 2)),
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value
}

fn unicode_escape(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let mut ahead = characters.clone();
    if ahead.next() != Some('{') {
        return hex(characters, 4);
    }
    *characters = ahead;
    let digits: String = characters.by_ref().take_while(|character| *character != '}').collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}

fn hex(characters: &mut std::str::Chars<'_>, length: usize) -> Option<char> {
    let digits: String = characters.by_ref().take(length).collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}
