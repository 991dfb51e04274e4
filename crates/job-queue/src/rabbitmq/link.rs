//! The two connections and their supervisors.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt};
use lapin::{Channel, Connection, Event};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::config::{Names, Node, RabbitMqConfig};
use super::connect::{ConnectError, connect};
use super::failure::{answered, unavailable};
use super::nodes::Nodes;
use crate::QueueError;

/// The first pause between attempts; each further one is twice as long, up to a limit.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause where the broker may be back any moment.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause where somebody has to change a password or a queue first.
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_secs(15);
/// A connection that lived this long was a real one: the next loss starts with the first pause again.
const STABLE: Duration = Duration::from_secs(5);
/// Log lines about lost connections come no more often.
const LOG_INTERVAL: Duration = Duration::from_secs(1);
/// lapin reports every loss; should it ever miss one, this is how late we see it.
const LIVENESS_CHECK: Duration = Duration::from_secs(1);
/// How long the broker may take to answer a ping.
const PING_LIMIT: Duration = Duration::from_secs(2);
/// How long a close may take when we leave.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// One supervised connection.
pub(super) struct Link {
    states: watch::Receiver<State>,
    wait: Duration,
}

#[derive(Clone)]
enum State {
    Down(Arc<ConnectError>),
    Up(Arc<Connection>),
    /// Connected, but the broker is short of a resource (the text says which) and reads nothing.
    Blocked(Arc<Connection>, Arc<str>),
}

impl Link {
    /// Whether there is a connection now.
    pub(super) fn present(&self, action: &str) -> Result<Arc<Connection>, QueueError> {
        self.states.borrow().usable(action)
    }

    /// Whether the broker answers now.
    pub(super) async fn ping(&self) -> Result<(), QueueError> {
        let action = "reach RabbitMQ";
        answered(action, PING_LIMIT, self.present(action)?.create_channel()).await.map(drop)
    }

    /// The connection, once there is one that can be used.
    pub(super) async fn connection_by(&self, action: &str, deadline: Instant) -> Result<Arc<Connection>, QueueError> {
        let mut states = self.states.clone();
        let up = timeout_at(deadline, states.wait_for(|state| state.usable(action).is_ok())).await;
        match up {
            Ok(Ok(state)) => state.usable(action),
            Ok(Err(_supervisor_is_gone)) => Err(unavailable(action, "the connection was closed from this side")),
            Err(_elapsed) => self.present(action),
        }
    }

    /// A fresh channel, once there is a connection: waits for it until the configured bound.
    pub(super) async fn channel(&self, action: &str) -> Result<Channel, QueueError> {
        let deadline = Instant::now() + self.wait;
        loop {
            let connection = self.connection_by(action, deadline).await?;
            match answered(action, self.wait, connection.create_channel()).await {
                Ok(channel) => return Ok(channel),
                // Lost before its supervisor saw it: worth another connection, if one comes in time.
                Err(_) if Instant::now() < deadline && !connection.status().connected() => {
                    self.replaced(&connection, deadline).await
                }
                Err(err) => return Err(err),
            }
        }
    }

    /// Returns once `lost` is not this link's connection any more.
    pub(super) async fn replaced(&self, lost: &Arc<Connection>, deadline: Instant) {
        let mut states = self.states.clone();
        let is_lost = |state: &State| match state {
            State::Up(connection) | State::Blocked(connection, _) => Arc::ptr_eq(connection, lost),
            State::Down(_) => false,
        };
        // Running into the deadline is the caller's next step to notice.
        let _ = timeout_at(deadline, states.wait_for(|state| !is_lost(state))).await;
    }
}

impl State {
    fn usable(&self, action: &str) -> Result<Arc<Connection>, QueueError> {
        match self {
            State::Up(connection) => Ok(Arc::clone(connection)),
            State::Down(cause) => Err(unavailable(action, Box::new(SharedCause(Arc::clone(cause))) as Box<_>)),
            State::Blocked(_, reason) => Err(unavailable(action, format!("RabbitMQ blocks publishers: {reason}"))),
        }
    }
}

/// A cause that several callers meet, with its own causes behind it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SharedCause(Arc<ConnectError>);

/// Starts the thread that keeps a connection for publishing and one for consuming until `closing` is cancelled. What
/// `beside` makes of the first of them runs there, too.
pub(super) fn start<Beside>(
    config: &RabbitMqConfig,
    names: &Names,
    closing: CancellationToken,
    beside: impl FnOnce(Arc<Link>) -> Beside,
) -> Result<(Arc<Link>, Arc<Link>), QueueError>
where
    Beside: Future<Output = ()> + Send + 'static,
{
    let cannot_start = |err: std::io::Error| unavailable("start the thread of the RabbitMQ connections", err);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
    let log = Arc::new(Mutex::new(None));
    let not_yet = || State::Down(Arc::new(not_yet(config)));
    let link = |role| {
        let (sender, states) = watch::channel(not_yet());
        let (config, names, closing, log) = (config.clone(), names.clone(), closing.clone(), Arc::clone(&log));
        let wait = config.connection_wait;
        (Arc::new(Link { states, wait }), Supervisor { config, names, role, states: sender, closing, log })
    };
    let (publishing, publishing_supervisor) = link("publishing");
    let (consuming, consuming_supervisor) = link("consuming");
    let beside = beside(Arc::clone(&publishing));
    let supervise = move || {
        runtime.block_on(async { tokio::join!(publishing_supervisor.run(), consuming_supervisor.run(), beside) });
    };
    std::thread::Builder::new().name("rabbitmq".to_owned()).spawn(supervise).map_err(cannot_start)?;
    Ok((publishing, consuming))
}

