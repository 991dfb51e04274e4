//! The body of a request, as far as Chromium told it at once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The body of a request, as far as Chromium told it at once.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) exists: bool,
    pub(super) text: Option<String>,
    /// All of it.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Body {
    pub(super) fn new(details: &Value) -> Self {
        let exists = details["hasPostData"] == true;
        let told = || details["postData"].as_str().map(str::to_owned);
        let Some(entries) = details["postDataEntries"].as_array().filter(|entries| !entries.is_empty()) else {
            return Self { exists, text: told(), bytes: None };
        };
        let parts: Vec<_> = entries.iter().map(|entry| STANDARD.decode(entry["bytes"].as_str()?).ok()).collect();
        let is_whole = parts.iter().all(Option::is_some);
        let bytes: Vec<u8> = parts.into_iter().flatten().flatten().collect();
        // Files and blobs have no bytes here.
        let text =
            if bytes.is_empty() && !is_whole { told() } else { Some(String::from_utf8_lossy(&bytes).into_owned()) };
        Self { exists, text, bytes: is_whole.then_some(bytes) }
    }
}
