//! What a script reads of an error: its class, text and cause, in its own Puppeteer's words.

use super::{Error, ErrorKind, ProtocolError};
use crate::dialect::Dialect;
use crate::exception::Exception;

/// An error as a script sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// The name of its class.
    pub class: &'static str,
    /// Its text.
    pub message: String,
    /// What made it fail, where Puppeteer tells.
    pub cause: Option<Box<Sentence>>,
    /// What Chromium itself said, for a `ProtocolError`.
    pub original_message: Option<String>,
}

/// What a script catches.
#[derive(Clone, Debug)]
pub enum Thrown<'a> {
    /// An error of Puppeteer's.
    Error(Sentence),
    /// What the page's code has thrown, as Puppeteer 25 hands it over.
    OfPage(&'a Exception),
}

impl Sentence {
    fn of(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), ..Self::default() }
    }
}

impl ErrorKind {
    /// Names the class as a script sees it.
    fn class(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::TimeoutError => "TimeoutError",
            Self::TouchError => "TouchError",
        }
    }
}

impl Error {
    /// Returns what a script of that dialect catches.
    pub fn thrown(&self, dialect: Dialect) -> Thrown<'_> {
        match self {
            Self::Evaluation(exception) if dialect.is_modern() => Thrown::OfPage(exception),
            _ => Thrown::Error(self.sentence(dialect)),
        }
    }

    /// Class, text and cause in that dialect.
    pub fn sentence(&self, dialect: Dialect) -> Sentence {
        if dialect.is_modern() {
            return self.modern();
        }
        Sentence::of(self.kind().class(), self.to_string())
    }

    /// In Puppeteer 25's words, where they are others.
    fn modern(&self) -> Sentence {
        let error = |message: String| Sentence::of("Error", message);
        match self {
            Self::Protocol(protocol) => of_protocol(protocol),
            // Whoever reads a message looks for the page's, and the class goes with it where an error is thrown as such.
            Self::Evaluation(exception) => error(exception.name_and_message().1),
            Self::ResponseBodyGone(_) => Sentence {
                original_message: Some(String::new()),
                ..Sentence::of(
                    "ProtocolError",
                    "Could not load response body for this request. This might happen if the request is a preflight request.",
                )
            },
            Self::NavigatingFrameDetached | Self::Disconnected => Sentence {
                cause: Some(Box::new(error("LifecycleWatcher disposed".to_owned()))),
                ..error("Navigating frame was detached".to_owned())
            },
            Self::NavigationTimeout(limit) => {
                Sentence::of("TimeoutError", format!("Navigation timeout of {limit} ms exceeded"))
            }
            Self::WaitTimeout { what, timeout } => Sentence::of("TimeoutError", what.modern_timeout(*timeout)),
            Self::EventTimeout(limit) => Sentence::of("TimeoutError", format!("Timed out after waiting {limit}ms")),
            Self::WaitFailed { what, error } => {
                let cause = error.modern();
                let message = format!("Waiting for selector `{}` failed", what.name());
                Sentence { cause: Some(Box::new(cause)), ..Sentence::of(self.kind().class(), message) }
            }
            Self::RealmGone { url, .. } => error(format!(
                "Execution context is not available in detached frame or worker \"{url}\" (are you trying to evaluate?)"
            )),
            Self::FrameDetached { id, .. } => error(format!("Attempted to use detached Frame '{id}'.")),
            Self::WaitingPageClosed => Sentence::of("TargetCloseError", "Page closed!"),
            Self::TargetClosed | Self::PageClosed => Sentence::of("TargetCloseError", self.to_string()),
            Self::NotVisible => error("Node is either not clickable or not an Element".to_owned()),
            Self::NoNode(selector) => error(format!("No element found for selector: {selector}")),
            Self::NoTagSource => error("Exactly one of `url`, `path`, or `content` must be specified.".to_owned()),
            Self::TagNotLoaded { kind, .. } => error(format!("Could not load {kind}")),
            Self::QualityUnsupported(image) => error(format!("{image} screenshots do not support 'quality'.")),
            Self::QualityOutOfRange(quality) => {
                error(format!("Expected 'quality' ({quality}) to be between 0 and 100, inclusive."))
            }
            Self::ClipAndFullPage => error("'clip' and 'fullPage' are mutually exclusive".to_owned()),
            Self::EmptyClip(side) => error(format!("'{side}' in 'clip' must be positive.")),
            _ => Sentence::of(self.kind().class(), self.to_string()),
        }
    }
}

