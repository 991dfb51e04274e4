//! What a page's code threw, as CDP's `Runtime.ExceptionDetails` tells it and as each Puppeteer shows it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// Named in the stack of an exception that evaluated code throws.
pub(crate) const EVALUATION_SCRIPT_URL: &str = "__puppeteer_evaluation_script__";

/// An exception of the page.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Puppeteer 1.20's text: the description, with the page's stack.
    text: String,
    details: Arc<Value>,
}

impl Exception {
    pub(crate) fn new(details: &Value) -> Self {
        Self { text: exception_message(details), details: Arc::new(details.clone()) }
    }

    /// Puppeteer 1.20's text: the description, with the page's stack.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the same exception with another text.
    pub(crate) fn with_text(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// Returns what was thrown, as CDP's `Runtime.RemoteObject`.
    pub(crate) fn thrown(&self) -> Option<&Value> {
        self.details.get("exception")
    }

    /// Returns the name of the error's class, and its message without the name and the stack.
    pub fn name_and_message(&self) -> (String, String) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Some(thrown) = self.thrown().filter(|thrown| thrown.is_object()) else {
            return ("Error".to_owned(), text(&self.details["text"]));
        };
        let description = text(&thrown["description"]);
        let mut lines: Vec<&str> = description.split("\n    at ").collect();
        // A message may hold such lines itself: only as many as there are frames are the stack's.
        let frames = self.frames().count().min(lines.len().saturating_sub(1));
        lines.truncate(lines.len() - frames);
        let (name, message) = (text(&thrown["className"]), lines.join("\n    at "));
        let without_name = message.strip_prefix(&format!("{name}: ")).map(str::to_owned);
        (name, without_name.unwrap_or(message))
    }

    /// Returns the page's stack, a line a frame, as V8 writes it; of code that a script gave to `evaluate`, from the frame where
    /// the script's own stack goes on.
    pub fn stack(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let line = |frame: &Value| {
            let name = text(&frame["functionName"]);
            let url = text(&frame["url"]).unwrap_or_default();
            let place = |offset: i64| {
                let number = |name: &str| frame[name].as_i64().unwrap_or_default() + offset;
                format!("{}:{}", number("lineNumber"), number("columnNumber"))
            };
            if url == EVALUATION_SCRIPT_URL {
                return format!("    at {} (evaluate, <anonymous>:{})", name.unwrap_or("evaluate".into()), place(0));
            }
            format!("    at {} ({url}:{})", name.unwrap_or("<anonymous>".into()), place(1))
        };
        self.frames().map(line).collect()
    }

    fn frames(&self) -> impl Iterator<Item = &Value> {
        self.details["stackTrace"]["callFrames"].as_array().into_iter().flatten()
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text of an exception as Puppeteer shows it: the error's own stack if it has one.
fn exception_message(details: &Value) -> String {
    if let Some(exception) = details.get("exception").filter(|exception| exception.is_object()) {
        if let Some(description) = exception.get("description").and_then(Value::as_str).filter(|text| !text.is_empty())
        {
            return description.to_owned();
        }
        return match exception.get("value") {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => exception.get("unserializableValue").and_then(Value::as_str).unwrap_or("undefined").to_owned(),
        };
    }
    let mut message = details["text"].as_str().unwrap_or_default().to_owned();
    for frame in details["stackTrace"]["callFrames"].as_array().into_iter().flatten() {
        let name = frame["functionName"].as_str().filter(|name| !name.is_empty()).unwrap_or("<anonymous>");
        let url = frame["url"].as_str().unwrap_or_default();
        message.push_str(&format!("\n    at {name} ({url}:{}:{})", frame["lineNumber"], frame["columnNumber"]));
    }
    message
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Exception, exception_message};

    #[test]
    fn an_error_has_a_name_a_message_and_a_stack() {
        let details = json!({
            "exception": {"type": "object", "subtype": "error", "className": "TypeError", "objectId": "1",
                "description": "TypeError: no\n    at all\n    at f (http://a/:2:3)"},
            "stackTrace": {"callFrames": [{"functionName": "f", "url": "http://a/", "lineNumber": 1, "columnNumber": 2}]},
        });
        let exception = Exception::new(&details);
        assert_eq!(exception.name_and_message(), ("TypeError".to_owned(), "no\n    at all".to_owned()));
        assert_eq!(exception.stack(), ["    at f (http://a/:2:3)"]);
    }

    #[test]
    fn an_exception_without_description_shows_its_value() {
        assert_eq!(exception_message(&json!({"exception": {"value": "no"}})), "no");
        assert_eq!(
            exception_message(&json!({"exception": {"description": "Error: a\n at b", "value": 1}})),
            "Error: a\n at b"
        );
        let details = json!({"text": "Uncaught", "stackTrace": {"callFrames": [{"functionName": "", "url": "u", "lineNumber": 1, "columnNumber": 2}]}});
        assert_eq!(exception_message(&details), "Uncaught\n    at <anonymous> (u:1:2)");
    }
}
