//! The calls that a job makes on its browser, as somebody who listens hears them: a name, what may be shown of the arguments, the
//! author's line, and how the call ended.
//!
//! An op is one call. What is typed, set as a header or a cookie, or passed into a page is not shown: only what says where
//! the call went, an address without its password, a selector, a function's text.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use job_model::ErrorAt;

use crate::error::OpError;
use crate::links::{CODE_URL, MODULE_URL};

/// The place of the author's files.
const AUTHORS: &str = "file:///puppet-master/";

/// A call that has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// As the author writes it: `page.goto`.
    pub name: String,
    /// What may be shown of its arguments.
    pub arguments: Vec<String>,
    /// Texts of it that are not to be shown, for a listener that hears them.
    pub hidden: Vec<String>,
    /// Where in the job's own text it was made, when that is known.
    pub at: Option<ErrorAt>,
    /// When.
    pub began: Instant,
}

/// Hears of calls. It must not wait.
pub trait CallListener {
    /// Whether it wants to hear of calls now.
    fn is_listening(&self) -> bool;
    /// Whether it wants to know what is typed or passed into a page, which must not be shown.
    fn hears_hidden(&self) -> bool;
    /// A call has begun; the answer is its number.
    fn began(&self, call: Call) -> u64;
    /// It has ended, with this error if there is one.
    fn ended(&self, number: u64, error: Option<&str>);
}

/// Who hears of a job's calls; nobody by default.
#[derive(Clone, Default)]
pub struct Calls(Option<Rc<Heard>>);

struct Heard {
    listener: Rc<dyn CallListener>,
    /// Files of the author that are functions with a line in front of theirs.
    wrapped: RefCell<HashSet<String>>,
}

impl Calls {
    /// Tells this listener.
    pub fn heard_by(listener: Rc<dyn CallListener>) -> Self {
        Self(Some(Rc::new(Heard { listener, wrapped: RefCell::new([CODE_URL.to_owned()].into()) })))
    }

    /// The file of this URL is a function with a line in front of its own.
    pub(crate) fn note_wrapped(&self, url: &str) {
        if let Some(heard) = &self.0 {
            heard.wrapped.borrow_mut().insert(url.to_owned());
        }
    }

    /// The call of an op, before its arguments are read; `None` when nobody hears of it. `summaries` says what the first so many
    /// arguments show of themselves, `hidden` what those after them hide.
    pub(crate) fn call(
        &self,
        op: &str,
        summaries: impl FnOnce(usize) -> Vec<String>,
        hidden: impl FnOnce(usize) -> Vec<String>,
    ) -> Option<Call> {
        let heard = self.0.as_ref().filter(|heard| heard.listener.is_listening() && !SILENT.contains(&op))?;
        let shown = shown_arguments(op);
        let arguments = summaries(shown);
        let mut texts = Vec::new();
        if let Some(kind) = hidden_kind(op).filter(|_| heard.listener.hears_hidden()) {
            texts = hidden(shown);
            texts.retain(|text| kind.keeps(text));
        }
        Some(Call { name: name(op), arguments, hidden: texts, at: None, began: Instant::now() })
    }

    /// Tells of the call, now that the stack that made it is known.
    pub(crate) fn began(&self, call: Option<Call>, stack: &str) -> Told {
        let Some((heard, mut call)) = self.0.as_ref().zip(call) else { return Told(None) };
        call.at = place(stack, &heard.wrapped.borrow());
        if let Some(of_frame) = call.name.strip_prefix("frame.")
            && stack.contains("internal:puppeteer/page")
        {
            // The author called the page, which passes it on.
            call.name = format!("page.{of_frame}");
        }
        let number = heard.listener.began(call);
        Told(Some((Rc::clone(heard), number)))
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calls(heard: {})", self.0.is_some())
    }
}

/// A call that was told of, if anybody hears.
pub(crate) struct Told(Option<(Rc<Heard>, u64)>);

impl Told {
    /// It has ended.
    pub(crate) fn ended(&self, error: Option<&OpError>) {
        if let Some((heard, number)) = &self.0 {
            heard.listener.ended(*number, error.map(|error| error.message.as_str()));
        }
    }
}

/// Ops that are no calls of the author's.
const SILENT: [&str; 3] = ["js_handle_dispose", "js_handle_is_disposed", "frame_execution_context"];

/// How many arguments of an op may be shown, after the object that it is called on.
fn shown_arguments(op: &str) -> usize {
    let call = split(op).1;
    match call {
        "goto" | "wait_for_selector" | "wait_for_xpath" | "query_selector" | "query_selector_all" | "xpath"
        | "click" | "focus" | "hover" | "tap" | "type" | "select" | "evaluate" | "evaluate_handle"
        | "wait_for_function" | "emulate_timezone" | "emulate_media" | "expose_binding" => {
            // On an element these have no selector: what comes first is what is typed or chosen.
            let is_of_element = op.starts_with("element_handle_") && matches!(call, "type" | "select");
            usize::from(!is_of_element && !op.starts_with("keyboard_"))
        }
        "eval_on_selector" | "eval_on_selector_all" => 2,
        "move" if op == "mouse_move" => 2,
        "send" if op == "cdp_session_send" => 1,
        _ => 0,
    }
}

/// What the arguments of a call are that are not shown.
#[derive(Clone, Copy)]
enum Hidden {
    /// What a user would type.
    Typed,
    /// What a function gets in the page.
    Passed,
}

