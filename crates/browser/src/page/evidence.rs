//! What a recorder takes of a page: looks at it while it is used, and its text once it is over. A script and the page itself
//! notice nothing of that.

use std::time::Duration;

use futures::future::LocalBoxFuture;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Page;
use super::own_session::OwnSession;
use crate::error::{Error, ProtocolError};
use crate::protocol_stream::decode_base64;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::session::{RawEvent, Subscription};

/// The document's text without what was put into its password fields.
const MASKED_TEXT: &str = "limit => {
    const copy = document.documentElement.cloneNode(true);
    for (const input of copy.querySelectorAll('input[type=password][value]')) input.setAttribute('value', '***');
    return copy.outerHTML.slice(0, limit);
}";

/// A session of its own beside the page's, through which the page is looked at. Dropped, it ends.
#[derive(Debug)]
pub struct Camera {
    session: OwnSession,
    frames: mpsc::UnboundedReceiver<Value>,
    _subscription: Subscription,
}

/// How large and how fine a look is.
#[derive(Clone, Copy, Debug)]
pub struct Film {
    /// JPEG's quality, 0 to 100.
    pub quality: u32,
    /// The largest width, in pixels.
    pub width: u32,
    /// The largest height, in pixels.
    pub height: u32,
}

impl Page {
    /// Sets up a camera.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the page is gone.
    pub async fn camera(&self) -> Result<Camera, Error> {
        let session = OwnSession::attach(&*self.browser()?, self.target.id()).await?;
        let (frames, subscription) = session.screencast_frames();
        Ok(Camera { session, frames, _subscription: subscription })
    }

    /// Asks now for the body of the answer whose end this event of the page reports. `None` when Chromium has not kept
    /// it.
    pub fn response_body(&self, event: &RawEvent) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let answer = self.ask_about(event, "Network.getResponseBody");
        Box::pin(async move {
            let answer = answer?.await.ok()?;
            let body = answer["body"].as_str()?;
            if answer["base64Encoded"] == true { decode_base64(body).ok() } else { Some(body.as_bytes().to_vec()) }
        })
    }

    /// Asks now for the body of the request that this event of the page reports. `None` when Chromium has not kept it.
    pub fn request_body(&self, event: &RawEvent) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let answer = self.ask_about(event, "Network.getRequestPostData");
        Box::pin(async move { Some(answer?.await.ok()?["postData"].as_str()?.as_bytes().to_vec()) })
    }

    /// Sends a command about an event's request, through the session of the event.
    fn ask_about(
        &self,
        event: &RawEvent,
        method: &'static str,
    ) -> Option<impl Future<Output = Result<Value, ProtocolError>> + use<>> {
        let session = self.session.sibling(event.session()?)?;
        Some(session.send_raw(method, json!({"requestId": event.params["requestId"]})))
    }

    /// Reads the document as HTML, no more than `limit` UTF-16 units of it, with password fields masked. It is read in a world
    /// of our own: the page's scripts have no part in it.
    ///
    /// # Errors
    /// As [`Frame::content`](crate::frame::Frame::content).
    pub async fn masked_content(&self, limit: u32) -> Result<String, Error> {
        let argument = Argument::Json(limit.into());
        let world = self.main_frame().utility_world();
        match world.evaluate(PageFunction::own(MASKED_TEXT), vec![argument]).await? {
            EvaluationResult::Json(Value::String(text)) => Ok(text),
            _ => Ok(String::new()),
        }
    }
}

impl Camera {
    /// Tells whether the page is gone.
    pub fn is_over(&self) -> bool {
        self.session.is_detached()
    }

    /// Takes a picture of the page as it is shown now, a JPEG file; `None` when Chromium shows none within `limit`. A screencast
    /// of one frame: unlike a screenshot it does not make the page draw.
    pub async fn look(&mut self, film: Film, limit: Duration) -> Option<Vec<u8>> {
        while self.frames.try_recv().is_ok() {}
        let arguments = json!({
            "format": "jpeg", "quality": film.quality, "maxWidth": film.width, "maxHeight": film.height,
        });
        self.session.post("Page.startScreencast", arguments);
        let frame = tokio::time::timeout(limit, self.frames.recv()).await.ok().flatten();
        self.session.post("Page.stopScreencast", json!({}));
        decode_base64(frame?["data"].as_str()?).ok()
    }
}
