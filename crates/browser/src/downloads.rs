//! Downloads of pages: where Chromium puts them, and what it tells of them.
//!
//! Chromium writes each into the folder that the browser was given, under an id of its own: the name that a site wishes
//! for is told with it and decides nothing. Without a folder downloads are refused. See
//! [Browser.setDownloadBehavior](https://chromedevtools.github.io/devtools-protocol/tot/Browser/#method-setDownloadBehavior).

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::event::Event;

/// Something happened to a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownloadEvent {
    /// A page begins one.
    Began {
        /// Its id, which is the name of its file.
        guid: String,
        /// Where it is from.
        url: String,
        /// The name that the site or the link wishes for.
        suggested_name: String,
    },
    /// More of it has come.
    Progress {
        /// Its id.
        guid: String,
        /// How many bytes have come.
        received: u64,
    },
    /// Its file is whole.
    Completed {
        /// Its id.
        guid: String,
    },
    /// It will not be whole.
    Cancelled {
        /// Its id.
        guid: String,
    },
}

impl DownloadEvent {
    /// Reads one of the browser's own events; `None` for any other.
    pub(crate) fn read(method: &str, params: &Value) -> Option<Self> {
        let text = |name: &str| params[name].as_str().unwrap_or_default().to_owned();
        let guid = text("guid");
        match (method, params["state"].as_str()) {
            ("Browser.downloadWillBegin", _) => {
                Some(Self::Began { guid, url: text("url"), suggested_name: text("suggestedFilename") })
            }
            ("Browser.downloadProgress", Some("completed")) => Some(Self::Completed { guid }),
            ("Browser.downloadProgress", Some("canceled")) => Some(Self::Cancelled { guid }),
            ("Browser.downloadProgress", _) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, as a double")]
                let received = params["receivedBytes"].as_f64().unwrap_or(0.0).max(0.0) as u64;
                Some(Self::Progress { guid, received })
            }
            _ => None,
        }
    }
}

impl Browser {
    /// Lets pages of contexts that are made from now on download into this folder.
    pub fn set_download_folder(&self, folder: PathBuf) {
        *self.download_folder().borrow_mut() = Some(folder);
    }

    /// Returns what becomes of downloads in a new context: the command for it, when one is needed.
    pub(crate) fn download_behavior(&self, context: &str, guarded: bool) -> Option<Value> {
        match &*self.download_folder().borrow() {
            Some(folder) => Some(json!({
                "behavior": "allowAndName", "downloadPath": folder.display().to_string(), "browserContextId": context,
                "eventsEnabled": true,
            })),
            None if guarded => Some(json!({"behavior": "deny", "browserContextId": context, "eventsEnabled": true})),
            None => None,
        }
    }

    /// Tells of a download, or that it was refused.
    pub(crate) fn on_download(&self, method: &str, params: &Value) {
        let Some(event) = DownloadEvent::read(method, params) else { return };
        if self.download_folder().borrow().is_some() {
            self.sink().tell(Event::Download(event));
        } else if let DownloadEvent::Began { url, .. } = event {
            self.session().note_refusal(&format!("the download of {url}"));
        }
    }

    /// Ends a download; what has come of it goes.
    pub fn cancel_download(&self, guid: &str) {
        for context in self.browser_contexts() {
            let mut command = json!({"guid": guid});
            if let Some(id) = context.id() {
                command["browserContextId"] = id.into();
            }
            self.session().post("Browser.cancelDownload", command);
        }
    }

    /// Tells whether a script's own command asks for downloads, which the script has already: it may name the folder that they are in,
    /// and whoever listens hears of that.
    pub(crate) fn takes_download_command(&self, method: &str, params: &Value) -> bool {
        let allows = matches!(params["behavior"].as_str(), Some("allow" | "allowAndName" | "default"));
        let meant = matches!(method, "Page.setDownloadBehavior" | "Browser.setDownloadBehavior");
        let takes = meant && allows && self.download_folder().borrow().is_some();
        if takes {
            let folder = params["downloadPath"].as_str().unwrap_or_default().to_owned();
            self.sink().tell(Event::DownloadFolder(folder));
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::DownloadEvent;

    #[test]
    fn chromiums_events_are_read() {
        let began = json!({"frameId": "F", "guid": "g", "url": "http://a/x", "suggestedFilename": "x.csv"});
        let event = DownloadEvent::read("Browser.downloadWillBegin", &began);
        let (url, suggested_name) = ("http://a/x".to_owned(), "x.csv".to_owned());
        assert_eq!(event, Some(DownloadEvent::Began { guid: "g".to_owned(), url, suggested_name }));
        let progress = |state: &str| {
            let params = json!({"guid": "g", "totalBytes": 0, "receivedBytes": 5, "state": state});
            DownloadEvent::read("Browser.downloadProgress", &params).unwrap()
        };
        let guid = || "g".to_owned();
        assert_eq!(progress("inProgress"), DownloadEvent::Progress { guid: guid(), received: 5 });
        assert_eq!(progress("completed"), DownloadEvent::Completed { guid: guid() });
        assert_eq!(progress("canceled"), DownloadEvent::Cancelled { guid: guid() });
        assert_eq!(DownloadEvent::read("Page.downloadWillBegin", &began), None);
    }
}
