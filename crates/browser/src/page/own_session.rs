//! A session beside the page's own, for what must not meet the page's. Dropped, it ends.

use std::rc::Rc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::browser::Browser;
use crate::error::Error;
use crate::session::{Session, Subscription};

#[derive(Debug)]
pub(crate) struct OwnSession {
    session: Rc<Session>,
    root: Rc<Session>,
}

impl OwnSession {
    /// Attaches to a target, by CDP's id.
    pub(crate) async fn attach(browser: &Browser, target: &str) -> Result<Self, Error> {
        Ok(Self { session: browser.attach_to(target).await?, root: browser.session().clone() })
    }

    /// Listens to the frames of a screencast as they come.
    pub(super) fn screencast_frames(&self) -> (mpsc::UnboundedReceiver<Value>, Subscription) {
        let (sender, frames) = mpsc::unbounded_channel();
        let subscription = self.session.on_event(move |event| {
            if event.method == "Page.screencastFrame" {
                // Nobody may be looking any more.
                let _ = sender.send(event.params.clone());
            }
        });
        (frames, subscription)
    }
}

impl std::ops::Deref for OwnSession {
    type Target = Rc<Session>;

    fn deref(&self) -> &Rc<Session> {
        &self.session
    }
}

impl Drop for OwnSession {
    fn drop(&mut self) {
        if !self.session.is_detached() {
            self.root.post("Target.detachFromTarget", json!({"sessionId": self.session.id()}));
        }
    }
}
