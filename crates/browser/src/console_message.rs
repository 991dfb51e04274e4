//! Puppeteer's `ConsoleMessage`: what a page wrote to its console.

use std::rc::{Rc, Weak};

use serde::Serialize;

use crate::dialect::Dialect;
use crate::frame::Frame;
use crate::js_handle::JSHandle;
use crate::page::Page;
use crate::remote_object::EvaluationResult;
use crate::worker::Worker;

/// Where a page called its console. Empty when Chromium does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleLocation {
    /// The script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Counted from 0.
    #[serde(rename = "lineNumber", skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// Counted from 0.
    #[serde(rename = "columnNumber", skip_serializing_if = "Option::is_none")]
    pub column: Option<i64>,
}

/// One call of the console, or one entry of the browser's own log.
#[derive(Debug)]
pub struct ConsoleMessage {
    kind: String,
    text: String,
    args: Vec<Rc<JSHandle>>,
    location: ConsoleLocation,
    stack: Vec<ConsoleLocation>,
    origin: Origin,
}

/// Who wrote a message.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The page.
    pub page: Weak<Page>,
    /// The frame; `None` for workers and the browser itself.
    pub frame: Option<Rc<Frame>>,
    /// The worker.
    pub worker: Weak<Worker>,
}

impl ConsoleMessage {
    /// An entry of the browser's log, which has text of its own.
    pub fn new(kind: String, text: String, stack: Vec<ConsoleLocation>, origin: Origin) -> Rc<Self> {
        let location = stack.first().cloned().unwrap_or_default();
        Rc::new(Self { kind, text, args: Vec::new(), location, stack, origin })
    }

    /// A call of the page's console; the text is its arguments, with spaces between.
    pub fn of_call(kind: String, args: Vec<Rc<JSHandle>>, stack: Vec<ConsoleLocation>, origin: Origin) -> Rc<Self> {
        let location = stack.first().cloned().unwrap_or_default();
        Rc::new(Self { kind, text: String::new(), args, location, stack, origin })
    }

    /// `log`, `warning`, `error`, `dir`, `timeEnd`, … as the protocol calls them.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// As that Puppeteer calls it: newer ones say `warn`.
    pub fn kind_in(&self, dialect: Dialect) -> &str {
        if dialect.is_modern() && self.kind == "warning" { "warn" } else { &self.kind }
    }

    /// Returns what it says, in 1.20's words.
    pub fn text(&self) -> String {
        self.text_in(Dialect::V1)
    }

    /// Returns what it says: newer Puppeteers show errors and objects as JavaScript does.
    pub fn text_in(&self, dialect: Dialect) -> String {
        if self.args.is_empty() {
            return self.text.clone();
        }
        let words: Vec<String> =
            self.args.iter().map(|arg| if dialect.is_modern() { modern_word(arg) } else { word(arg) }).collect();
        words.join(" ")
    }

    /// Returns where the calls came from, the innermost first.
    pub fn stack(&self) -> &[ConsoleLocation] {
        &self.stack
    }

    /// Returns who wrote it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns what was passed to the console.
    pub fn args(&self) -> &[Rc<JSHandle>] {
        &self.args
    }

    /// Returns where it was called.
    pub fn location(&self) -> &ConsoleLocation {
        &self.location
    }
}

/// As newer Puppeteers write it: an error by its first line, an object as `[object Object]`.
fn modern_word(arg: &JSHandle) -> String {
    let object = arg.remote_object();
    if object.object_id.is_none() {
        return word(arg);
    }
    let described = object.description.as_deref().unwrap_or_default();
    if object.subtype.as_deref() == Some("error") && !described.is_empty() {
        return described.lines().next().unwrap_or_default().to_owned();
    }
    let kind = object.subtype.as_ref().unwrap_or(&object.r#type);
    format!("[{kind} {}]", object.class_name.as_deref().unwrap_or("undefined"))
}

/// As `Array.prototype.join` writes it: `null` and `undefined` are nothing, objects are Puppeteer's handles.
fn word(arg: &JSHandle) -> String {
    if arg.remote_object().object_id.is_some() {
        return arg.to_text();
    }
    match arg.remote_object().clone().into_result() {
        Ok(EvaluationResult::Undefined | EvaluationResult::Json(serde_json::Value::Null)) | Err(_) => String::new(),
        Ok(value) => value.to_text(),
    }
}