impl Hidden {
    /// Whether a text is one that must not be read elsewhere either. Short words stand in every page, and functions get names and
    /// selectors more often than secrets.
    fn keeps(self, text: &str) -> bool {
        let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
        let shortest = match (self, has_digit) {
            (Self::Typed, true) => 4,
            (Self::Typed, false) => 6,
            (Self::Passed, true) => 8,
            (Self::Passed, false) => 16,
        };
        text.len() >= shortest
    }
}

/// What an op's arguments hide, when they do.
fn hidden_kind(op: &str) -> Option<Hidden> {
    match split(op).1 {
        "type" | "send_character" | "authenticate" | "accept" => Some(Hidden::Typed),
        "evaluate" | "evaluate_handle" | "eval_on_selector" | "eval_on_selector_all" | "wait_for_function" => {
            Some(Hidden::Passed)
        }
        _ => None,
    }
}

/// The object that an op is called on, and the call.
fn split(op: &str) -> (&str, &str) {
    const OBJECTS: [&str; 22] = [
        "browser_context",
        "cdp_session",
        "element_handle",
        "execution_context",
        "file_chooser",
        "js_handle",
        "touch_handle",
        "accessibility",
        "browser",
        "coverage",
        "dialog",
        "files",
        "frame",
        "keyboard",
        "mouse",
        "page",
        "request",
        "response",
        "target",
        "touchscreen",
        "tracing",
        "worker",
    ];
    for object in OBJECTS {
        if let Some(call) = op.strip_prefix(object).and_then(|rest| rest.strip_prefix('_')) {
            return (object, call);
        }
    }
    ("", op)
}

/// The call as an author writes it.
fn name(op: &str) -> String {
    let (object, call) = split(op);
    let call = match call {
        "query_selector" => "$".to_owned(),
        "query_selector_all" => "$$".to_owned(),
        "eval_on_selector" => "$eval".to_owned(),
        "eval_on_selector_all" => "$$eval".to_owned(),
        "xpath" => "$x".to_owned(),
        other => camel_case(other),
    };
    if object.is_empty() { call } else { format!("{}.{call}", camel_case(object)) }
}

fn camel_case(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for (place, word) in words.split('_').enumerate() {
        match word {
            _ if place == 0 => text.push_str(word),
            "cdp" | "csp" | "http" => text.push_str(&word.to_uppercase()),
            _ => {
                let mut letters = word.chars();
                text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                text.push_str(letters.as_str());
            }
        }
    }
    text
}

/// The first place in the author's text of a stack as the engine writes it: `    at NAME (FILE:LINE:COLUMN)`.
fn place(stack: &str, wrapped: &HashSet<String>) -> Option<ErrorAt> {
    stack.lines().find_map(|line| {
        let from = line.find(AUTHORS)?;
        let text = line[from..].trim_end().trim_end_matches(')');
        let (text, column) = text.rsplit_once(':')?;
        let (url, row) = text.rsplit_once(':')?;
        let row: u32 = row.parse().ok()?;
        let row = if wrapped.contains(url) { row.checked_sub(1)? } else { row };
        let module = url.strip_prefix(MODULE_URL).unwrap_or("code").to_owned();
        (row > 0).then_some(ErrorAt { module, line: row, column: column.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Hidden, hidden_kind, name, place, shown_arguments};
    use crate::links::CODE_URL;

    #[test]
    fn ops_have_the_names_that_authors_write() {
        let named = [
            ("frame_goto", "frame.goto"),
            ("element_handle_query_selector_all", "elementHandle.$$"),
            ("frame_eval_on_selector", "frame.$eval"),
            ("page_set_extra_http_headers", "page.setExtraHTTPHeaders"),
            ("browser_context_new_page", "browserContext.newPage"),
            ("browser_new_page", "browser.newPage"),
        ];
        for (op, call) in named {
            assert_eq!(name(op), call);
        }
    }

    #[test]
    fn what_is_typed_or_set_is_not_shown() {
        let none = [
            "keyboard_type",
            "keyboard_press",
            "element_handle_type",
            "element_handle_select",
            "page_authenticate",
            "page_set_cookies",
            "page_set_extra_http_headers",
            "dialog_accept",
            "frame_set_content",
            "request_continue",
        ];
        for op in none {
            assert_eq!(shown_arguments(op), 0, "{op}");
        }
        assert_eq!((shown_arguments("frame_type"), shown_arguments("frame_goto")), (1, 1));
    }

    #[test]
    fn what_is_hidden_is_no_word_that_stands_in_every_page() {
        for (text, typed, passed) in [
            ("shop", false, false),
            ("s3cr", true, false),
            ("bicycle", true, false),
            ("hunter2!", true, true),
            (".btn-primary", true, false),
            ("correct-horse-battery", true, true),
        ] {
            assert_eq!((Hidden::Typed.keeps(text), Hidden::Passed.keeps(text)), (typed, passed), "{text}");
        }
        assert!(hidden_kind("frame_type").is_some() && hidden_kind("frame_goto").is_none());
    }

    #[test]
    fn the_authors_line_is_the_first_of_theirs_in_the_stack() {
        let wrapped: HashSet<String> = [CODE_URL.to_owned()].into();
        let stack = "    at goto (internal:puppeteer/page:12:3)\n    at <anonymous> (file:///puppet-master/code:4:9)\n";
        let at = place(stack, &wrapped).unwrap();
        assert_eq!((at.module.as_str(), at.line, at.column), ("code", 3, 9));
        assert_eq!(place("    at x (internal:a:1:1)\n", &wrapped), None);
    }
}
