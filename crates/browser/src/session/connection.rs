//! The wire to Chromium.
//!
//! One task owns the [`Pipe`] and handles its messages strictly in order. A response goes to whoever awaits it, and the
//! task then yields, so that the awaiter runs before the next message is read. A script may have messages wait a while before they
//! are handled ([`SlowMotion`]), in the same order.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::{Rc, Weak};
use std::time::Duration;

use chromiumoxide::types::{CallId, Message, MethodCall};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::pace::SlowMotion;
use super::pipe::Pipe;
use super::{RawEvent, Session};
use crate::guard::Guard;

/// A command on its way.
pub(super) struct Outgoing {
    pub(super) method: Cow<'static, str>,
    pub(super) session_id: Option<String>,
    pub(super) params: Value,
    pub(super) reply: Reply,
}

/// Chromium's result, or its error text.
type Reply = oneshot::Sender<Result<Value, String>>;

/// What the sessions of one connection share.
pub(super) struct Wire {
    pub(super) outgoing: mpsc::UnboundedSender<Outgoing>,
    pub(super) sessions: RefCell<HashMap<String, Rc<Session>>>,
    /// Targets that are to end, and do not while somebody is attached.
    pub(super) given_up: RefCell<HashSet<String>>,
    pub(super) guard: Guard,
}

/// How many messages wait in slow motion; more stay with Chromium.
const HELD_MAX: usize = 1000;
/// How deep the reader of JSON goes.
const MESSAGE_DEPTH: usize = 127;

/// All that is read of an answer that is not like others. What it leaves out may be nested to any depth.
#[derive(Deserialize)]
struct Envelope {
    id: Option<CallId>,
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
    slow_motion: Rc<SlowMotion>,
    task: tokio::task::JoinHandle<()>,
}

impl Connection {
    /// Speaks over our end of a Chromium's debugging pipe. Needs a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// When the descriptor is not a socket.
    pub fn open(pipe: OwnedFd, guard: Guard) -> io::Result<Self> {
        let pipe = Pipe::new(pipe)?;
        let (outgoing, commands) = mpsc::unbounded_channel();
        let wire = Rc::new(Wire { outgoing, sessions: RefCell::default(), given_up: RefCell::default(), guard });
        let root = Session::new(None, String::new(), "browser".to_owned(), Rc::downgrade(&wire));
        let (closed_sender, closed) = closing::closed();
        let (root_session, weak_wire) = (root.clone(), Rc::downgrade(&wire));
        let slow_motion = Rc::<SlowMotion>::default();
        let pump = Pump {
            pipe,
            commands,
            next_id: 0,
            pending: HashMap::new(),
            held: VecDeque::new(),
            slow_motion: slow_motion.clone(),
            root: root_session,
            wire: weak_wire,
        };
        let task = tokio::task::spawn_local(async move {
            pump.run().await;
            closed_sender.close();
        });
        Ok(Self { root, _wire: wire, closed, slow_motion, task })
    }

    /// Returns the browser's own session.
    pub fn root(&self) -> &Rc<Session> {
        &self.root
    }

    /// Has each message wait this long before it is handled, those that wait already included.
    pub(crate) fn set_slow_motion(&self, delay: Duration) {
        self.slow_motion.set(delay);
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

/// A message that is not like others.
struct Unreadable {
    /// The command that it answers, if it says that.
    id: Option<CallId>,
    /// How deep it is nested.
    levels: usize,
    error: serde_json::Error,
}

/// Reads a message; what its strings hold that Rust's cannot is mended.
fn read(message: &[u8]) -> Result<Message<RawEvent>, Unreadable> {
    let error = match serde_json::from_slice(message) {
        Ok(message) => return Ok(message),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(message);
    serde_json::from_str(&json_text::without_lone_surrogates(&text)).map_err(|_| {
        let id = serde_json::from_str::<Envelope>(&text).ok().and_then(|envelope| envelope.id);
        Unreadable { id, levels: json_text::nesting(message), error }
    })
}

type Received = Result<Message<RawEvent>, Unreadable>;

struct Pump {
    pipe: Pipe,
    commands: mpsc::UnboundedReceiver<Outgoing>,
    next_id: usize,
    pending: HashMap<CallId, Pending>,
    /// What waits in slow motion, and when it came.
    held: VecDeque<(Instant, Received)>,
    slow_motion: Rc<SlowMotion>,
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
                () = self.slow_motion.over(self.held.front().map(|(arrival, _)| *arrival)) => {
                    if let Some((_, message)) = self.held.pop_front() {
                        self.take(message).await;
                    }
                }
                message = self.pipe.next(), if self.held.len() < HELD_MAX => match message.map(|bytes| bytes.map(read)) {
                    Some(Ok(message)) if self.slow_motion.is_off() && self.held.is_empty() => self.take(message).await,
                    Some(Ok(message)) => self.held.push_back((Instant::now(), message)),
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

    async fn take(&mut self, message: Received) {
        match message {
            Ok(message) => self.handle(message).await,
            Err(unreadable) => self.refuse(unreadable).await,
        }
    }

    fn submit(&mut self, command: Outgoing) {
        let Outgoing { method, session_id, params, reply } = command;
        let id = CallId::new(self.next_id);
        self.next_id += 1;
        match self.pipe.submit(&MethodCall { id, method, session_id: session_id.clone(), params }) {
            Ok(()) => drop(self.pending.insert(id, Pending { session_id, reply })),
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

    /// An answer that cannot be read fails its command: whoever awaits it would wait for ever.
    async fn refuse(&mut self, unreadable: Unreadable) {
        let Unreadable { id, levels, error } = unreadable;
        let Some(pending) = id.and_then(|id| self.pending.remove(&id)) else {
            tracing::debug!(%error, "ignored a CDP message of unknown shape");
            return;
        };
        let reason = if levels > MESSAGE_DEPTH {
            format!("the answer is nested too deeply: a message of {levels} levels, where {MESSAGE_DEPTH} can be read")
        } else {
            format!("the answer cannot be read: {error}")
        };
        if pending.reply.send(Err(reason)).is_ok() {
            tokio::task::yield_now().await;
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
        if event.method == "Target.targetDestroyed" {
            wire.given_up.borrow_mut().remove(&text("targetId"));
        }
        if event.method == "Inspector.targetCrashed" {
            self.crash(&wire, event.session_id.as_deref());
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

    /// Fails what the session of a renderer that has died still awaits.
    fn crash(&mut self, wire: &Wire, id: Option<&str>) {
        if let Some(session) = id.and_then(|id| wire.sessions.borrow().get(id).cloned()) {
            session.set_crashed();
            self.pending.retain(|_, pending| pending.session_id.as_deref() != id);
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
