//! What swc is asked for, and how what it says becomes an error at a place of the author's text.

use std::sync::{Arc, Mutex};

use swc_common::errors::{DiagnosticBuilder, Emitter, Handler};
use swc_common::sync::Lrc;
use swc_common::{GLOBALS, Globals, SourceMap};
use swc_ts_fast_strip::{ErrorCode, Mode, Options, operate};

use super::TypeScriptError;
use super::type_imports::without_unused_imports;
use crate::tokens::Tokens;

const RETURN: &str = "return";
/// What swc says of one outside of a function.
const MISPLACED_RETURN: &str = "Return statement is not allowed here";

/// A text without its types, as it crosses from the thread.
pub(super) struct Stripped {
    pub(super) text: String,
    /// A source map, when the text was written out anew.
    pub(super) map: Option<String>,
}

/// Takes the types of a text away, and the imports that only they need.
///
/// # Errors
/// When the text is not TypeScript.
pub(super) fn without_types(text: &str) -> Result<Stripped, TypeScriptError> {
    let Stripped { text, map } = match blanked(text) {
        Err((ErrorCode::UnsupportedSyntax, error)) => {
            run(text, Mode::Transform).map_err(|failure| failure.in_place_of(error))?
        }
        other => other.map_err(|(_, error)| error)?,
    };
    Ok(Stripped { text: without_unused_imports(&text), map })
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

/// Has swc read a text.
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
