//! Pins the sentences, which scripts compare.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Awaited, Error, ErrorKind, ProtocolError};
use crate::exception::Exception;

#[test]
fn the_sentences_are_puppeteers() {
    let refused = ProtocolError::Refused { method: "Page.navigate".into(), message: "Cannot navigate".into() };
    let selector = || Awaited::Node { kind: "selector", name: "p".to_owned(), hidden: false };
    let cases: Vec<(Error, &str)> = vec![
        (refused.into(), "Protocol error (Page.navigate): Cannot navigate"),
        (ProtocolError::Closed { method: "X.y".into() }.into(), "Protocol error (X.y): Target closed."),
        (
            ProtocolError::SessionClosed { method: "X.y".into(), target_type: "page".into() }.into(),
            "Protocol error (X.y): Session closed. Most likely the page has been closed.",
        ),
        (
            Error::Evaluation(Box::new(Exception::new(&serde_json::json!({"exception": {"value": "Error: no"}})))),
            "Evaluation failed: Error: no",
        ),
        (Error::NavigationTimeout(30000.0), "Navigation Timeout Exceeded: 30000ms exceeded"),
        (
            Error::WaitTimeout { what: selector(), timeout: 10.0 },
            "waiting for selector \"p\" failed: timeout 10ms exceeded",
        ),
        (
            Error::WaitFailed { what: selector(), error: Box::new(Error::ContextDestroyed) },
            "Execution context was destroyed, most likely because of a navigation.",
        ),
        (Error::EventTimeout(5.0), "Timeout exceeded while waiting for event"),
        (Error::Load { error_text: "net::ERR_FAILED".into(), url: "http://a/".into() }, "net::ERR_FAILED at http://a/"),
        (Error::ContextDestroyed, "Execution context was destroyed, most likely because of a navigation."),
        (
            Error::FrameDetached { url: "http://a/".into(), id: "F".into() },
            "Execution Context is not available in detached frame \"http://a/\" (are you trying to evaluate?)",
        ),
        (Error::NavigatingFrameDetached, "Navigating frame was detached"),
        (Error::WaitingFrameDetached, "waitForFunction failed: frame got detached."),
        (Error::Disconnected, "Navigation failed because browser has disconnected!"),
        (Error::WaitingPageClosed, "Target closed"),
        (Error::TargetClosed, "Target closed"),
        (Error::PageClosed, "Protocol error: Connection closed. Most likely the page has been closed."),
        (Error::SessionDetached("page".into()), "Session already detached. Most likely the page has been closed."),
        (Error::Crashed, "Page crashed!"),
        (Error::ForeignHandle, "JSHandles can be evaluated only in the context they were created!"),
        (Error::DisposedHandle, "JSHandle is disposed!"),
        (Error::FunctionText, "Passed function is not well-serializable!"),
        (Error::NotVisible, "Node is either not visible or not an HTMLElement"),
        (Error::NoNode("p".into()), "No node found for selector: p"),
        (Error::NoElement("p".into()), "Error: failed to find element matching selector \"p\""),
        (Error::UnknownSelectorType("x".into()), "Unknown selector type: x"),
        (Error::UnknownAriaAttribute("x".into()), "Unknown aria attribute \"x\" in selector"),
        (Error::WaitUntil("networkidle".into()), "Unknown value for options.waitUntil: networkidle"),
        (Error::InterceptionDisabled, "Request Interception is not enabled!"),
        (Error::RequestHandled, "Request is already handled!"),
        (Error::UnknownKey("Ä".into()), "Unknown key: \"Ä\""),
        (Error::UnsupportedMouseButton("x".into()), "Unsupported mouse button: x"),
        (Error::DialogHandled("accept"), "Cannot accept dialog which is already handled!"),
        (Error::FileChooserHandled("cancel"), "Cannot cancel FileChooser which is already handled!"),
        (Error::SingleFileInput, "Multiple file uploads only work with <input type=file multiple>"),
        (Error::UnsupportedMediaType("x".into()), "Unsupported media type: x"),
        (Error::UnsupportedMediaFeature("x".into()), "Unsupported media feature: x"),
        (Error::UnsupportedVisionDeficiency("x".into()), "Unsupported vision deficiency: x"),
        (Error::InvalidTimezone("x".into()), "Invalid timezone ID: x"),
        (Error::ThrottlingRate, "Throttling rate should be greater or equal to 1"),
        (
            Error::InvalidGeolocation { name: "longitude", value: 200.0, condition: "-180 <= LONGITUDE <= 180" },
            "Invalid longitude \"200\": precondition -180 <= LONGITUDE <= 180 failed.",
        ),
        (Error::BlankPageCookie("c".into()), "Blank page can not have cookie \"c\""),
        (Error::DataPageCookie("c".into()), "Data URL page can not have cookie \"c\""),
        (Error::UnknownImageType("x".into()), "Unknown options.type value: x"),
        (Error::UnsupportedImageMime("text/plain".into()), "Unsupported screenshot mime type: text/plain"),
        (Error::NoTagSource, "Provide an object with a `url`, `path` or `content` property"),
        (Error::TagNotLoaded { kind: "style", url: "u".into() }, "Loading style from u failed"),
        (Error::Touch("no finger"), "no finger"),
        (Error::QualityUnsupported("png"), "options.quality is unsupported for the png screenshots"),
        (Error::QualityNotInteger, "Expected options.quality to be an integer"),
        (Error::QualityOutOfRange(101.0), "Expected options.quality to be between 0 and 100 (inclusive), got 101"),
        (Error::ClipAndFullPage, "options.clip and options.fullPage are exclusive"),
        (Error::EmptyClip("width"), "Expected options.clip.width not to be 0."),
        (Error::EmptyNode("height"), "Node has 0 height."),
        (Error::UnknownPaperFormat("x".into()), "Unknown paper format: x"),
        (Error::UnreadableLength("1 x".into()), "Failed to parse parameter value: 1 x"),
        (Error::CoverageRuns("JSCoverage"), "JSCoverage is already enabled"),
        (Error::CoverageStopped("CSSCoverage"), "CSSCoverage is not enabled"),
        (Error::TracingRuns, "Cannot start recording trace while already recording trace."),
        (
            Error::RealmGone { url: "http://a/".into(), error: Box::new(Error::ContextDestroyed) },
            "Execution context was destroyed, most likely because of a navigation.",
        ),
        (
            Error::ResponseBodyGone(Arc::new(ProtocolError::Closed { method: "X.y".into() })),
            "Protocol error (X.y): Target closed.",
        ),
        (Error::message("anything"), "anything"),
    ];
    let pinned: HashSet<_> = cases.iter().map(|(error, _)| std::mem::discriminant(error)).collect();
    let source = include_str!("../error.rs");
    let start = source.find("pub enum Error {").expect("the sentences");
    let end = source.find("impl Error {").expect("their end");
    assert_eq!(pinned.len(), source[start..end].matches("#[error(").count(), "a sentence is not pinned");
    for (error, sentence) in cases {
        assert_eq!(error.to_string(), sentence);
    }
}

#[test]
fn files_fail_in_nodes_words() {
    let missing = std::fs::read("/nowhere/at/all").expect_err("there is no such file");
    let sentence = "ENOENT: no such file or directory, open '/nowhere/at/all'";
    assert_eq!(Error::local_file(&missing, "/nowhere/at/all").to_string(), sentence);
}

#[test]
fn only_expired_waits_are_timeout_errors() {
    assert_eq!(Error::NavigationTimeout(1.0).kind(), ErrorKind::TimeoutError);
    assert_eq!(Error::EventTimeout(1.0).kind(), ErrorKind::TimeoutError);
    assert_eq!(Error::ContextDestroyed.kind(), ErrorKind::Error);
}
