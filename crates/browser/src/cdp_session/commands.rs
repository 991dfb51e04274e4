//! Which commands a script may send through a session of its own.
//!
//! A session gets the domains that look into a page, and of those that rule the whole browser the few commands that can
//! be kept to the job's own browser contexts, targets and streams. What a newer Chromium adds is not among them.

use serde_json::{Value, json};

/// What the session is attached to, and what belongs to its job.
pub(super) struct Reach<'a> {
    /// Whether it is attached to the browser itself.
    pub(super) of_browser: bool,
    /// Whether a browser context is the job's.
    pub(super) owns_context: &'a dyn Fn(&str) -> bool,
    /// Whether a target is the job's.
    pub(super) owns_target: &'a dyn Fn(&str) -> bool,
    /// Whether a stream was handed to the job.
    pub(super) owns_stream: &'a dyn Fn(&str) -> bool,
}

/// Why a command is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It reaches the machine that Chromium runs on.
    Machine,
    /// It reaches what is not the job's.
    OtherJobs,
    /// Chromium does not have it, or is too new for this list.
    Unknown,
}

/// The domains that stay within the page.
const OF_PAGE: [&str; 37] = [
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
    "WebAudio",
    "WebAuthn",
];

/// Commands of other domains that a session of a page may send.
const ALSO_OF_PAGE: [&str; 2] = ["IO.resolveBlob", "Memory.getDOMCounters"];

/// Commands that a session of a page or of the browser may send: what they name must be the job's.
const OF_JOB: [&str; 14] = [
    "Browser.getVersion",
    "Browser.getWindowForTarget",
    "IO.close",
    "IO.read",
    "Storage.clearCookies",
    "Storage.getCookies",
    "Storage.setCookies",
    "Target.getTargetInfo",
    "Tracing.end",
    "Tracing.getCategories",
    "Tracing.getTrackEventDescriptor",
    "Tracing.recordClockSyncMarker",
    "Tracing.requestMemoryDump",
    "Tracing.start",
];

/// The domains that rule the browser and its machine, and those that are allowed in part.
const RULING: [&str; 16] = [
    "Autofill",
    "BluetoothEmulation",
    "Browser",
    "Cast",
    "DeviceAccess",
    "Extensions",
    "FedCm",
    "FileSystem",
    "HeadlessExperimental",
    "IO",
    "Memory",
    "PWA",
    "SystemInfo",
    "Target",
    "Tethering",
    "Tracing",
];

/// Commands that read or write the machine's files.
const OF_MACHINE: [&str; 3] = ["DOM.getFileInfo", "DOM.setFileInputFiles", "Page.setDownloadBehavior"];

/// Commands that mean Chromium's first browser context when they name none.
const OF_CONTEXT: [&str; 3] = ["Storage.clearCookies", "Storage.getCookies", "Storage.setCookies"];

/// The most that a trace may keep in memory, in KiB: what is written for it is some times as much.
const TRACE_BUFFER: u64 = 200 << 10;

/// Decides about a command, and bounds what it asks for.
pub(super) fn judge(method: &str, params: &mut Value, reach: &Reach<'_>) -> Result<(), Refusal> {
    let domain = method.split('.').next().unwrap_or_default();
    let within_page = OF_PAGE.contains(&domain) || ALSO_OF_PAGE.contains(&method);
    if OF_MACHINE.contains(&method) || drops_files(method, params) {
        return Err(Refusal::Machine);
    }
    if !OF_JOB.contains(&method) && (!within_page || reach.of_browser) {
        return Err(match () {
            () if within_page => Refusal::OtherJobs,
            () if RULING.contains(&domain) => Refusal::Machine,
            () => Refusal::Unknown,
        });
    }
    if !names_own("browserContextId", params, reach.owns_context) || !names_own("targetId", params, reach.owns_target) {
        return Err(Refusal::OtherJobs);
    }
    match method {
        "IO.read" | "IO.close" if !names_own("handle", params, reach.owns_stream) => Err(Refusal::OtherJobs),
        "Tracing.start" => limit_trace(params),
        _ => Ok(()),
    }
}

/// Lets a command about the cookies of a whole browser context mean `context`, unless it names one. Whether it is such a
/// command: Chromium takes the name from the browser's own session alone, and without it all sessions mean the first context.
pub(super) fn mean_context(method: &str, params: &mut Value, context: Option<&str>) -> bool {
    if !OF_CONTEXT.contains(&method) {
        return false;
    }
    let names_one = params.get("browserContextId").is_some_and(|id| !id.is_null());
    if let (false, Some(context), Some(params)) = (names_one, context, params.as_object_mut()) {
        params.insert("browserContextId".to_owned(), context.into());
    }
    true
}

/// Whether the command hands out a stream that keeps a file until it is closed.
pub(super) fn opens_stream(method: &str, params: &Value) -> bool {
    match method {
        "Tracing.start" | "Page.printToPDF" => params["transferMode"] == "ReturnAsStream",
        "Fetch.takeResponseBodyAsStream"
        | "Network.loadNetworkResource"
        | "Network.takeResponseBodyForInterceptionAsStream" => true,
        _ => false,
    }
}

/// The handle of the stream that an answer, or an event, hands out.
pub(super) fn handed_out(method: &str, answer: &Value) -> Option<String> {
    match method {
        "IO.resolveBlob" => answer["uuid"].as_str().map(|uuid| format!("blob:{uuid}")),
        "Network.loadNetworkResource" => answer["resource"]["stream"].as_str().map(str::to_owned),
        _ => answer["stream"].as_str().map(str::to_owned),
    }
}

