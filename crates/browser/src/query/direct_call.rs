//! `$eval` and `$$eval` of a whole document in one command, where a handle and a call on it would be two.
//!
//! The function's text is called, in an expression, with what the selector finds. It stands in parentheses on line 1, as
//! V8 has it for `Runtime.callFunctionOn`, so that the lines and columns of an error's stack are the same; the frame of
//! the call itself is taken off. A selector that finds nothing, or is wrong, is left to the two commands: their errors
//! are Puppeteer's.

use serde_json::Value;

use super::handlers::QueryHandlers;
use super::{ALL, ONE};
use crate::error::Error;
use crate::exception::EVALUATION_SCRIPT_URL;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::selector::Selector;
use crate::world::World;

/// Finds what the function is called with, or throws so that it is not called.
const GUARD: &str = "((find, selector, nothing) => { let found; try { found = find(document, selector); } catch {} \
    if (!found) throw nothing; return found; })";
/// What is thrown in place of a call.
const NOTHING: &str = "puppet-master: nothing to call the function with";

/// What a function is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matches {
    First,
    All,
}

/// Calls the function in the world's document. `None` when it was not called and two commands are to do it.
///
/// # Errors
/// As [`ExecutionContext::evaluate`](crate::execution_context::ExecutionContext::evaluate).
pub(crate) async fn call(
    world: &World,
    matches: Matches,
    selector: &str,
    function: &PageFunction,
    arguments: &[Argument],
) -> Option<Result<EvaluationResult, Error>> {
    let handlers = world.query_handlers();
    DirectCall::new(matches, selector, &handlers, function, arguments)?.run(world).await
}

/// A call whose every part can be written into one expression.
#[derive(Debug)]
struct DirectCall {
    expression: String,
    /// The frame of the call, but for its column: the last line of the stack of what the function throws at once.
    own_frame: String,
}

impl DirectCall {
    /// `None` when it takes more than an expression: handles among the arguments, a selector beyond CSS, a strict
    /// function (its `this` would differ), a text that names itself in stacks.
    fn new(
        matches: Matches,
        selector: &str,
        handlers: &QueryHandlers,
        function: &PageFunction,
        arguments: &[Argument],
    ) -> Option<Self> {
        let PageFunction::Function(text) = function else { return None };
        if text.contains("use strict") || text.contains("sourceURL") {
            return None;
        }
        let Ok(Selector::Css(css)) = Selector::parse(selector, handlers) else { return None };
        let find = match matches {
            Matches::First => ONE,
            Matches::All => ALL,
        };
        let (css, nothing) = (Value::from(css), Value::from(NOTHING));
        let mut expression = format!("({text}\n)({GUARD}({find},{css},{nothing})");
        for argument in arguments {
            expression.push(',');
            expression.push_str(&argument.as_expression()?);
        }
        expression.push(')');
        let own_frame = format!("\n    at {EVALUATION_SCRIPT_URL}:{}:", 2 + line_ends(text));
        Some(Self { expression, own_frame })
    }

    /// `None` when the function was not called, because nothing was found or the selector is wrong.
    async fn run(self, world: &World) -> Option<Result<EvaluationResult, Error>> {
        match world.evaluate(PageFunction::Expression(self.expression), Vec::new()).await {
            Err(Error::Evaluation(exception)) if exception.text() == NOTHING => None,
            Err(Error::Evaluation(exception)) => {
                let text = exception.text();
                let own = text.rfind(&self.own_frame).filter(|end| !text[end + 1..].contains('\n'));
                let text = own.map_or(text, |end| &text[..end]).to_owned();
                Some(Err(Error::Evaluation(Box::new(exception.with_text(text)))))
            }
            other => Some(other),
        }
    }
}

/// Where JavaScript begins a new line.
fn line_ends(text: &str) -> usize {
    let single = text.matches(['\n', '\r', '\u{2028}', '\u{2029}']).count();
    single - text.matches("\r\n").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(matches: Matches, selector: &str, function: &PageFunction, arguments: &[Argument]) -> Option<DirectCall> {
        DirectCall::new(matches, selector, &QueryHandlers::default(), function, arguments)
    }

    fn expression_of(text: &'static str, arguments: &[Argument]) -> Option<String> {
        let call = new(Matches::First, "#a", &PageFunction::own(text), arguments)?;
        Some(call.expression)
    }

    #[test]
    fn the_text_stands_where_v8_puts_it() {
        let arguments = [Argument::Json("b".into()), Argument::from_number(-0.0), Argument::Undefined];
        let expression = expression_of("(e, x) => x // last", &arguments).unwrap();
        assert!(expression.starts_with("((e, x) => x // last\n)("), "{expression}");
        assert!(expression.ends_with(r#","b",-0,undefined)"#), "{expression}");
    }

    #[test]
    fn what_an_expression_cannot_do_is_left_alone() {
        assert!(expression_of("function () { 'use strict'; return this; }", &[]).is_none());
        assert!(expression_of("() => 1 /*\n//# sourceURL=mine.js\n*/", &[]).is_none());
        let beyond = new(Matches::All, "::-p-text(a)", &PageFunction::own("all => 1"), &[]);
        assert!(beyond.is_none());
        assert!(new(Matches::All, "p", &PageFunction::expression("1"), &[]).is_none());
    }
}
