//! The wire to Chromium: the only file that touches chromiumoxide's connection.
//!
//! One task owns the [`chromiumoxide::Connection`] and handles its messages strictly in order. An event goes to the
//! listeners of its session at once, inside that task, so the model's state is right before anybody awaits anything; a
//! response goes to whoever awaits it, and the task then yields, so that the awaiter runs before the next message is
//! read. A command leaves in the order of the calls to [`Session::send`], not of the first polls.
//!
//! A [`Session`] exists from `Target.attachedToTarget` on, before that event's listeners run, so that no event of a
//! new target is lost.

mod no_delay;
mod surrogates;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::rc::{Rc, Weak};

use chromiumoxide::types::{CallId, Command, EventMessage, Message, Method, MethodId};
use futures::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::error::ProtocolError;
use crate::guard::Guard;
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
    /// The parameters as a type of `chromiumoxide::cdp`; `None`, with a debug line, when a newer Chromium sends others.
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
    detached: Cell<bool>,
    detachment: Waiters,
}

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
            detached: Cell::new(false),
            detachment: Waiters::default(),
        })
    }

    /// The session's id; `None` for the browser's own.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The target that the session is attached to; empty for the browser's own.
    pub fn target_id(&self) -> &str {
        &self.target_id
    }

    /// The target's type when it was attached: `page`, `iframe`, `worker`, …
    pub fn target_type(&self) -> &str {
        &self.target_type
    }

    /// Whether the target, or the whole connection, is gone. Every command fails from then on.
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

    /// Sends a command now; the future is its answer and may be dropped.
    ///
    /// # Errors
    /// [`ProtocolError::Refused`] in Chromium's words, [`ProtocolError::Closed`] when the session ends first,
    /// [`ProtocolError::Answer`] when the answer has another shape than this protocol's version.
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
        let ended = self.detached.get().then(|| self.target_type.clone());
        let wire = if ended.is_some() { None } else { self.wire.upgrade() };
        let refusal = wire.as_ref().and_then(|wire| wire.guard.refusal(&method, &params));
        if let Some(wire) = wire.filter(|_| refusal.is_none()) {
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
            match answer.await {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(message)) => Err(ProtocolError::Refused { method: method.into_owned(), message }),
                Err(_) => Err(ProtocolError::Closed { method: method.into_owned() }),
            }
        }
    }

    /// Why a script must not send this command; it has been told.
    pub(crate) fn script_refusal(&self, method: &str, params: &Value) -> Option<String> {
        self.wire.upgrade()?.guard.script_refusal(method, params)
    }

    /// Tells the script's log what Chromium refused by itself.
    pub(crate) fn note_refusal(&self, what: &str) {
        if let Some(wire) = self.wire.upgrade() {
            wire.guard.note(what);
        }
    }

    /// Sends a command whose answer nobody needs, not even its failure: the target may be gone by then.
    pub fn post<M: Into<Cow<'static, str>>>(&self, method: M, params: Value) {
        drop(self.send_raw(method, params));
    }

    /// Calls `listener` for each event of this session, in wire order, until the subscription is dropped.
    /// A listener must not wait; it may send, subscribe and unsubscribe.
    pub fn on_event(self: &Rc<Self>, listener: impl Fn(&RawEvent) + 'static) -> Subscription {
        let id = self.next_listener.replace(self.next_listener.get() + 1);
        self.listeners.borrow_mut().push((id, Rc::new(listener)));
        Subscription { session: Rc::downgrade(self), id }
    }

    /// The live session of that id on the same connection.
    pub fn sibling(&self, session_id: &str) -> Option<Rc<Session>> {
        self.wire.upgrade()?.sessions.borrow().get(session_id).cloned()
    }

    /// How many listeners there are, for tests against leaks.
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

struct Outgoing {
    method: Cow<'static, str>,
    session_id: Option<String>,
    params: Value,
    reply: Reply,
}

/// Chromium's result, or its error text.
type Reply = oneshot::Sender<Result<Value, String>>;

struct Wire {
    outgoing: mpsc::UnboundedSender<Outgoing>,
    sessions: RefCell<HashMap<String, Rc<Session>>>,
    guard: Guard,
}

struct Pending {
    session_id: Option<String>,
    reply: Reply,
}

/// A connection to one Chromium. Dropping it ends the task and closes every session.
pub struct Connection {
    root: Rc<Session>,
    // The sessions know it weakly: with this the last sender goes, and with that the task.
    _wire: Rc<Wire>,
    closed: closing::Closed,
    task: tokio::task::JoinHandle<()>,
}

impl Connection {
    /// Connects to a `ws://…/devtools/browser/…` address. Needs a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// [`ProtocolError::Connect`] with the address.
    pub async fn connect(address: &str, guard: Guard) -> Result<Self, ProtocolError> {
        let socket = chromiumoxide::Connection::<RawEvent>::connect(address)
            .await
            .map_err(|source| ProtocolError::Connect { address: address.to_owned(), source: Box::new(source) })?;
        no_delay::send_at_once(address);
        let (outgoing, commands) = mpsc::unbounded_channel();
        let wire = Rc::new(Wire { outgoing, sessions: RefCell::default(), guard });
        let root = Session::new(None, String::new(), "browser".to_owned(), Rc::downgrade(&wire));
        let (closed_sender, closed) = closing::closed();
        let pump = Pump { socket, commands, pending: HashMap::new(), root: root.clone(), wire: Rc::downgrade(&wire) };
        let task = tokio::task::spawn_local(async move {
            pump.run().await;
            closed_sender.close();
        });
        Ok(Self { root, _wire: wire, closed, task })
    }

