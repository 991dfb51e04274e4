//! Chromium's sessions: sending commands in the order of the calls, hearing events in the order of the wire.
//!
//! An event goes to the listeners of its session at once, inside the task that reads the wire ([`connection`]), so the
//! model's state is right before anybody awaits anything. A command leaves in the order of the calls to
//! [`Session::send`], not of the first polls.
//!
//! A [`Session`] exists from `Target.attachedToTarget` on, before that event's listeners run, so that no event of a
//! new target is lost.

mod code_order;
mod connection;
mod pace;
mod pipe;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::rc::{Rc, Weak};
use std::time::Duration;

use chromiumoxide::types::{Command, EventMessage, Method, MethodId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;

use code_order::CodeOrder;
pub use connection::Connection;
use connection::{Outgoing, Wire};
use pace::COMMAND_LIMIT;
pub use pace::limiting_commands;

use crate::error::ProtocolError;
use crate::promise::Waiters;

/// An event as it came over the wire. Whoever wants it decodes its parameters.
#[derive(Clone, Debug, Deserialize)]
pub struct RawEvent {
    /// For example `Page.frameNavigated`.
    pub method: String,
    #[serde(rename = "sessionId")]
    session_id: Option<String>,
    /// The parameters, undecoded.
    #[serde(default)]
    pub params: Value,
}

impl RawEvent {
    /// Returns the id of its session; `None` for the browser's own.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// Reads the parameters as a type of `chromiumoxide::cdp`; `None`, with a debug line, when a newer Chromium sends others.
    pub fn decode<T: DeserializeOwned>(&self) -> Option<T> {
        match T::deserialize(&self.params) {
            Ok(params) => Some(params),
            Err(error) => {
                tracing::debug!(cdp.event = self.method, %error, "ignored an event of unknown shape");
                None
            }
        }
    }
}

impl Method for RawEvent {
    fn identifier(&self) -> MethodId {
        Cow::Owned(self.method.clone())
    }
}

impl EventMessage for RawEvent {
    fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }
}

type Listener = Rc<dyn Fn(&RawEvent)>;

/// One CDP session: the browser's own, or one attached to a target.
pub struct Session {
    /// `None` for the browser's own session.
    id: Option<String>,
    target_id: String,
    target_type: String,
    wire: Weak<Wire>,
    listeners: RefCell<Vec<(u64, Listener)>>,
    next_listener: Cell<u64>,
    /// Whether the renderer behind it has died; commands under way know of it, too.
    crashed: Rc<Cell<bool>>,
    code_order: Rc<CodeOrder>,
    detached: Cell<bool>,
    /// Whoever waits for that, or for the target to be given up.
    detachment: Waiters,
}

/// Commands that give a page whose renderer has died another one.
const REVIVING: [&str; 2] = ["Page.navigate", "Page.reload"];
/// Commands that are answered without a renderer.
const WITHOUT_RENDERER: [&str; 3] = ["Page.close", "Target.activateTarget", "Target.setAutoAttach"];

/// Keeps a listener; dropping it takes the listener away.
#[must_use = "dropping the subscription removes the listener"]
pub struct Subscription {
    session: Weak<Session>,
    id: u64,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({})", self.id)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

impl Session {
    fn new(id: Option<String>, target_id: String, target_type: String, wire: Weak<Wire>) -> Rc<Self> {
        Rc::new(Self {
            id,
            target_id,
            target_type,
            wire,
            listeners: RefCell::default(),
            next_listener: Cell::new(0),
            crashed: Rc::default(),
            code_order: Rc::default(),
            detached: Cell::new(false),
            detachment: Waiters::default(),
        })
    }

    /// Returns the session's id; `None` for the browser's own.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the target that the session is attached to; empty for the browser's own.
    pub fn target_id(&self) -> &str {
        &self.target_id
    }

    /// Returns the target's type when it was attached: `page`, `iframe`, `worker`, …
    pub fn target_type(&self) -> &str {
        &self.target_type
    }

    /// Tells whether the target, or the whole connection, is gone. Every command fails from then on.
    pub fn is_detached(&self) -> bool {
        self.detached.get()
    }

    /// Resolves when the target, or the whole connection, is gone.
    pub async fn closed(&self) {
        self.detachment.until(|| self.detached.get().then_some(())).await;
    }

    fn detach(&self) {
        self.detached.set(true);
        self.detachment.wake();
    }

    /// Tells whoever has sessions of a target, or gets one yet, that the target is to end: it does not while one is attached.
    pub(crate) fn give_up_target(&self, target_id: &str) {
        let Some(wire) = self.wire.upgrade() else { return };
        wire.given_up.borrow_mut().insert(target_id.to_owned());
        for session in wire.sessions.borrow().values().filter(|session| session.target_id == target_id) {
            session.detachment.wake();
        }
    }

    /// Resolves when the target is to end, or is gone.
    pub(crate) async fn given_up(&self) {
        let to_end = || self.wire.upgrade().is_none_or(|wire| wire.given_up.borrow().contains(&self.target_id));
        self.detachment.until(|| (self.detached.get() || to_end()).then_some(())).await;
    }

    /// Sends a command now; the future is its answer and may be dropped.
    ///
    /// # Errors
    /// [`ProtocolError::Refused`] in Chromium's words, [`ProtocolError::Closed`] when the session ends first,
    /// [`ProtocolError::Answer`] when the answer has another shape than this protocol's version, [`ProtocolError::TimedOut`] within
    /// [`limiting_commands`].
    pub fn send<C: Command>(&self, command: C) -> impl Future<Output = Result<C::Response, ProtocolError>> + use<C> {
        let method = command.identifier();
        let reply = match serde_json::to_value(&command) {
            Ok(params) => Ok(self.send_raw(method.clone(), params)),
            Err(source) => Err(ProtocolError::Answer { method: method.to_string(), source }),
        };
        async move {
            let value = reply?.await?;
            C::response_from_value(value).map_err(|source| ProtocolError::Answer { method: method.to_string(), source })
        }
    }

