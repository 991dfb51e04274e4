//! TypeScript: its types become blanks, so that every line and column stays where its author wrote it.
//!
//! Done by [swc](https://docs.rs/swc_ts_fast_strip), which Node has for the same. What has a meaning at run time (`enum`,
//! `namespace`, parameter properties) is written out as JavaScript, and then a source map tells the author's places.
//!
//! swc calls itself once for each level of an expression. So it gets a thread with a stack of its own, and no text that is
//! nested more deeply than this stack bears; what it holds of a text is a multiple of the text's length, which is bounded, too.

use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use swc_common::errors::{DiagnosticBuilder, Emitter, Handler};
use swc_common::sync::Lrc;
use swc_common::{GLOBALS, Globals, SourceMap};
use swc_ts_fast_strip::{ErrorCode, Mode, Options, operate};

use crate::nesting::{self, MAX_NESTING, MAX_TEMPLATES};
use crate::tokens::Tokens;
use crate::type_imports::without_unused_imports;

/// What swc holds for a byte of text at most: a text of semicolons is all statements.
const BYTES_PER_BYTE: usize = 200;
/// What a level takes of the stack at most, in the way there and back.
#[cfg(not(debug_assertions))]
const LEVEL_BYTES: usize = 16 << 10;
/// Without optimisation a call holds much more.
#[cfg(debug_assertions)]
const LEVEL_BYTES: usize = 400 << 10;

/// A text without its types.
#[derive(Clone, Debug)]
pub(crate) struct JavaScript {
    /// What the engine gets.
    pub(crate) text: String,
    /// Where its author wrote what stands there; `None` when everything is in its place.
    places: Option<Places>,
}

/// A source map.
#[derive(Clone, Debug)]
struct Places(Rc<swc_sourcemap::SourceMap>);

/// Where a text is not TypeScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeScriptError {
    /// What is wrong.
    pub(crate) message: String,
    /// The line, counted from 1.
    pub(crate) line: u32,
    /// The column, counted from 1.
    pub(crate) column: u32,
}

impl TypeScriptError {
    fn at_start(message: String) -> Self {
        Self { message, line: 1, column: 1 }
    }
}

impl JavaScript {
    /// Whether its lines are not the author's any more.
    pub(crate) fn is_rewritten(&self) -> bool {
        self.places.is_some()
    }

    /// The author's line and column, both counted from 1 as the engine's.
    pub(crate) fn place(&self, line: u32, column: u32) -> (u32, u32) {
        let Some(Places(map)) = &self.places else { return (line, column) };
        let token = map.lookup_token(line.saturating_sub(1), column.saturating_sub(1));
        token.map_or((line, column), |token| (token.get_src_line() + 1, token.get_src_col() + 1))
    }
}

/// The text without its types, and without imports of what is only a type; within so much memory.
///
/// # Errors
/// When it is not TypeScript, or too much of it.
pub(crate) fn strip(text: &str, memory_bytes: usize) -> Result<JavaScript, TypeScriptError> {
    if text.len().saturating_mul(BYTES_PER_BYTE) > memory_bytes {
        let most = memory_bytes / BYTES_PER_BYTE / 1024;
        return Err(TypeScriptError::at_start(format!(
            "TypeScript of {} KiB is more than the {most} KiB that JOB_MEMORY has room for: send it as JavaScript",
            text.len() / 1024
        )));
    }
    if let Some(place) = nesting::too_deep(text) {
        let (line, column) = place_of(text, place);
        let message = format!(
            "TypeScript is nested too deeply here (at most {MAX_NESTING} levels, {MAX_TEMPLATES} of them templates): send it as \
             JavaScript"
        );
        return Err(TypeScriptError { message, line, column });
    }
    let stack = (1 << 20) + MAX_NESTING * LEVEL_BYTES;
    let thread = std::thread::Builder::new().name("typescript".to_owned()).stack_size(stack);
    let text = text.to_owned();
    let (answer, answered) = channel();
    let running = thread.spawn(move || answer_with(&text, &answer)).map_err(|error| {
        TypeScriptError::at_start(format!("failed to start the thread that reads TypeScript: {error}"))
    })?;
    let broken =
        || TypeScriptError::at_start("the reader of TypeScript broke at this text: send it as JavaScript".to_owned());
    let stripped = answered.recv().unwrap_or_else(|_| Err(broken()));
    let ended = running.join();
    let Stripped { text, map } = stripped?;
    ended.map_err(|_| broken())?;
    let places = match map {
        Some(map) => swc_sourcemap::SourceMap::from_slice(map.as_bytes()).ok().map(|map| Places(Rc::new(map))),
        None => None,
    };
    Ok(JavaScript { text, places })
}