fn not_yet(config: &RabbitMqConfig) -> ConnectError {
    let nodes: Vec<String> = config.nodes().map(|node| node.to_string()).collect();
    ConnectError::NotYet { address: nodes.join(", ") }
}

struct Supervisor {
    config: RabbitMqConfig,
    names: Names,
    role: &'static str,
    states: watch::Sender<State>,
    closing: CancellationToken,
    /// When the last line about a loss was logged, by either supervisor.
    log: Arc<Mutex<Option<Instant>>>,
}

impl Supervisor {
    async fn run(self) {
        let closing = self.closing.clone();
        let mut pause = FIRST_PAUSE;
        let mut nodes = Nodes::of(&self.config);
        loop {
            let attempt = tokio::select! {
                () = closing.cancelled() => return,
                attempt = connect(&self.config, &self.names, self.role, nodes.current()) => attempt,
            };
            let longest = match attempt {
                Ok(connection) => {
                    let since = Instant::now();
                    let node = nodes.current();
                    tracing::info!(broker = %node, role = self.role, "connected to RabbitMQ");
                    self.keep(connection, node).await;
                    nodes.lost();
                    if since.elapsed() >= STABLE {
                        pause = FIRST_PAUSE;
                    }
                    LONGEST_PAUSE
                }
                Err(err) => {
                    let lasting = err.is_lasting();
                    self.report(&err);
                    self.states.send_replace(State::Down(Arc::new(err)));
                    let untried = nodes.failed();
                    if untried && !lasting {
                        continue;
                    }
                    if lasting { LONGEST_PAUSE_REFUSED } else { LONGEST_PAUSE }
                }
            };
            tokio::select! {
                () = closing.cancelled() => return,
                () = sleep(jittered(pause)) => pause = (pause * 2).min(longest),
            }
        }
    }

    /// Lends the connection out until it is lost, or closes it when we leave.
    async fn keep(&self, connection: Connection, node: &Node) {
        let connection = Arc::new(connection);
        // From here on: what happened before the listener came is seen by the first check of the status.
        let mut events = std::pin::pin!(connection.events_listener());
        self.states.send_replace(State::Up(Arc::clone(&connection)));
        let lost = tokio::select! {
            cause = self.lost(&connection, node, events.as_mut()) => cause,
            () = self.closing.cancelled() => {
                self.states.send_replace(State::Down(Arc::new(not_yet(&self.config))));
                let _ = timeout(CLOSE_LIMIT, connection.close(200, "closed by puppet-master".into())).await;
                return;
            }
        };
        self.report(&lost);
        self.states.send_replace(State::Down(Arc::new(lost)));
    }

    async fn lost(
        &self,
        connection: &Arc<Connection>,
        node: &Node,
        mut events: impl Stream<Item = Event> + Unpin,
    ) -> ConnectError {
        let mut last_error = None;
        loop {
            match timeout(LIVENESS_CHECK, events.next()).await {
                Ok(Some(Event::ConnectionBlocked(reason))) => {
                    tracing::warn!(broker = %node, role = self.role, reason, "RabbitMQ blocks publishers");
                    self.states.send_replace(State::Blocked(Arc::clone(connection), reason.into()));
                }
                Ok(Some(Event::ConnectionUnblocked)) => {
                    tracing::info!(broker = %node, role = self.role, "RabbitMQ takes messages again");
                    self.states.send_replace(State::Up(Arc::clone(connection)));
                }
                Ok(Some(Event::Error(err))) => last_error = Some(err),
                Ok(Some(_)) | Err(_) => {}
                Ok(None) => sleep(LIVENESS_CHECK).await,
            }
            if !connection.status().connected() {
                let gone = || std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into();
                return ConnectError::Broken { address: node.to_string(), source: last_error.unwrap_or_else(gone) };
            }
        }
    }

    fn report(&self, cause: &ConnectError) {
        let mut last = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
            return;
        }
        *last = Some(Instant::now());
        let detail = std::error::Error::source(cause).map(ToString::to_string);
        let (role, error) = (self.role, cause.to_string());
        if cause.is_lasting() {
            tracing::error!(role, error, detail, "RabbitMQ does not let us in, trying again");
        } else {
            tracing::warn!(role, error, detail, "RabbitMQ is out of reach, trying again");
        }
    }
}

/// Between half of the pause and all of it, so that a fleet does not come back in step.
fn jittered(pause: Duration) -> Duration {
    let random = u32::from_le_bytes(uuid::Uuid::new_v4().into_bytes()[..4].try_into().unwrap_or_default());
    pause / 2 + (pause / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}
