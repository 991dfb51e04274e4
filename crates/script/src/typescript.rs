//! TypeScript: its types become blanks, so that every line and column stays where its author wrote it.
//!
//! Done by [swc](https://docs.rs/swc_ts_fast_strip), which Node has for the same. What has a meaning at run time (`enum`,
//! `namespace`, parameter properties) is written out as JavaScript, and then a source map tells the author's places.
//!
//! swc calls itself once for each level of an expression. So it gets a thread with a stack of its own, and no text that is
//! nested more deeply than this stack bears; what it holds of a text is a multiple of the text's length, which is bounded, too.

mod nesting;
mod swc;
mod type_imports;

use std::rc::Rc;

use nesting::{MAX_NESTING, MAX_TEMPLATES};
use swc::{Stripped, without_types};

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
    let own = text.to_owned();
    let running = thread.spawn(move || without_types(&own)).map_err(|error| {
        TypeScriptError::at_start(format!("failed to start the thread that reads TypeScript: {error}"))
    })?;
    let stripped = running.join().map_err(|_| {
        TypeScriptError::at_start("the reader of TypeScript broke at this text: send it as JavaScript".to_owned())
    })?;
    let Stripped { text, map } = stripped.map_err(|error| explained(text, error))?;
    let places = match map {
        Some(map) => swc_sourcemap::SourceMap::from_slice(map.as_bytes()).ok().map(|map| Places(Rc::new(map))),
        None => None,
    };
    Ok(JavaScript { text, places })
}

/// Names decorators and JSX, which are more than types.
fn explained(text: &str, error: TypeScriptError) -> TypeScriptError {
    let index = |number: u32| usize::try_from(number).unwrap_or_default().saturating_sub(1);
    let line = text.lines().nth(index(error.line)).unwrap_or_default();
    let units: Vec<char> = line.chars().collect();
    let at = |column: usize| units.get(column).copied().unwrap_or_default();
    let column = index(error.column);
    let message = if at(column) == '@' {
        "decorators are not supported: call the function yourself, or send the code as it was compiled"
    } else if at(column) == '/' && (at(column.wrapping_sub(1)) == '<' || at(column + 1) == '>') {
        "JSX is not supported: write the markup as a text, or send the code as it was compiled"
    } else {
        return error;
    };
    TypeScriptError { message: message.to_owned(), ..error }
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
    use super::{JavaScript, strip};

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

    #[test]
    fn what_is_more_than_types_is_named() {
        for (text, word, place) in [
            ("let a: number;\n@d class A {}", "decorators are not", (2, 1)),
            ("const x = <div>hi</div>;", "JSX is not", (1, 19)),
        ] {
            let error = strip(text, MEMORY).unwrap_err();
            assert!(error.message.starts_with(word), "{error:?}");
            assert_eq!((error.line, error.column), place, "{error:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_told() {
        let error = strip(&"a;".repeat(10_000), 1 << 20).unwrap_err();
        assert!(error.message.contains("JOB_MEMORY"), "{}", error.message);
    }
}