    /// Like [`send`](Self::send), for commands that no type knows (a job's own CDP sessions).
    pub fn send_raw<M>(&self, method: M, params: Value) -> impl Future<Output = Result<Value, ProtocolError>> + use<M>
    where
        M: Into<Cow<'static, str>>,
    {
        let method = method.into();
        let (reply, answer) = oneshot::channel();
        let deadline = COMMAND_LIMIT.try_with(|limit| Instant::now().checked_add(*limit)).ok().flatten();
        let ended = self.detached.get().then(|| self.target_type.clone());
        let crashed = self.crashed.clone();
        let code = self.code_order.on_sent(&method).map(|number| (self.code_order.clone(), number));
        if crashed.get() && REVIVING.contains(&&*method) {
            crashed.set(false);
        }
        let is_dead = crashed.get() && !WITHOUT_RENDERER.contains(&&*method);
        let wire = if ended.is_some() { None } else { self.wire.upgrade() };
        let refusal = wire.as_ref().and_then(|wire| wire.guard.refusal(&method, &params));
        if let Some(wire) = wire.filter(|_| refusal.is_none() && !is_dead) {
            let session_id = self.id.clone();
            // A closed channel drops `reply`, which the answer below reports.
            let _ = wire.outgoing.send(Outgoing { method: method.clone(), session_id, params, reply });
        }
        async move {
            if let Some(target_type) = ended {
                return Err(ProtocolError::SessionClosed { method: method.into_owned(), target_type });
            }
            if let Some(message) = refusal {
                return Err(ProtocolError::Refused { method: method.into_owned(), message });
            }
            let answer = match deadline {
                None => answer.await,
                Some(deadline) => match tokio::time::timeout_at(deadline, answer).await {
                    Ok(answer) => answer,
                    Err(_) => return Err(ProtocolError::TimedOut { method: method.into_owned() }),
                },
            };
            if let Some((order, number)) = code {
                order.on_begun(number);
            }
            match answer {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(message)) => Err(ProtocolError::Refused { method: method.into_owned(), message }),
                Err(_) if crashed.get() => Err(ProtocolError::Crashed { method: method.into_owned() }),
                Err(_) => Err(ProtocolError::Closed { method: method.into_owned() }),
            }
        }
    }

    /// Tells the job's log that `what` was refused because it reaches `beyond`, and returns the sentence.
    pub(crate) fn refuse(&self, what: &str, beyond: &str) -> String {
        self.wire.upgrade().map(|wire| wire.guard.refuse(what, beyond)).unwrap_or_default()
    }

    /// Tells whether the browser is closed to what is not the job's.
    pub(crate) fn is_guarded(&self) -> bool {
        self.wire.upgrade().is_some_and(|wire| wire.guard.is_closed())
    }

    /// Tells the script's log what Chromium refused by itself.
    pub(crate) fn note_refusal(&self, what: &str) {
        if let Some(wire) = self.wire.upgrade() {
            wire.guard.note(what);
        }
    }

    /// Tells whether the renderer behind the session has died.
    pub(crate) fn has_crashed(&self) -> bool {
        self.crashed.get()
    }

    fn set_crashed(&self) {
        self.crashed.set(true);
    }

    /// Sends a command whose answer nobody needs, not even its failure: the target may be gone by then.
    pub fn post<M: Into<Cow<'static, str>>>(&self, method: M, params: Value) {
        drop(self.send_raw(method, params));
    }

    /// Waits until the target has told all that it did so far, but no longer than `limit`: events about what a task of
    /// the page did may follow the answer that acknowledges the task, and come before the target's next answer.
    pub(crate) fn caught_up(&self, limit: Duration) -> impl Future<Output = ()> + use<> {
        let answer = self.send_raw("Runtime.getIsolateId", Value::Object(serde_json::Map::new()));
        async move {
            // A target that has gone, or that a dialog holds, has nothing to tell.
            let _ = tokio::time::timeout(limit, answer).await;
        }
    }

    /// Calls `listener` for each event of this session, in wire order, until the subscription is dropped.
    /// A listener must not wait; it may send, subscribe and unsubscribe.
    pub fn on_event(self: &Rc<Self>, listener: impl Fn(&RawEvent) + 'static) -> Subscription {
        let id = self.next_listener.replace(self.next_listener.get() + 1);
        self.listeners.borrow_mut().push((id, Rc::new(listener)));
        Subscription { session: Rc::downgrade(self), id }
    }

    /// Returns the live session of that id on the same connection.
    pub fn sibling(&self, session_id: &str) -> Option<Rc<Session>> {
        self.wire.upgrade()?.sessions.borrow().get(session_id).cloned()
    }

    /// Returns the ids of all sessions on the same connection but the browser's own, each with its target's.
    pub(crate) fn siblings(&self) -> Vec<(String, String)> {
        let Some(wire) = self.wire.upgrade() else { return Vec::new() };
        let sessions = wire.sessions.borrow();
        sessions.iter().map(|(id, session)| (id.clone(), session.target_id().to_owned())).collect()
    }

    /// Returns how many listeners there are, for tests against leaks.
    pub fn listener_count(&self) -> usize {
        self.listeners.borrow().len()
    }

    fn dispatch(&self, event: &RawEvent) {
        let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        for listener in listeners {
            listener(event);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("target_type", &self.target_type).finish_non_exhaustive()
    }
}
