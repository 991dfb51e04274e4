//! Which commands a script may send through a session of its own.
//!
//! A session of a page gets the commands that look into a page, and of those that rule the whole browser the few that can be
//! kept to the job's own browser contexts, targets and streams. A session of the browser gets two commands that tell what it is.
//! Each command is judged by its name: what a newer Chromium adds is refused until somebody has read what it does.

use serde_json::{Value, json};

/// What the session is attached to, and what belongs to its job.
pub(super) struct Reach<'a> {
    /// Whether it is attached to the browser itself.
    pub(super) of_browser: bool,
    /// Whether a browser context is the job's.
    pub(super) owns_context: &'a dyn Fn(&str) -> bool,
    /// Whether the session may name a target: the job's from a page, none but itself from the browser.
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

/// Every command of the protocol's own description (`/json/protocol` of Chromium), a domain and a class to a line. A test
/// fails when a Chromium has one that is not there.
const PROTOCOL: &str = include_str!("protocol.txt");

/// How far a command reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// It stays within the page that its session is attached to.
    Page,
    /// It stays with the job when what it names is the job's.
    Job,
    /// It rules the browser, or the machine that the browser runs on.
    Machine,
    /// It changes what other jobs meet.
    Others,
}

/// The class of a command; `None` for one that the description does not know.
fn class_of(method: &str) -> Option<Class> {
    let (domain, command) = method.split_once('.')?;
    PROTOCOL.lines().find_map(|line| {
        let mut words = line.split(' ');
        let class = words.next()?;
        if words.next()? != domain || !words.any(|word| word == command) {
            return None;
        }
        match class {
            "page" => Some(Class::Page),
            "job" => Some(Class::Job),
            "machine" => Some(Class::Machine),
            _ => Some(Class::Others),
        }
    })
}

/// What a session of the browser may send. Whatever else such a session began would go on beside the pages of later jobs. A job has
/// tracing, streams, cookies and windows through its pages' sessions, and Puppeteer's own tests ask the browser's for nothing.
const OF_BROWSER: [&str; 2] = ["Browser.getVersion", "Target.getTargetInfo"];

/// Commands that mean Chromium's first browser context when they name none.
const OF_CONTEXT: [&str; 3] = ["Storage.clearCookies", "Storage.getCookies", "Storage.setCookies"];

/// The most that a trace may keep in memory, in KiB: what is written for it is some times as much.
const TRACE_BUFFER: u64 = 200 << 10;

