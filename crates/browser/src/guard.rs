//! What a job's page may not reach of the machine that Chromium runs on.
//!
//! Chromium itself lets no web page go to, load or open `file:` and its own pages; only commands of the debugging
//! protocol can. So every command passes here on its way out, and what Chromium refused by itself is reported, too.
//! Which commands a script may send through a session of its own is decided in [`crate::cdp_session`].

use std::fmt;

use serde_json::Value;
use url::Url;

/// The guard of one browser. It knows nothing of the model: what it refuses it tells a plain function.
pub struct Guard(Option<Box<dyn Fn(String)>>);

/// The commands that take an address.
const WITH_ADDRESS: [&str; 5] = [
    "Page.navigate",
    "Target.createTarget",
    "Fetch.continueRequest",
    "Network.continueInterceptedRequest",
    "Network.loadNetworkResource",
];

impl Guard {
    /// Lets everything through: for trusted users.
    pub(crate) fn open() -> Self {
        Self(None)
    }

    /// Refuses, and calls `tell` with a sentence for the job's log.
    pub(crate) fn closed(tell: impl Fn(String) + 'static) -> Self {
        Self(Some(Box::new(tell)))
    }

    /// Tells whether anything is refused at all.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_some()
    }

    /// Why a command must not be sent.
    pub(crate) fn refusal(&self, method: &str, params: &Value) -> Option<String> {
        if !self.is_closed() {
            return None;
        }
        let url = params["url"].as_str().filter(|_| WITH_ADDRESS.contains(&method))?;
        is_local(url).then(|| self.refuse(url, "the executor's machine"))
    }

    /// Tells that `what` was refused because it reaches `beyond`, and returns the sentence.
    pub(crate) fn refuse(&self, what: &str, beyond: &str) -> String {
        let shown: String = what.chars().take(200).collect();
        let text = format!("{shown} is not available to jobs: it reaches {beyond}");
        if let Some(tell) = &self.0 {
            tell(text.clone());
        }
        text
    }

    /// Tells what Chromium refused by itself.
    pub(crate) fn note(&self, what: &str) {
        if self.is_closed() {
            self.refuse(what, "the executor's machine");
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard(closed: {})", self.is_closed())
    }
}

/// Tells whether an address leads to this machine's files or into the browser itself.
pub(crate) fn is_local(url: &str) -> bool {
    let url = within_blobs(url);
    // Chromium takes some addresses with hosts that are none here. What has no scheme it refuses in its own words.
    let Ok(parsed) = Url::parse(url) else { return is_local_scheme(&scheme_of(url)) };
    match parsed.scheme() {
        "about" => !matches!(parsed.path(), "blank" | "srcdoc"),
        scheme => is_local_scheme(scheme),
    }
}

/// The address inside a `blob:` address, however often it is wrapped: a page chooses how often, so each costs one look.
fn within_blobs(mut url: &str) -> &str {
    while scheme_of(url) == "blob" {
        url = url.split_once(':').map_or("", |(_, rest)| rest);
    }
    url
}

fn is_local_scheme(scheme: &str) -> bool {
    match scheme {
        "file" | "filesystem" | "devtools" | "view-source" => true,
        // chrome:, chrome-untrusted:, chrome-extension: …; the page of an error is where a failed navigation ends.
        _ => scheme.starts_with("chrome") && scheme != "chrome-error",
    }
}

/// What stands before the first colon, read as browsers do; empty without one.
fn scheme_of(url: &str) -> String {
    let Some((scheme, _)) = url.split_once(':') else { return String::new() };
    let scheme = scheme.trim_start_matches(|character| character <= ' ');
    scheme.replace(['\t', '\n', '\r'], "").to_ascii_lowercase()
}

/// Returns the address in Chromium's message that it refused a page to open one.
pub(crate) fn refused_address(message: &str) -> Option<String> {
    if let Some(address) = message.strip_prefix("Not allowed to load local resource: ") {
        return Some(address.to_owned());
    }
    let (address, _) = message.strip_prefix("Fetch API cannot load ")?.split_once(". ")?;
    is_local(address).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use serde_json::json;

    use super::*;

    #[test]
    fn local_addresses_are_known_however_they_are_written() {
        for url in [
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            "file:/etc",
            "file:etc",
            "  \tfile:///x",
            "fi\nle:///x",
            "\u{0}file:///x",
            "view-source:http://a.example/",
            "chrome://version",
            "chrome-untrusted://print",
            "devtools://devtools/bundled/x",
            "about:version",
            "about:crash",
            "blob:file:///3f",
            "filesystem:file:///temporary/x",
            "chrome-extension://a/b",
            "file://a b/etc/passwd",
            "file://xn--/etc/passwd",
            " FI\tLE://%/etc/passwd",
            "blob:file://a b/3f",
            "chrome://[",
        ] {
            assert!(is_local(url), "{url:?}");
        }
        for url in [
            "http://a.example/file:///x",
            "https://a.example/#view-source:",
            "about:blank",
            "about:blank#x",
            "about:srcdoc",
            "",
            "data:text/html,file:///x",
            "blob:http://a.example/3f",
            "javascript:1",
            "/etc/passwd",
            "a.example",
            "files:x",
        ] {
            assert!(!is_local(url), "{url:?}");
        }
    }

    #[test]
    fn an_address_in_many_blobs_costs_one_look_each() {
        for (end, local) in [("x", false), ("file:///etc/passwd", true), ("http://a.example/3f", false)] {
            assert_eq!(is_local(&("blob:".repeat(60_000) + end)), local, "{end}");
            assert_eq!(is_local(&("bl\nOb:\t".repeat(60_000) + end)), local, "{end}");
        }
    }

    #[test]
    fn what_is_refused_is_told() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let log = told.clone();
        let guard = Guard::closed(move |text| log.borrow_mut().push(text));
        let text = "file:///x is not available to jobs: it reaches the executor's machine";
        assert_eq!(guard.refusal("Page.navigate", &json!({"url": "file:///x"})).as_deref(), Some(text));
        assert!(guard.refusal("Runtime.evaluate", &json!({"url": "file:///x"})).is_none());
        guard.note(&"x".repeat(1000));
        assert_eq!((told.borrow().len(), told.borrow()[0].as_str(), told.borrow()[1].len()), (2, text, 260));
        assert!(Guard::open().refusal("Page.navigate", &json!({"url": "file:///x"})).is_none());
    }
}
