//! A CDP session that a script opened for itself, with its events.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use serde_json::{Value, json};

use crate::error::{Error, ProtocolError};
use crate::event::{Event, Sink};
use crate::session::{Session, Subscription};

/// Puppeteer's `CDPSession`.
#[derive(Debug)]
pub struct CDPSession {
    session: Rc<Session>,
    root: Rc<Session>,
    subscription: RefCell<Option<Subscription>>,
}

impl CDPSession {
    pub(crate) fn new(session: Rc<Session>, root: Rc<Session>, sink: Rc<Sink>) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<CDPSession>| {
            let listener = this.clone();
            let subscription = session.on_event(move |event| {
                if let Some(session) = listener.upgrade() {
                    sink.tell(Event::CdpSession(session, event.method.clone(), event.params.clone()));
                }
            });
            Self { session, root, subscription: RefCell::new(Some(subscription)) }
        })
    }

    /// CDP's id of the session.
    pub fn id(&self) -> &str {
        self.session.id().unwrap_or_default()
    }

    /// Sends any command and gives back its answer.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub fn send(&self, method: String, params: Value) -> impl Future<Output = Result<Value, Error>> + use<> {
        let answer = match self.session.script_refusal(&method, &params) {
            Some(message) => Err(ProtocolError::Refused { method, message }),
            None => Ok(self.session.send_raw(method, params)),
        };
        async move { Ok(answer?.await?) }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Error::SessionDetached`] the second time.
    pub async fn detach(&self) -> Result<(), Error> {
        if self.session.is_detached() {
            return Err(Error::SessionDetached(self.session.target_type().to_owned()));
        }
        self.root.send_raw("Target.detachFromTarget", json!({"sessionId": self.id()})).await?;
        self.subscription.take();
        Ok(())
    }
}
