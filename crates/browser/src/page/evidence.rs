//! What a recorder takes of a page: looks at it while it is used, and its text once it is over. A script and the page itself
//! notice nothing of that.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Page;
use crate::error::Error;
use crate::protocol_stream::decode_base64;
use crate::remote_object::{Argument, EvaluationResult, PageFunction};
use crate::session::{Session, Subscription};

/// The document's text without what was put into its password fields.
const MASKED_TEXT: &str = "limit => {
    const copy = document.documentElement.cloneNode(true);
    for (const input of copy.querySelectorAll('input[type=password][value]')) input.setAttribute('value', '***');
    return copy.outerHTML.slice(0, limit);
}";

/// A session of its own beside the page's, through which the page is looked at. Dropped, it ends.
#[derive(Debug)]
pub struct Camera {
    session: Rc<Session>,
    root: Rc<Session>,
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
        let root = self.browser()?.session().clone();
        let arguments = json!({"targetId": self.target.id(), "flatten": true});
        let answer = root.send_raw("Target.attachToTarget", arguments).await?;
        let id = answer["sessionId"].as_str().unwrap_or_default();
        let session = root.sibling(id).ok_or(Error::TargetClosed)?;
        let (sender, frames) = mpsc::unbounded_channel();
        let subscription = session.on_event(move |event| {
            if event.method == "Page.screencastFrame" {
                // Nobody may be looking any more.
                let _ = sender.send(event.params.clone());
            }
        });
        Ok(Camera { session, root, frames, _subscription: subscription })
    }

    /// The document as HTML, no more than `limit` UTF-16 units of it, with password fields masked. It is read in a world of our own:
    /// the page's scripts have no part in it.
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
    /// Whether the page is gone.
    pub fn is_over(&self) -> bool {
        self.session.is_detached()
    }

    /// The page as it is shown now, a JPEG file; `None` when Chromium shows none within `limit`. A screencast of one frame: unlike
    /// a screenshot it does not make the page draw.
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

impl Drop for Camera {
    fn drop(&mut self) {
        if !self.session.is_detached() {
            self.root.post("Target.detachFromTarget", json!({"sessionId": self.session.id()}));
        }
    }
}