/// What crosses from the thread.
struct Stripped {
    text: String,
    map: Option<String>,
}

fn answer_with(text: &str, answer: &Sender<Result<Stripped, TypeScriptError>>) {
    let stripped = match blanked(text) {
        Err((ErrorCode::UnsupportedSyntax, error)) => {
            run(text, Mode::Transform).map_err(|failure| failure.in_place_of(error))
        }
        other => other.map_err(|(_, error)| error),
    };
    let stripped = stripped.map(|Stripped { text, map }| Stripped { text: without_unused_imports(&text), map });
    // Whoever waits for it has not gone.
    let _ = answer.send(stripped);
}

/// The text with blanks in the place of types. A job's code may return, being the body of a function, and swc knows only
/// modules: it sees another statement there.
fn blanked(text: &str) -> Result<Stripped, (ErrorCode, TypeScriptError)> {
    let failure = match run(text, Mode::StripOnly) {
        Err(failure) if failure.is_returns() => failure,
        other => return other.map_err(Failure::first),
    };
    let mut changed = text.to_owned();
    for said in &failure.errors {
        let Some(at) = said.at.filter(|at| text[*at..].starts_with(RETURN)) else { return Err(failure.first()) };
        changed.replace_range(
            at..at + RETURN.len(),
            if is_bare(&text[at + RETURN.len()..]) { "absent" } else { "throw " },
        );
    }
    let mut stripped = run(&changed, Mode::StripOnly).map_err(Failure::first)?;
    if stripped.text.len() != text.len() {
        return Err(failure.first());
    }
    for at in failure.errors.iter().filter_map(|said| said.at) {
        stripped.text.replace_range(at..at + RETURN.len(), RETURN);
    }
    Ok(stripped)
}

const RETURN: &str = "return";
const MISPLACED_RETURN: &str = "Return statement is not allowed here";

/// Whether a `return` with this behind it has no value.
fn is_bare(rest: &str) -> bool {
    let next = Tokens::new(rest).next();
    next.is_none_or(|next| matches!(next.text, ";" | "}") || rest[..next.start].contains('\n'))
}

/// What swc says of a text that it cannot take.
struct Failure {
    code: ErrorCode,
    /// Its own summary.
    message: String,
    errors: Vec<Said>,
}

/// One of its sentences.
struct Said {
    error: TypeScriptError,
    /// The byte that it means.
    at: Option<usize>,
}

impl Failure {
    fn is_returns(&self) -> bool {
        !self.errors.is_empty() && self.errors.iter().all(|said| said.error.message == MISPLACED_RETURN)
    }

    fn first(self) -> (ErrorCode, TypeScriptError) {
        let first = self.errors.into_iter().next().map(|said| said.error);
        (self.code, first.unwrap_or_else(|| TypeScriptError::at_start(self.message)))
    }

    /// What is told of a text that cannot be written out either, for a reason of its own.
    fn in_place_of(self, error: TypeScriptError) -> TypeScriptError {
        let returns = self.is_returns();
        let (_, first) = self.first();
        if !returns {
            return error;
        }
        let message = "a `return` outside of all functions cannot stand beside an enum, a namespace or a parameter \
                       property: put the code into a function";
        TypeScriptError { message: message.to_owned(), ..first }
    }
}

