//! For fuzzers: the readers of what Chromium sends, and of the texts that a script passes.

use chromiumoxide::types::Message;
use serde_json::Value;

use crate::pdf::{self, Length, PdfOptions};
use crate::query::handlers::QueryHandlers;
use crate::remote_object::{PageFunction, RemoteObject};
use crate::selector::Selector;
use crate::session::RawEvent;
use crate::{geometry, guard};

/// A message of the debugging protocol.
///
/// # Panics
/// When mending its text changes a message that was fine.
pub fn read_message(text: &str) {
    let mended = json_text::without_lone_surrogates(text);
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        assert_eq!(serde_json::from_str::<Value>(&mended).ok(), Some(value.clone()));
        if let Ok(result) = RemoteObject::from_value(value.clone()).and_then(RemoteObject::into_result) {
            let _ = (result.to_text(), result.is_truthy(), result.into_json());
        }
        let numbers: Vec<f64> = value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let quads = numbers.chunks(8).filter_map(geometry::Quad::from_numbers);
        let _ = geometry::clickable_quad(quads, 1920.0, 1080.0);
    }
    let _ = serde_json::from_str::<Box<Message<RawEvent>>>(&mended);
}

/// A selector, an address, a function's source or a length of paper.
pub fn read_argument(text: &str) {
    if let Ok(Selector::Steps(steps)) = Selector::parse(text, &QueryHandlers::default()) {
        let _ = Selector::for_page(&steps);
    }
    if let Ok(function) = PageFunction::function(text) {
        let _ = function.call_expression(&[]);
    }
    let _ = (guard::is_local(text), guard::refused_address(text));
    let width = Some(Length::Text(text.to_owned()));
    let _ = pdf::command(&PdfOptions { width, ..PdfOptions::default() });
}
