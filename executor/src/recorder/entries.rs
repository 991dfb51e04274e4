//! What stands in the ring: events as JSON, pictures with a short head.

use std::collections::BTreeMap;

use job_model::{ErrorAt, TracedMessage, TracedNavigation};
use serde::{Deserialize, Serialize};

/// Something that happened. Times are milliseconds since the job began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// A call of the code has begun.
    Call {
        id: u64,
        at: f64,
        name: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arguments: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<ErrorAt>,
    },
    /// It has ended.
    Returned {
        id: u64,
        at: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// A frame has a new document.
    Navigated(TracedNavigation),
    /// A page wrote to its console.
    Console(TracedMessage),
    /// An error that nobody caught, or a crash.
    PageError(TracedMessage),
    /// Something of a request.
    Network(NetworkEntry),
}

/// What Chromium says of a request, as far as a HAR file has a place for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum NetworkEntry {
    /// It will be sent; with the answer that it follows, when that was a redirect.
    Request {
        id: String,
        at: f64,
        method: String,
        url: String,
        headers: Headers,
        /// Chromium's name for what it is for: `Document`, `XHR`, …
        kind: String,
        /// The size of its body; 0 without one.
        body: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        redirect: Option<Box<Answer>>,
    },
    /// The headers that it really had.
    RequestHeaders { id: String, headers: Headers },
    /// It was answered.
    Response { id: String, at: f64, answer: Box<Answer> },
    /// The headers that the answer really had.
    ResponseHeaders { id: String, headers: Headers },
    /// The answer's last byte is there.
    Finished { id: String, at: f64, transferred: f64, size: u64 },
    /// There is no whole answer.
    Failed { id: String, at: f64, error: String },
}

/// Headers by name.
pub(crate) type Headers = BTreeMap<String, String>;

/// An answer's head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: i64,
    pub(crate) text: String,
    pub(crate) protocol: String,
    pub(crate) mime: String,
    pub(crate) headers: Headers,
    /// `disk`, `prefetch` or `service worker`, when it came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cache: Option<String>,
    /// Bytes of the head.
    pub(crate) transferred: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timing: Option<Timing>,
}

/// When the parts of a request took place, in milliseconds since `at`; -1 for what did not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// Since the job began.
    pub(crate) at: f64,
    pub(crate) dns: [f64; 2],
    pub(crate) connect: [f64; 2],
    pub(crate) ssl: [f64; 2],
    pub(crate) send: [f64; 2],
    /// The answer's first byte.
    pub(crate) answered: f64,
}

/// A time to a tenth of a millisecond.
pub(super) fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

/// Returns the type that a request or an answer says its body has.
pub(super) fn content_type(headers: &Headers) -> &str {
    headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map_or("", |(_, mime)| mime)
}

/// Returns when a picture was taken, and its JPEG file.
pub(crate) fn picture(entry: &[u8]) -> Option<(f64, &[u8])> {
    let (at, jpeg) = entry.split_first_chunk::<8>()?;
    let at = f64::from_le_bytes(*at);
    (at >= 0.0 && at.is_finite() && jpeg.starts_with(&[0xff, 0xd8])).then_some((at, jpeg))
}

/// Whose body stands in an entry of the ring's area for bodies, before the body itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BodyHead {
    /// The request.
    pub(crate) id: String,
    /// When the request was sent, for its own body; `None` for the body of its answer. One that is redirected keeps its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at: Option<f64>,
}

impl BodyHead {
    /// Returns what stands before the body.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let length = u32::try_from(text.len()).unwrap_or_default();
        [&length.to_le_bytes()[..], &text].concat()
    }

    /// Returns the head of an entry, and the body.
    pub(crate) fn read(entry: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = entry.split_first_chunk::<4>()?;
        let (head, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        Some((serde_json::from_slice(head).ok()?, body))
    }
}

/// What is in an entry of the ring's last area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastKind {
    /// The document's text.
    Html,
    /// Its picture.
    Png,
    /// Its picture, when a PNG would be too large.
    Jpeg,
}

impl LastKind {
    /// Returns the entry's first byte.
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Html => 0,
            Self::Png => 1,
            Self::Jpeg => 2,
        }
    }

    /// Returns the kind of an entry, and what follows.
    pub(crate) fn read(entry: &[u8]) -> Option<(Self, &[u8])> {
        let (byte, rest) = entry.split_first()?;
        let kind = [Self::Html, Self::Png, Self::Jpeg].into_iter().find(|kind| kind.byte() == *byte)?;
        Some((kind, rest))
    }
}
