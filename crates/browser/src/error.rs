//! Why a call failed. This file alone knows Puppeteer's sentences; a test pins them.

mod awaited;
mod protocol;
mod sentence;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

pub use awaited::Awaited;
pub use protocol::ProtocolError;
pub use sentence::{Sentence, Thrown};

use crate::exception::Exception;

/// The classes of error that a program for any Puppeteer can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// JavaScript's `Error`.
    Error,
    /// `puppeteer.errors.TimeoutError`.
    TimeoutError,
    /// `puppeteer.errors.TouchError`, of newer Puppeteers.
    TouchError,
}

/// Why a call of the object model failed. The text is what Puppeteer 1.20 says in the same place.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A CDP command failed.
    #[error("{0}")]
    Protocol(Arc<ProtocolError>),
    /// The page's own exception: its description, with the page's stack.
    #[error("Evaluation failed: {0}")]
    Evaluation(Box<Exception>),
    /// A navigation took longer than this many milliseconds.
    #[error("Navigation Timeout Exceeded: {0}ms exceeded")]
    NavigationTimeout(f64),
    /// A wait took longer than `timeout` milliseconds.
    #[error("waiting for {what} failed: timeout {timeout}ms exceeded")]
    WaitTimeout {
        /// What was waited for.
        what: Awaited,
        /// In milliseconds.
        timeout: f64,
    },
    /// A wait for a node failed, by time or otherwise. Puppeteer 1.20 says only why.
    #[error("{error}")]
    WaitFailed {
        /// What was waited for.
        what: Awaited,
        /// Why it failed.
        error: Box<Error>,
    },
    /// A wait for a request, response or other event took longer than this many milliseconds.
    #[error("Timeout exceeded while waiting for event")]
    EventTimeout(f64),
    /// Chromium could not load the address.
    #[error("{error_text} at {url}")]
    Load {
        /// For example `net::ERR_CONNECTION_REFUSED`.
        error_text: String,
        /// The address asked for.
        url: String,
    },
    /// The document that the call worked on is gone.
    #[error("Execution context was destroyed, most likely because of a navigation.")]
    ContextDestroyed,
    /// The frame or worker whose value was used is gone. Newer Puppeteers alone say so.
    #[error("{error}")]
    RealmGone {
        /// Where it was.
        url: String,
        /// What happened.
        error: Box<Error>,
    },
    /// The frame is no longer part of the page.
    #[error("Execution Context is not available in detached frame \"{url}\" (are you trying to evaluate?)")]
    FrameDetached {
        /// Where it was.
        url: String,
        /// CDP's id of it.
        id: String,
    },
    /// The frame went away while it was navigating.
    #[error("Navigating frame was detached")]
    NavigatingFrameDetached,
    /// The frame went away while a selector or function was waited for.
    #[error("waitForFunction failed: frame got detached.")]
    WaitingFrameDetached,
    /// Chromium went away during a navigation.
    #[error("Navigation failed because browser has disconnected!")]
    Disconnected,
    /// The page went away while one of its events was waited for.
    #[error("Target closed")]
    WaitingPageClosed,
    /// What the call works on is gone.
    #[error("Target closed")]
    TargetClosed,
    /// The page's session was over before the call.
    #[error("Protocol error: Connection closed. Most likely the page has been closed.")]
    PageClosed,
    /// A session was detached twice.
    #[error("Session already detached. Most likely the {0} has been closed.")]
    SessionDetached(String),
    /// The renderer of the page died.
    #[error("Page crashed!")]
    Crashed,
    /// Chromium no longer has the body of a response, or never had one.
    #[error(transparent)]
    ResponseBodyGone(Arc<ProtocolError>),
    /// A handle was used in another context than its own.
    #[error("JSHandles can be evaluated only in the context they were created!")]
    ForeignHandle,
    /// A handle was used after its disposal.
    #[error("JSHandle is disposed!")]
    DisposedHandle,
    /// The text of a function is none that an engine could read back.
    #[error("Passed function is not well-serializable!")]
    FunctionText,
    /// Nothing to click on.
    #[error("Node is either not visible or not an HTMLElement")]
    NotVisible,
    /// A page-level action found no element.
    #[error("No node found for selector: {0}")]
    NoNode(String),
    /// `$eval` found no element.
    #[error("Error: failed to find element matching selector \"{0}\"")]
    NoElement(String),
    /// A selector names a kind of match that there is not.
    #[error("Unknown selector type: {0}")]
    UnknownSelectorType(String),
    /// A selector asks assistive software for more than names and roles.
    #[error("Unknown aria attribute \"{0}\" in selector")]
    UnknownAriaAttribute(String),
    /// `waitUntil` names no lifecycle event.
    #[error("Unknown value for options.waitUntil: {0}")]
    WaitUntil(String),
    /// Interception was never asked for.
    #[error("Request Interception is not enabled!")]
    InterceptionDisabled,
    /// The request was answered, continued or aborted before.
    #[error("Request is already handled!")]
    RequestHandled,
    /// A key that the keyboard has not.
    #[error("Unknown key: \"{0}\"")]
    UnknownKey(String),
    /// A button that no mouse has.
    #[error("Unsupported mouse button: {0}")]
    UnsupportedMouseButton(String),
    /// A dialog was accepted or dismissed before.
    #[error("Cannot {0} dialog which is already handled!")]
    DialogHandled(&'static str),
    /// A file chooser was answered before.
    #[error("Cannot {0} FileChooser which is already handled!")]
    FileChooserHandled(&'static str),
    /// Several files for an input that takes one.
    #[error("Multiple file uploads only work with <input type=file multiple>")]
    SingleFileInput,
    /// Neither `screen` nor `print`.
    #[error("Unsupported media type: {0}")]
    UnsupportedMediaType(String),
    /// A CSS media feature that cannot be emulated.
    #[error("Unsupported media feature: {0}")]
    UnsupportedMediaFeature(String),
    /// A vision deficiency that cannot be emulated.
    #[error("Unsupported vision deficiency: {0}")]
    UnsupportedVisionDeficiency(String),
    /// No time zone of that name.
    #[error("Invalid timezone ID: {0}")]
    InvalidTimezone(String),
    /// A processor cannot be made faster.
    #[error("Throttling rate should be greater or equal to 1")]
    ThrottlingRate,
    /// A place that is not on the earth.
    #[error("Invalid {name} \"{value}\": precondition {condition} failed.")]
    InvalidGeolocation {
        /// `longitude`, `latitude` or `accuracy`.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What it must be.
        condition: &'static str,
    },
    /// `about:blank` has no cookies.
    #[error("Blank page can not have cookie \"{0}\"")]
    BlankPageCookie(String),
    /// A `data:` address has no cookies.
    #[error("Data URL page can not have cookie \"{0}\"")]
    DataPageCookie(String),
    /// No image format of that name.
    #[error("Unknown options.type value: {0}")]
    UnknownImageType(String),
    /// A screenshot's file would be no picture.
    #[error("Unsupported screenshot mime type: {0}")]
    UnsupportedImageMime(String),
    /// A script or style comes from nowhere, or from several places.
    #[error("Provide an object with a `url`, `path` or `content` property")]
    NoTagSource,
    /// A script or style did not load.
    #[error("Loading {kind} from {url} failed")]
    TagNotLoaded {
        /// `script` or `style`.
        kind: &'static str,
        /// Its address.
        url: String,
    },
    /// A finger that does not touch, or cannot.
    #[error("{0}")]
    Touch(&'static str),
    /// An image format without a quality.
    #[error("options.quality is unsupported for the {0} screenshots")]
    QualityUnsupported(&'static str),
    /// Half a point of quality.
    #[error("Expected options.quality to be an integer")]
    QualityNotInteger,
    /// A quality beyond its limits.
    #[error("Expected options.quality to be between 0 and 100 (inclusive), got {0}")]
    QualityOutOfRange(f64),
    /// All of the page, and a part of it.
    #[error("options.clip and options.fullPage are exclusive")]
    ClipAndFullPage,
    /// A clip without area.
    #[error("Expected options.clip.{0} not to be 0.")]
    EmptyClip(&'static str),
    /// An element without area.
    #[error("Node has 0 {0}.")]
    EmptyNode(&'static str),
    /// No paper of that name.
    #[error("Unknown paper format: {0}")]
    UnknownPaperFormat(String),
    /// A length without a number.
    #[error("Failed to parse parameter value: {0}")]
    UnreadableLength(String),
    /// Coverage was started twice.
    #[error("{0} is already enabled")]
    CoverageRuns(&'static str),
    /// Coverage was stopped before it was started.
    #[error("{0} is not enabled")]
    CoverageStopped(&'static str),
    /// Tracing was started twice.
    #[error("Cannot start recording trace while already recording trace.")]
    TracingRuns,
    /// Any other sentence.
    #[error("{0}")]
    Message(Cow<'static, str>),
}

impl Error {
    /// An error with a sentence of its own.
    pub fn message(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Message(text.into())
    }

    /// A file of this machine could not be opened, in Node's words.
    pub fn local_file(error: &std::io::Error, path: &str) -> Self {
        use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
        let reason = match error.kind() {
            NotFound => "ENOENT: no such file or directory",
            PermissionDenied => "EACCES: permission denied",
            NotADirectory => "ENOTDIR: not a directory",
            IsADirectory => "EISDIR: illegal operation on a directory",
            _ => return Self::message(format!("{error}, open '{path}'")),
        };
        Self::message(format!("{reason}, open '{path}'"))
    }

    /// Whether JavaScript sees a `TimeoutError` or a plain `Error`.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NavigationTimeout(_) | Self::WaitTimeout { .. } | Self::EventTimeout(_) => ErrorKind::TimeoutError,
            Self::WaitFailed { error, .. } | Self::RealmGone { error, .. } => error.kind(),
            Self::Touch(_) => ErrorKind::TouchError,
            _ => ErrorKind::Error,
        }
    }

    /// Whether the document went away with what the call had found in it.
    pub(crate) fn is_document_lost(&self) -> bool {
        const GONE: [&str; 3] = ["does not belong to the document", "No node with given id", "object with given id"];
        let is_gone = |error: &ProtocolError| match error {
            ProtocolError::Refused { message, .. } => GONE.iter().any(|text| message.contains(text)),
            _ => false,
        };
        self.is_context_lost() || matches!(self, Self::Protocol(error) if is_gone(error))
    }

    /// Whether the document, not the call, is to blame: a wait that survives navigations tries again.
    pub(crate) fn is_context_lost(&self) -> bool {
        match self {
            Self::ContextDestroyed => true,
            Self::WaitFailed { error, .. } | Self::RealmGone { error, .. } => error.is_context_lost(),
            Self::Protocol(error) => match error.as_ref() {
                ProtocolError::Refused { message, .. } => {
                    message.contains("Cannot find context with specified id")
                        || message.contains("Execution context was destroyed")
                        || message.contains("Inspected target navigated or closed")
                }
                _ => false,
            },
            _ => false,
        }
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(Arc::new(error))
    }
}
