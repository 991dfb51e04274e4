//! What a job's page may not reach of the machine that Chromium runs on.
//!
//! Chromium itself lets no web page go to, load or open `file:` and its own pages; only commands of the debugging
//! protocol can. So every command passes here on its way out, and what Chromium refused by itself is told as well.
//! A script's own CDP sessions get the domains that look into a page, not those that rule the browser.

use std::fmt;
use std::rc::Rc;

use serde_json::Value;
use url::Url;

use crate::event::{Event, Sink};

/// The guard of one browser.
pub struct Guard(Option<Rc<Sink>>);

/// The commands that take an address.
const WITH_ADDRESS: [&str; 5] = [
    "Page.navigate",
    "Target.createTarget",
    "Fetch.continueRequest",
    "Network.continueInterceptedRequest",
    "Network.loadNetworkResource",
];

/// The domains that stay within the page. What a newer Chromium adds is not among them.
const DOMAINS: [&str; 39] = [
    "Accessibility",
    "Animation",
    "Audits",
    "BackgroundService",
    "CSS",
    "CacheStorage",
    "Console",
    "DOM",
    "DOMDebugger",
    "DOMSnapshot",
    "DOMStorage",
    "Debugger",
    "DeviceOrientation",
    "Emulation",
    "EventBreakpoints",
    "Fetch",
    "HeapProfiler",
    "IO",
    "IndexedDB",
    "Input",
    "Inspector",
    "LayerTree",
    "Log",
    "Media",
    "Network",
    "Overlay",
    "Page",
    "Performance",
    "PerformanceTimeline",
    "Preload",
    "Profiler",
    "Runtime",
    "Schema",
    "Security",
    "ServiceWorker",
    "Storage",
    "Tracing",
    "WebAudio",
    "WebAuthn",
];

/// The domains that rule the browser and its machine.
const RULING: [&str; 14] = [
    "Autofill",
    "BluetoothEmulation",
    "Browser",
    "Cast",
    "DeviceAccess",
    "Extensions",
    "FedCm",
    "FileSystem",
    "HeadlessExperimental",
    "Memory",
    "PWA",
    "SystemInfo",
    "Target",
    "Tethering",
];

/// Harmless commands of other domains.
const ALLOWED: [&str; 4] =
    ["Browser.getVersion", "Browser.getWindowForTarget", "Memory.getDOMCounters", "Target.getTargetInfo"];

/// Commands of these domains that read or write the machine's files.
const REFUSED: [&str; 3] = ["DOM.getFileInfo", "DOM.setFileInputFiles", "Page.setDownloadBehavior"];

impl Guard {
    /// Lets everything through: for trusted users.
    pub(crate) fn open() -> Self {
        Self(None)
    }

    /// Refuses, and tells the sink.
    pub(crate) fn closed(sink: Rc<Sink>) -> Self {
        Self(Some(sink))
    }

    /// Why a command must not be sent.
    pub(crate) fn refusal(&self, method: &str, params: &Value) -> Option<String> {
        let sink = self.0.as_ref()?;
        let url = params["url"].as_str().filter(|_| WITH_ADDRESS.contains(&method))?;
        is_local(url).then(|| refuse(sink, url))
    }

    /// Why a script must not send a command through a session of its own.
    pub(crate) fn script_refusal(&self, method: &str, params: &Value) -> Option<String> {
        let sink = self.0.as_ref()?;
        let domain = method.split('.').next().unwrap_or_default();
        let within_page = DOMAINS.contains(&domain) && !REFUSED.contains(&method);
        // Files can be dropped on a page, too.
        let files =
            method == "Input.dispatchDragEvent" && params["data"]["files"].as_array().is_some_and(|it| !it.is_empty());
        let allowed = (within_page && !files) || ALLOWED.contains(&method);
        if allowed {
            return None;
        }
        // What Chromium does not have it says in these words; a domain of a newer one is as good as absent.
        let known = within_page || files || REFUSED.contains(&method) || RULING.contains(&domain);
        Some(if known { refuse(sink, method) } else { format!("'{method}' wasn't found") })
    }

    /// Tells what Chromium refused by itself.
    pub(crate) fn note(&self, what: &str) {
        if let Some(sink) = &self.0 {
            refuse(sink, what);
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard(closed: {})", self.0.is_some())
    }
}

fn refuse(sink: &Sink, what: &str) -> String {
    let shown: String = what.chars().take(200).collect();
    let text = format!("{shown} is not available to jobs: it reaches the executor's machine");
    sink.tell(Event::Refused(text.clone()));
    text
}

/// Whether an address leads to this machine's files or into the browser itself.
pub(crate) fn is_local(url: &str) -> bool {
    // Chromium takes some addresses with hosts that are none here. What has no scheme it refuses in its own words.
    let Ok(parsed) = Url::parse(url) else { return is_local_scheme(&scheme_of(url)) };
    match parsed.scheme() {
        "about" => !matches!(parsed.path(), "blank" | "srcdoc"),
        "blob" => is_local(parsed.path()),
        scheme => is_local_scheme(scheme),
    }
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

/// The address in Chromium's message that it refused a page to open one.
pub(crate) fn refused_address(message: &str) -> Option<String> {
    if let Some(address) = message.strip_prefix("Not allowed to load local resource: ") {
        return Some(address.to_owned());
    }
    let (address, _) = message.strip_prefix("Fetch API cannot load ")?.split_once(". ")?;
    is_local(address).then(|| address.to_owned())
}

/// The address in the exception of a page that tried to start a worker from it.
pub(crate) fn refused_worker(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("Worker': Script at '")?;
    let (address, _) = rest.split_once('\'')?;
    is_local(address).then_some(address)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

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
    fn a_script_gets_the_domains_of_the_page_alone() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let (sink, log) = (Rc::new(Sink::default()), told.clone());
        sink.set(Some(Rc::new(move |event| log.borrow_mut().push(event))));
        let guard = Guard::closed(sink);
        for method in [
            "Browser.close",
            "Browser.setDownloadBehavior",
            "Page.setDownloadBehavior",
            "Target.createTarget",
            "Target.attachToBrowserTarget",
            "DOM.setFileInputFiles",
            "SystemInfo.getInfo",
            "Tethering.bind",
            "Extensions.loadUnpacked",
            "",
            ".",
            "page.navigate",
            "Input",
        ] {
            let refused = guard.script_refusal(method, &json!({})).is_some();
            assert_eq!(refused, method != "Input", "{method:?}");
        }
        let drag = json!({"data": {"files": ["/etc/passwd"]}});
        assert!(guard.script_refusal("Input.dispatchDragEvent", &drag).is_some());
        assert!(guard.script_refusal("Runtime.evaluate", &json!({})).is_none());
        assert!(guard.refusal("Page.navigate", &json!({"url": "file:///x"})).is_some());
        assert!(guard.refusal("Runtime.evaluate", &json!({"url": "file:///x"})).is_none());
        assert_eq!(guard.script_refusal("Nope.nope", &json!({})).unwrap(), "'Nope.nope' wasn't found");
        assert_eq!(told.borrow().len(), 11);
        assert!(Guard::open().script_refusal("Browser.close", &json!({})).is_none());
    }
}
