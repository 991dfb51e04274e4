//! Ops of `fetch`: one exchange each. `js/web/` makes requests and answers of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ::fetch::{Body, Error, Request, RequestBody, Response, Unpack, UploadFailed};
use bytes::Bytes as Piece;
use job_model::Level;
use rquickjs as js;
use serde::Deserialize;
use tokio::sync::{Notify, mpsc};
use url::Url;

use super::events::accepted_certificate;
use super::model::member;
use super::registry::Registry;
use crate::error::OpError;
use crate::resources::{Resource, ResourceRef};
use crate::scope::Scope;
use crate::value::{Bytes, IntoValue, Json, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("fetch_is_allowed", |scope, (): ()| Ok(scope.host.fetch.is_some()))?;
    ops.future("fetch_send", send)?;
    ops.sync("fetch_upload", |_, (): ()| Ok(Rc::new(Upload::new())))?;
    ops.future("fetch_write", |_, (upload, bytes): (Rc<Upload>, Bytes)| async move { Ok(upload.write(bytes).await) })?;
    ops.future("fetch_finish", |_, (upload, broke): (Rc<Upload>, bool)| async move {
        upload.finish(broke).await;
        Ok(())
    })?;
    ops.future("fetch_read", |_, (body,): (Rc<FetchBody>,)| async move { Ok(body.read().await) })?;
    ops.future("fetch_read_all", |scope, (body,): (Rc<FetchBody>,)| read_all(scope, body))?;
    ops.sync("fetch_close", |_, (body,): (Rc<FetchBody>,)| {
        body.close();
        Ok(())
    })
}

/// A request without its body.
#[derive(Debug, Deserialize)]
struct Head {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// The answer's body is wanted as the server sends it.
    #[serde(default)]
    packed: bool,
}

/// Sends a request; answers the head of what comes back, or `failure`.
async fn send(
    scope: Rc<Scope>,
    (Json(head), bytes, upload): (Json<Head>, Option<Bytes>, Option<Rc<Upload>>),
) -> Result<Value, OpError> {
    let client = scope.host.fetch.clone().ok_or_else(|| OpError::type_error("fetch is switched off"))?;
    let url = Url::parse(&head.url).map_err(|error| OpError::type_error(error.to_string()))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let body = match (bytes, upload.and_then(|upload| upload.pieces.take())) {
        (_, Some(pieces)) => RequestBody::Pieces(pieces),
        (Some(bytes), None) => RequestBody::Whole(bytes.0.into()),
        (None, None) => RequestBody::Empty,
    };
    let unpack = if head.packed { Unpack::No } else { Unpack::Yes };
    match client.send(Request { method: head.method, url, headers: head.headers, body, unpack }).await {
        Ok(response) => {
            if response.bad_certificate {
                scope.log.write(Level::Warn, accepted_certificate(&host));
            }
            Ok(answer(response))
        }
        Err(error) => Ok(failure(&error)),
    }
}

fn answer(response: Response) -> Value {
    let headers = response.headers.into_iter().flat_map(|(name, value)| [Value::String(name), Value::String(value)]);
    let body = response.body.map(|body| {
        let body = FetchBody { body: RefCell::new(Some(body)), is_closed: Cell::new(false), closed: Notify::new() };
        ResourceRef::new(Rc::new(body))
    });
    Value::Object(vec![
        member("status", response.status.into_value()),
        member("reason", response.reason.into_value()),
        member("headers", Value::Array(headers.collect())),
        member("body", body.into_value()),
    ])
}

fn failure(error: &Error) -> Value {
    let told = serde_json::to_value(error.node()).unwrap_or_default();
    let upload = *error == Error::Upload;
    Value::Object(vec![member("failure", told.into_value()), member("upload", upload.into_value())])
}

/// The body of an answer, as far as it was not read.
struct FetchBody {
    body: RefCell<Option<Body>>,
    is_closed: Cell<bool>,
    closed: Notify,
}

impl Resource for FetchBody {
    fn class(&self) -> &'static str {
        "FetchBody"
    }
}

impl FetchBody {
    /// The next piece; `None` at the end, and once it is closed.
    async fn next(&self) -> Option<Result<Piece, Error>> {
        let mut body = self.body.take()?;
        let piece = tokio::select! {
            biased;
            () = self.closed.notified() => None,
            piece = body.next() => piece,
        };
        if !self.is_closed.get() && matches!(piece, Some(Ok(_))) {
            self.body.replace(Some(body));
        }
        piece
    }

    async fn read(&self) -> Value {
        match self.next().await {
            None => Value::Null,
            Some(Ok(piece)) => Value::Bytes(piece.into()),
            Some(Err(error)) => failure(&error),
        }
    }

    fn close(&self) {
        self.is_closed.set(true);
        self.body.take();
        self.closed.notify_waiters();
    }
}

/// What is left of the body as a whole. It counts as the job's memory while it is outside of its engine.
async fn read_all(scope: Rc<Scope>, body: Rc<FetchBody>) -> Result<Value, OpError> {
    let mut held = Held { scope, bytes: Vec::new() };
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => held.add(&piece)?,
            Err(error) => return Ok(failure(&error)),
        }
    }
    Ok(Value::Bytes(std::mem::take(&mut held.bytes)))
}

/// Bytes that count as the job's memory until this is dropped.
struct Held {
    scope: Rc<Scope>,
    bytes: Vec<u8>,
}

impl Held {
    fn add(&mut self, piece: &[u8]) -> Result<(), OpError> {
        let before = self.bytes.capacity();
        self.bytes.extend_from_slice(piece);
        let more = self.bytes.capacity() - before;
        if self.scope.meter.memory.take(more) {
            return Ok(());
        }
        self.bytes = Vec::new();
        self.scope.meter.memory.give_back(before);
        Err(OpError::error("the answer does not fit the job's memory"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.scope.meter.memory.give_back(self.bytes.capacity());
    }
}

/// A body that a script sends piece by piece.
struct Upload {
    sender: RefCell<Option<mpsc::Sender<Result<Piece, UploadFailed>>>>,
    /// The request's end, until the request takes it.
    pieces: RefCell<Option<mpsc::Receiver<Result<Piece, UploadFailed>>>>,
}

impl Resource for Upload {
    fn class(&self) -> &'static str {
        "FetchUpload"
    }
}

impl Upload {
    fn new() -> Self {
        let (sender, pieces) = mpsc::channel(1);
        Self { sender: RefCell::new(Some(sender)), pieces: RefCell::new(Some(pieces)) }
    }

    /// Whether somebody takes more.
    async fn write(&self, bytes: Bytes) -> bool {
        let Some(sender) = self.sender.borrow().clone() else { return false };
        sender.send(Ok(bytes.0.into())).await.is_ok()
    }

    async fn finish(&self, broke: bool) {
        let Some(sender) = self.sender.take() else { return };
        if broke {
            // Nobody may be listening any more.
            let _ = sender.send(Err(UploadFailed)).await;
        }
    }
}