    /// The browser's own session.
    pub fn root(&self) -> &Rc<Session> {
        &self.root
    }

    /// Resolves when the connection is lost.
    pub fn closed(&self) -> impl Future<Output = ()> + use<> {
        self.closed.wait()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
        self.root.detach();
        for session in self._wire.sessions.borrow_mut().drain().map(|(_, session)| session) {
            session.detach();
        }
    }
}

/// A one-shot signal that many may await.
mod closing {
    use std::future::Future;

    use tokio::sync::watch;

    pub(super) struct Closer(watch::Sender<bool>);
    pub(super) struct Closed(watch::Receiver<bool>);

    pub(super) fn closed() -> (Closer, Closed) {
        let (sender, receiver) = watch::channel(false);
        (Closer(sender), Closed(receiver))
    }

    impl Closer {
        pub(super) fn close(&self) {
            self.0.send_replace(true);
        }
    }

    impl Closed {
        pub(super) fn wait(&self) -> impl Future<Output = ()> + use<> {
            let mut receiver = self.0.clone();
            async move {
                // A dropped sender means closed, too.
                let _ = receiver.wait_for(|closed| *closed).await;
            }
        }
    }
}

struct Pump {
    socket: chromiumoxide::Connection<RawEvent>,
    commands: mpsc::UnboundedReceiver<Outgoing>,
    pending: HashMap<CallId, Pending>,
    root: Rc<Session>,
    wire: Weak<Wire>,
}

impl Pump {
    async fn run(mut self) {
        loop {
            tokio::select! {
                // Commands first: what a listener sent leaves before the next message is handled.
                biased;
                command = self.commands.recv() => match command {
                    Some(command) => self.submit(command),
                    None => break,
                },
                message = self.socket.next() => match message {
                    Some(Ok(message)) => self.handle(message).await,
                    Some(Err(chromiumoxide::error::CdpError::InvalidMessage(text, error))) => {
                        match serde_json::from_str(&surrogates::without_lone_surrogates(&text)) {
                            Ok(message) => self.handle(message).await,
                            Err(_) => tracing::debug!(%error, "ignored a CDP message of unknown shape"),
                        }
                    }
                    Some(Err(error)) => {
                        tracing::debug!(%error, "the CDP connection failed");
                        break;
                    }
                    None => break,
                },
            }
        }
        self.close();
    }

    fn submit(&mut self, command: Outgoing) {
        let Outgoing { method, session_id, params, reply } = command;
        let target = session_id.clone().map(Into::into);
        match self.socket.submit_command(method, target, params) {
            Ok(id) => drop(self.pending.insert(id, Pending { session_id, reply })),
            Err(error) => drop(reply.send(Err(error.to_string()))),
        }
    }

    async fn handle(&mut self, message: Message<RawEvent>) {
        match message {
            Message::Response(response) => {
                let Some(pending) = self.pending.remove(&response.id) else { return };
                let answer = match response.error {
                    Some(error) => Err(error.message),
                    None => Ok(response.result.unwrap_or(Value::Null)),
                };
                // Nobody may be waiting any more.
                if pending.reply.send(answer).is_ok() {
                    tokio::task::yield_now().await;
                }
            }
            Message::Event(event) => {
                self.route(&event);
                // Many messages come with one read: a page that floods must not keep the script and its deadline waiting.
                tokio::task::consume_budget().await;
            }
        }
    }

    fn route(&mut self, event: &RawEvent) {
        let Some(wire) = self.wire.upgrade() else { return };
        let text = |name: &str| event.params.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if event.method == "Target.attachedToTarget" {
            let info = |name: &str| event.params["targetInfo"][name].as_str().unwrap_or_default().to_owned();
            let id = text("sessionId");
            let session = Session::new(Some(id.clone()), info("targetId"), info("type"), self.wire.clone());
            wire.sessions.borrow_mut().insert(id, session);
        }
        let detached = (event.method == "Target.detachedFromTarget").then(|| text("sessionId"));
        if let Some(id) = &detached {
            self.close_session(&wire, id);
        }
        let session = match &event.session_id {
            None => Some(self.root.clone()),
            Some(id) => wire.sessions.borrow().get(id).cloned(),
        };
        if let Some(session) = session {
            session.dispatch(event);
        }
        if let Some(id) = detached {
            wire.sessions.borrow_mut().remove(&id);
        }
    }

    /// Fails what the session still awaits. It stays in the table until the listeners of its end have run.
    fn close_session(&mut self, wire: &Wire, id: &str) {
        self.pending.retain(|_, pending| pending.session_id.as_deref() != Some(id));
        if let Some(session) = wire.sessions.borrow().get(id) {
            session.detach();
        }
    }

    fn close(mut self) {
        self.root.detach();
        if let Some(wire) = self.wire.upgrade() {
            for session in wire.sessions.borrow_mut().drain().map(|(_, session)| session) {
                session.detach();
            }
        }
        self.pending.clear();
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            drop(command);
        }
    }
}