fn run(text: &str, mode: Mode) -> Result<Stripped, Failure> {
    let map: Lrc<SourceMap> = Lrc::default();
    let errors = Arc::new(Mutex::new(Vec::new()));
    let handler =
        Handler::with_emitter(true, false, Box::new(Sayings { map: Lrc::clone(&map), errors: Arc::clone(&errors) }));
    let source_map = matches!(mode, Mode::Transform);
    let options = Options { module: Some(true), mode, source_map, ..Options::default() };
    let answer = GLOBALS.set(&Globals::new(), || operate(&map, &handler, text.to_owned(), options));
    answer.map(|output| Stripped { text: output.code, map: output.map }).map_err(|error| {
        let errors = errors.lock().map(|mut errors| std::mem::take(&mut *errors)).unwrap_or_default();
        Failure { code: error.code, message: error.message, errors }
    })
}

/// Keeps what swc has to say.
struct Sayings {
    map: Lrc<SourceMap>,
    errors: Arc<Mutex<Vec<Said>>>,
}

impl Emitter for Sayings {
    fn emit(&mut self, diagnostic: &mut DiagnosticBuilder<'_>) {
        let span = diagnostic.span.primary_span();
        let place = span.map(|span| self.map.lookup_char_pos(span.lo()));
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (line, column) = place.as_ref().map_or((1, 1), |place| (number(place.line), number(place.col.0 + 1)));
        let at = span
            .zip(place)
            .and_then(|(span, place)| usize::try_from(span.lo().0.checked_sub(place.file.start_pos.0)?).ok());
        let error = TypeScriptError { message: diagnostic.message(), line, column };
        if let Ok(mut errors) = self.errors.lock() {
            errors.push(Said { error, at });
        }
    }
}

/// The line and column of a byte, both counted from 1.
fn place_of(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{JavaScript, TypeScriptError, strip};
    use crate::nesting::MAX_NESTING;

    const MEMORY: usize = 1 << 30;

    fn stripped(text: &str) -> JavaScript {
        strip(text, MEMORY).unwrap()
    }

    #[test]
    fn types_become_blanks() {
        let text =
            "interface A { a: string }\nconst f = async (x: number, y?: A): Promise<void> => { g<A>(x as any)!; };";
        let JavaScript { text: java_script, .. } = stripped(text);
        for word in ["interface", "Promise", "any", "number"] {
            assert!(!java_script.contains(word), "{java_script}");
        }
        assert_eq!(java_script.find("const f"), text.find("const f"));
        assert_eq!((java_script.lines().count(), java_script.len()), (2, text.len()));
    }

    #[test]
    fn what_runs_is_written_out_and_keeps_its_places() {
        let text = "type T = 1;\nenum E { A, B = 'b' }\nclass C {\n  constructor(private x: number) {}\n  f(): never {\n    throw new Error(E.B);\n  }\n}";
        let java_script = stripped(text);
        assert!(
            java_script.text.contains("this.x = x") && java_script.text.contains("E[\"B\"]"),
            "{}",
            java_script.text
        );
        let (line, column) = java_script
            .text
            .lines()
            .enumerate()
            .find_map(|(line, text)| Some((line + 1, text.find("new Error")? + 1)))
            .unwrap();
        assert_eq!(java_script.place(u32::try_from(line).unwrap(), u32::try_from(column).unwrap()), (6, 11));
    }

    #[test]
    fn code_may_return() {
        let text = "if (a as any) return;\nconst f = (x: A) => { return x; };\nreturn f(é as A) ?? {\n} as B";
        let java_script = stripped(text).text;
        assert_eq!(
            java_script.split_whitespace().collect::<Vec<_>>().join(" "),
            "if (a ) return; const f = (x ) => { return x; }; return f(é ) ?? { }"
        );
        let error = strip("enum A { B }\nreturn A.B", MEMORY).unwrap_err();
        assert!(
            (error.line, error.column) == (2, 1) && error.message.contains("put the code into a function"),
            "{error:?}"
        );
    }

    #[test]
    fn an_error_says_where() {
        let error = strip("const a = 1;\nconst b: = 2;", MEMORY).unwrap_err();
        assert_eq!((error.line, error.column), (2, 10), "{error:?}");
    }

    /// Each of them made a parser call itself without end.
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
    fn a_text_that_is_too_long_is_told() {
        let error = strip(&"a;".repeat(10_000), 1 << 20).unwrap_err();
        assert!(error.message.contains("JOB_MEMORY"), "{}", error.message);
        // Many statements are no nesting, with and without semicolons.
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