fn of_protocol(protocol: &ProtocolError) -> Sentence {
    let original = match protocol {
        ProtocolError::Refused { message, .. } => message.clone(),
        ProtocolError::Closed { .. } => "Target closed".to_owned(),
        _ => String::new(),
    };
    let (class, message) = match protocol {
        ProtocolError::Closed { method } => ("TargetCloseError", format!("Protocol error ({method}): Target closed")),
        ProtocolError::SessionClosed { .. } => ("TargetCloseError", protocol.to_string()),
        _ => ("ProtocolError", protocol.to_string()),
    };
    Sentence { original_message: Some(original), ..Sentence::of(class, message) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::Awaited;

    fn read(error: Error) -> (&'static str, String) {
        let sentence = error.sentence(Dialect::V25);
        (sentence.class, sentence.message)
    }

    #[test]
    fn the_newer_sentences_are_puppeteer_25s() {
        let cases = [
            (Error::NavigationTimeout(30000.0), "TimeoutError", "Navigation timeout of 30000 ms exceeded"),
            (Error::EventTimeout(5.0), "TimeoutError", "Timed out after waiting 5ms"),
            (
                Error::WaitTimeout { what: Awaited::Function, timeout: 5.0 },
                "TimeoutError",
                "Waiting failed: 5ms exceeded",
            ),
            (
                Error::WaitTimeout { what: Awaited::FileChooser, timeout: 5.0 },
                "TimeoutError",
                "Waiting for `FileChooser` failed: 5ms exceeded",
            ),
            (Error::WaitTimeout { what: Awaited::Target, timeout: 5.0 }, "TimeoutError", "Timed out after waiting 5ms"),
            (
                Error::FrameDetached { url: "http://a/".into(), id: "F".into() },
                "Error",
                "Attempted to use detached Frame 'F'.",
            ),
            (
                Error::RealmGone { url: "http://a/".into(), error: Box::new(Error::ContextDestroyed) },
                "Error",
                "Execution context is not available in detached frame or worker \"http://a/\" (are you trying to evaluate?)",
            ),
            (Error::WaitingPageClosed, "TargetCloseError", "Page closed!"),
            (Error::NotVisible, "Error", "Node is either not clickable or not an Element"),
            (Error::NoNode("p".into()), "Error", "No element found for selector: p"),
            (Error::NoTagSource, "Error", "Exactly one of `url`, `path`, or `content` must be specified."),
            (Error::TagNotLoaded { kind: "script", url: "u".into() }, "Error", "Could not load script"),
            (Error::QualityUnsupported("png"), "Error", "png screenshots do not support 'quality'."),
            (Error::QualityOutOfRange(101.0), "Error", "Expected 'quality' (101) to be between 0 and 100, inclusive."),
            (Error::ClipAndFullPage, "Error", "'clip' and 'fullPage' are mutually exclusive"),
            (Error::EmptyClip("width"), "Error", "'width' in 'clip' must be positive."),
            (
                ProtocolError::Closed { method: "X.y".into() }.into(),
                "TargetCloseError",
                "Protocol error (X.y): Target closed",
            ),
            (Error::DisposedHandle, "Error", "JSHandle is disposed!"),
            (Error::Disconnected, "Error", "Navigating frame was detached"),
            (
                Error::ResponseBodyGone(Arc::new(ProtocolError::Closed { method: "X.y".into() })),
                "ProtocolError",
                "Could not load response body for this request. This might happen if the request is a preflight request.",
            ),
        ];
        for (error, class, message) in cases {
            assert_eq!(read(error), (class, message.to_owned()));
        }
    }

    #[test]
    fn a_wait_for_a_selector_tells_its_cause() {
        let what = || Awaited::Node { kind: "selector", name: "p".to_owned(), hidden: false };
        let error = Box::new(Error::WaitTimeout { what: what(), timeout: 5.0 });
        let failed = Error::WaitFailed { what: what(), error };
        assert_eq!(failed.sentence(Dialect::V1).message, "waiting for selector \"p\" failed: timeout 5ms exceeded");
        let modern = failed.sentence(Dialect::V25);
        assert_eq!((modern.class, modern.message.as_str()), ("TimeoutError", "Waiting for selector `p` failed"));
        assert_eq!(modern.cause.expect("a cause").message, "Waiting failed: 5ms exceeded");
    }

    #[test]
    fn chromiums_own_words_are_kept() {
        let refused = ProtocolError::Refused { method: "X.y".into(), message: "no".into() };
        let sentence = Error::from(refused).sentence(Dialect::V25);
        assert_eq!((sentence.class, sentence.original_message.as_deref()), ("ProtocolError", Some("no")));
    }
}
