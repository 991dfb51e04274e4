//! A request on its way out.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;
use url::Url;

/// A request.
pub struct Request {
    /// Its method, as it is written.
    pub method: String,
    /// Where it goes.
    pub url: Url,
    /// Its headers; a character of a value is a byte.
    pub headers: Vec<(String, String)>,
    /// What is sent after the head.
    pub body: RequestBody,
    /// What becomes of the answer's body when its headers say that it is packed.
    pub unpack: Unpack,
}

/// Whether the body of an answer is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpack {
    /// As `fetch` does.
    Yes,
    /// It comes as the server sent it, as with Node's `http`.
    No,
}

/// The body of a request.
pub enum RequestBody {
    /// There is none.
    Empty,
    /// It is there as a whole.
    Whole(Bytes),
    /// It comes piece by piece. A channel that closes without an error is the end.
    Pieces(mpsc::Receiver<Result<Bytes, UploadFailed>>),
}

/// The body of a request broke off; the one who gave it knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body broke off")]
pub struct UploadFailed;

impl RequestBody {
    /// Returns the same once more, when it can be sent twice.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::Pieces(_) => None,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = UploadFailed;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadFailed>>> {
        let piece = match &mut *self {
            Self::Empty => return Poll::Ready(None),
            Self::Whole(bytes) => Some(Ok(std::mem::take(bytes))),
            Self::Pieces(pieces) => std::task::ready!(pieces.poll_recv(cx)),
        };
        if !matches!(*self, Self::Pieces(_)) {
            *self = Self::Empty;
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Pieces(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}