/// Whether what a parameter names, if anything, is the job's. What is not a text Chromium refuses.
fn names_own(parameter: &str, params: &Value, owns: &dyn Fn(&str) -> bool) -> bool {
    params[parameter].as_str().is_none_or(owns)
}

/// Files can be dropped on a page, too.
fn drops_files(method: &str, params: &Value) -> bool {
    method == "Input.dispatchDragEvent" && params["data"]["files"].as_array().is_some_and(|files| !files.is_empty())
}

/// A trace stays in this Chromium and within a size. Perfetto's own configuration could name files, and other recorders.
fn limit_trace(params: &mut Value) -> Result<(), Refusal> {
    let is_ours = params["tracingBackend"].as_str().is_none_or(|backend| backend == "auto" || backend == "chrome");
    if !params["perfettoConfig"].is_null() || !is_ours {
        return Err(Refusal::Machine);
    }
    let size = &params["traceConfig"]["traceBufferSizeInKb"];
    if size.as_f64().is_some_and(|size| size > 0.0) {
        let size = size.as_u64().unwrap_or(TRACE_BUFFER).min(TRACE_BUFFER);
        params["traceConfig"]["traceBufferSizeInKb"] = json!(size);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(of_browser: bool, method: &str, params: Value) -> Result<Value, Refusal> {
        let own = |id: &str| id == "own";
        let reach = Reach { of_browser, owns_context: &own, owns_target: &own, owns_stream: &own };
        let mut params = params;
        judge(method, &mut params, &reach).map(|()| params)
    }

    #[test]
    fn a_pages_session_gets_the_domains_of_the_page() {
        for method in ["Input.dispatchKeyEvent", "Runtime.evaluate", "Network.getCookies", "Memory.getDOMCounters"] {
            assert_eq!(judged(false, method, json!({})), Ok(json!({})), "{method}");
        }
        for method in [
            "Browser.close",
            "Browser.setDownloadBehavior",
            "Page.setDownloadBehavior",
            "Target.attachToBrowserTarget",
            "Target.attachToTarget",
            "Target.createBrowserContext",
            "Target.createTarget",
            "Target.setAutoAttach",
            "DOM.setFileInputFiles",
            "Memory.getAllTimeSamplingProfile",
            "SystemInfo.getInfo",
            "Tethering.bind",
            "Extensions.loadUnpacked",
        ] {
            assert_eq!(judged(false, method, json!({})), Err(Refusal::Machine), "{method}");
        }
        for method in ["", ".", "page.navigate", "Nope.nope"] {
            assert_eq!(judged(false, method, json!({})), Err(Refusal::Unknown), "{method:?}");
        }
        let drag = |files: Value| judged(false, "Input.dispatchDragEvent", json!({"data": {"files": files}}));
        assert_eq!(drag(json!(["/etc/passwd"])), Err(Refusal::Machine));
        assert!(drag(json!([])).is_ok());
    }

    #[test]
    fn the_browsers_session_gets_what_can_be_kept_to_the_job() {
        for method in OF_JOB {
            assert_eq!(judged(true, method, json!({})), Ok(json!({})), "{method}");
        }
        for method in [
            "Fetch.enable",
            "IO.resolveBlob",
            "Network.enable",
            "Security.setIgnoreCertificateErrors",
            "Storage.clearDataForOrigin",
        ] {
            assert_eq!(judged(true, method, json!({})), Err(Refusal::OtherJobs), "{method}");
        }
        assert_eq!(judged(true, "Target.getTargets", json!({})), Err(Refusal::Machine));
    }

    #[test]
    fn what_a_command_names_is_the_jobs() {
        for of_browser in [false, true] {
            for (method, name) in [
                ("Storage.getCookies", "browserContextId"),
                ("Storage.setCookies", "browserContextId"),
                ("Storage.clearCookies", "browserContextId"),
                ("Target.getTargetInfo", "targetId"),
                ("Browser.getWindowForTarget", "targetId"),
                ("IO.read", "handle"),
                ("IO.close", "handle"),
            ] {
                assert_eq!(judged(of_browser, method, json!({name: "other"})), Err(Refusal::OtherJobs), "{method}");
                assert_eq!(judged(of_browser, method, json!({name: "own"})), Ok(json!({name: "own"})), "{method}");
            }
        }
    }

    #[test]
    fn cookies_are_those_of_the_context_that_is_named_or_meant() {
        for method in OF_CONTEXT {
            for (given, sent) in [
                (json!({}), "own"),
                (json!({"browserContextId": null}), "own"),
                (json!({"browserContextId": "another"}), "another"),
            ] {
                let mut params = given;
                assert!(mean_context(method, &mut params, Some("own")));
                assert_eq!(params, json!({"browserContextId": sent}));
            }
        }
        let mut params = json!({});
        assert!(mean_context("Storage.getCookies", &mut params, None));
        assert!(!mean_context("Network.getCookies", &mut params, Some("own")));
        assert_eq!(params, json!({}));
    }

    #[test]
    fn a_trace_keeps_to_this_browser_and_to_a_size() {
        let start = |params: Value| judged(true, "Tracing.start", params);
        assert_eq!(start(json!({"perfettoConfig": "x"})), Err(Refusal::Machine));
        assert_eq!(start(json!({"tracingBackend": "system"})), Err(Refusal::Machine));
        for (given, kept) in [(json!(1000), json!(1000)), (json!(1e12), json!(TRACE_BUFFER))] {
            let params = start(json!({"traceConfig": {"traceBufferSizeInKb": given}})).unwrap();
            assert_eq!(params["traceConfig"]["traceBufferSizeInKb"], kept);
        }
        let plain = json!({"transferMode": "ReturnAsStream", "categories": "*"});
        assert_eq!(start(plain.clone()), Ok(plain));
    }
}
