//! What Chromium says of the job's pages: requests, navigations, messages of the console and errors.

use std::rc::Rc;

use browser::Page;
use browser::session::RawEvent;
use job_model::{TracedMessage, TracedNavigation};
use serde_json::Value;

use super::{JobRecorder, TEXT_BYTES};
use crate::recorder::entries::{Entry, NetworkEntry, rounded};
use crate::recorder::network::{self, clipped};
use crate::recorder::ring::Area;

/// The longest address of a document.
const URL_BYTES: usize = 2000;
/// Requests whose sizes are counted at the same time.
const REQUESTS: usize = 4096;

impl JobRecorder {
    /// Something of a page that the job sees.
    pub(super) fn hear(&self, page: &Rc<Page>, event: &RawEvent) {
        if !self.is_on.get() {
            return;
        }
        let params = &event.params;
        match event.method.as_str() {
            "Network.dataReceived" => self.count(params),
            "Network.requestWillBeSent" if self.is_left(page, params) => {
                *self.page.borrow_mut() = Rc::downgrade(page);
                self.is_leaving.set(true);
                self.waking.notify_one();
                self.hear_network(page, event);
            }
            method if method.starts_with("Network.") => self.hear_network(page, event),
            "Page.frameNavigated" => {
                let frame = &params["frame"];
                let main = frame["parentId"].is_null();
                if main {
                    self.documents.set(self.documents.get() + 1);
                    *self.page.borrow_mut() = Rc::downgrade(page);
                    if let Some(entry) = self.last_frame.take() {
                        self.ring.borrow_mut().write(Area::Kept, &[&entry]);
                    }
                }
                let fragment = frame["urlFragment"].as_str().unwrap_or_default();
                let url = clipped(&format!("{}{fragment}", text(&frame["url"])), URL_BYTES);
                self.write(&Entry::Navigated(TracedNavigation { at: self.now(), url, main }));
            }
            "Page.navigatedWithinDocument" => {
                let url = clipped(text(&params["url"]), URL_BYTES);
                self.write(&Entry::Navigated(TracedNavigation { at: self.now(), url, main: true }));
            }
            "Runtime.consoleAPICalled" => {
                let level = text(&params["type"]).to_owned();
                let arguments = params["args"].as_array().into_iter().flatten().map(shown).collect::<Vec<_>>();
                let place = &params["stackTrace"]["callFrames"][0];
                self.write(&Entry::Console(self.message(level, &arguments.join(" "), place)));
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let description = text(&details["exception"]["description"]);
                let said = if description.is_empty() { text(&details["text"]) } else { description };
                self.write(&Entry::PageError(self.message("error".to_owned(), said, details)));
            }
            "Inspector.targetCrashed" => {
                self.write(&Entry::PageError(self.message("crash".to_owned(), "The page crashed", &Value::Null)));
            }
            _ => {}
        }
    }

    /// Whether the request is for a document in the place of one that the job has been to and that has no picture yet.
    fn is_left(&self, page: &Page, params: &Value) -> bool {
        let has_picture = self.last_frame.borrow().is_some();
        let is_document = params["type"] == "Document" && params["requestId"] == params["loaderId"];
        is_document && !has_picture && self.documents.get() > 0 && params["frameId"] == page.target().id()
    }

    fn message(&self, level: String, said: &str, place: &Value) -> TracedMessage {
        let line = place["lineNumber"].as_u64().and_then(|line| u32::try_from(line + 1).ok());
        let url = Some(clipped(text(&place["url"]), URL_BYTES)).filter(|url| !url.is_empty());
        TracedMessage {
            at: self.now(),
            level,
            text: clipped(said, TEXT_BYTES),
            line: line.filter(|_| url.is_some()),
            url,
        }
    }

    fn count(&self, params: &Value) {
        let mut sizes = self.sizes.borrow_mut();
        if sizes.len() < REQUESTS
            && let Some(id) = params["requestId"].as_str()
        {
            *sizes.entry(id.to_owned()).or_default() += params["dataLength"].as_u64().unwrap_or_default();
        }
    }

    fn hear_network(&self, page: &Rc<Page>, event: &RawEvent) {
        let (method, params) = (event.method.as_str(), &event.params);
        if let (None, Some(wall), Some(monotonic)) =
            (self.clock.get(), params["wallTime"].as_f64(), params["timestamp"].as_f64())
        {
            self.clock.set(Some(wall - monotonic));
        }
        let time = |seconds: f64| match self.clock.get() {
            Some(clock) => rounded((seconds + clock) * 1000.0 - self.began_wall),
            None => self.now(),
        };
        let size = |id: &str| self.sizes.borrow_mut().remove(id).unwrap_or_default();
        let failure = |id: &str| page.network().failure_of(id);
        if let Some(entry) = network::entry(method, params, time, size, failure) {
            if let NetworkEntry::Failed { id, .. } = &entry {
                self.sizes.borrow_mut().remove(id);
            }
            if let Some(bodies) = &self.bodies {
                bodies.hear(page, event, &entry);
            }
            self.write(&Entry::Network(entry));
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A console's argument as a reader sees it.
fn shown(argument: &Value) -> String {
    match (&argument["value"], argument["description"].as_str(), argument["unserializableValue"].as_str()) {
        (Value::String(text), _, _) => text.clone(),
        (_, _, Some(text)) | (Value::Null, Some(text), _) => text.to_owned(),
        (value, _, _) => value.to_string(),
    }
}