/// Decides about a command, and bounds what it asks for.
pub(super) fn judge(method: &str, params: &mut Value, reach: &Reach<'_>) -> Result<(), Refusal> {
    match class_of(method).ok_or(Refusal::Unknown)? {
        Class::Machine => return Err(Refusal::Machine),
        Class::Others => return Err(Refusal::OtherJobs),
        Class::Page | Class::Job if reach.of_browser && !OF_BROWSER.contains(&method) => {
            return Err(Refusal::OtherJobs);
        }
        Class::Page if drops_files(method, params) => return Err(Refusal::Machine),
        Class::Page | Class::Job => {}
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

/// Tells whether the command hands out a stream that keeps a file until it is closed.
pub(super) fn opens_stream(method: &str, params: &Value) -> bool {
    match method {
        "Tracing.start" | "Page.printToPDF" => params["transferMode"] == "ReturnAsStream",
        "Fetch.takeResponseBodyAsStream"
        | "Network.loadNetworkResource"
        | "Network.takeResponseBodyForInterceptionAsStream" => true,
        _ => false,
    }
}

/// Returns the handle of the stream that an answer, or an event, hands out.
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
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{Ipv4Addr, TcpStream};
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    use super::*;

    fn judged(of_browser: bool, method: &str, params: Value) -> Result<Value, Refusal> {
        let own = |id: &str| id == "own";
        let reach = Reach { of_browser, owns_context: &own, owns_target: &own, owns_stream: &own };
        let mut params = params;
        judge(method, &mut params, &reach).map(|()| params)
    }

    /// The commands of a class.
    fn methods(class: &str) -> Vec<String> {
        let lines = PROTOCOL.lines().filter_map(|line| line.strip_prefix(class)?.trim_start().split_once(' '));
        lines.flat_map(|(domain, names)| names.split(' ').map(move |name| format!("{domain}.{name}"))).collect()
    }

    #[test]
    fn a_session_gets_each_command_by_its_class() {
        for (class, of_page, of_browser) in [
            ("page", Ok(json!({})), Err(Refusal::OtherJobs)),
            ("job", Ok(json!({})), Err(Refusal::OtherJobs)),
            ("machine", Err(Refusal::Machine), Err(Refusal::Machine)),
            ("others", Err(Refusal::OtherJobs), Err(Refusal::OtherJobs)),
        ] {
            let methods = methods(class);
            assert!(methods.len() > 5, "{class}: {methods:?}");
            for method in methods {
                assert_eq!(judged(false, &method, json!({})), of_page, "{method}");
                let of_browser = if OF_BROWSER.contains(&&*method) { Ok(json!({})) } else { of_browser.clone() };
                assert_eq!(judged(true, &method, json!({})), of_browser, "{method}");
            }
        }
        let lines = PROTOCOL.lines().map(|line| line.split(' ').next().unwrap());
        assert!(lines.clone().all(|class| ["page", "job", "machine", "others"].contains(&class)));
    }

    /// The description is the one that Chromium gives of itself.
    #[test]
    fn every_command_of_chromium_has_a_class() {
        let profile = tempfile::tempdir().unwrap();
        let program =
            crate::launch::find_executable(std::env::var_os("CHROMIUM_EXECUTABLE").as_ref().map(Path::new)).unwrap();
        let mut chromium = Command::new(program)
            .args(["--headless", "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            // Debian's program is a script around the browser: one group, one end.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let description = describe(&profile.path().join("DevToolsActivePort"));
        let group = Pid::from_raw(i32::try_from(chromium.id()).unwrap());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = chromium.wait();
        let description = description.expect("a description in time");
        let mut unknown = Vec::new();
        for domain in description["domains"].as_array().unwrap() {
            for command in domain["commands"].as_array().into_iter().flatten() {
                let method = format!("{}.{}", domain["domain"].as_str().unwrap(), command["name"].as_str().unwrap());
                unknown.extend(class_of(&method).is_none().then_some(method));
            }
        }
        assert!(unknown.is_empty(), "read what these do and give them a class in protocol.txt: {unknown:?}");
    }

    /// What a Chromium answers whose port stands in a file.
    fn describe(port_file: &Path) -> Option<Value> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
            let Some(port) = std::fs::read_to_string(port_file).ok().and_then(|text| text.lines().next()?.parse().ok())
            else {
                continue;
            };
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
            let request = "GET /json/protocol HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).ok()?;
            let mut reader = BufReader::new(stream);
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).ok()? > 2 {
                if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().ok()?;
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            return serde_json::from_slice(&body).ok();
        }
        None
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
    fn the_browsers_session_tells_what_it_is_and_nothing_else() {
        for method in OF_BROWSER {
            assert_eq!(judged(true, method, json!({})), Ok(json!({})), "{method}");
        }
        let named = |id: &str| judged(true, "Target.getTargetInfo", json!({"targetId": id}));
        assert_eq!((named("own").is_ok(), named("other")), (true, Err(Refusal::OtherJobs)));
        for method in [
            "Browser.getWindowForTarget",
            "Fetch.enable",
            "IO.close",
            "IO.read",
            "IO.resolveBlob",
            "Network.enable",
            "Security.setIgnoreCertificateErrors",
            "Storage.clearDataForOrigin",
            "Storage.getCookies",
            "Tracing.end",
            "Tracing.getCategories",
            "Tracing.start",
        ] {
            assert_eq!(judged(true, method, json!({})), Err(Refusal::OtherJobs), "{method}");
        }
        assert_eq!(judged(true, "Target.getTargets", json!({})), Err(Refusal::Machine));
    }

    #[test]
    fn what_a_command_names_is_the_jobs() {
        for (method, name) in [
            ("Storage.getCookies", "browserContextId"),
            ("Storage.setCookies", "browserContextId"),
            ("Storage.clearCookies", "browserContextId"),
            ("Target.getTargetInfo", "targetId"),
            ("Browser.getWindowForTarget", "targetId"),
            ("IO.read", "handle"),
            ("IO.close", "handle"),
        ] {
            assert_eq!(judged(false, method, json!({name: "other"})), Err(Refusal::OtherJobs), "{method}");
            assert_eq!(judged(false, method, json!({name: "own"})), Ok(json!({name: "own"})), "{method}");
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
        let start = |params: Value| judged(false, "Tracing.start", params);
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
