//! Puppeteer's `ConsoleMessage`: what a page wrote to its console.

use std::rc::Rc;

use serde::Serialize;

use crate::js_handle::JSHandle;
use crate::remote_object::EvaluationResult;

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
}

impl ConsoleMessage {
    /// An entry of the browser's log, which has text of its own.
    pub fn new(kind: String, text: String, args: Vec<Rc<JSHandle>>, location: ConsoleLocation) -> Rc<Self> {
        Rc::new(Self { kind, text, args, location })
    }

    /// A call of the page's console; the text is its arguments, with spaces between.
    pub fn of_call(kind: String, args: Vec<Rc<JSHandle>>, location: ConsoleLocation) -> Rc<Self> {
        let words: Vec<String> = args.iter().map(|arg| word(arg)).collect();
        Self::new(kind, words.join(" "), args, location)
    }

    /// `log`, `warning`, `error`, `dir`, `timeEnd`, … as the protocol calls them.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was passed to the console.
    pub fn args(&self) -> &[Rc<JSHandle>] {
        &self.args
    }

    /// Where it was called.
    pub fn location(&self) -> &ConsoleLocation {
        &self.location
    }
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
