//! A session of the proxy: a listener, and its present user.
//!
//! A session is opened before its user is known. Until [`Session::admit`] and after [`Session::withdraw`] it accepts connections
//! and lets none of them out. Each user has a [`Guard`] of its own, so that nothing of one is left for the next.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::admission::Admission;
use crate::counters::{Counters, Counts};
use crate::failure::Failure;
use crate::http;
use crate::meter::{Metered, Pulse};
use crate::policy::{Layer, Policy};
use crate::proxy::{Listening, Shared};
use crate::record::{Limit, Observer, Outcome, Record};
use crate::socks;
use crate::target::Target;
use crate::upstream::Upstream;

/// How long the listener rests when the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that were attached and are not looked at yet.
const WAITING: usize = 64;

/// The first byte of a SOCKS5 greeting. No HTTP request begins with it.
const SOCKS5: u8 = 5;

/// What a session may use. Sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time. A further one is closed at once.
    pub connections: usize,
    /// Bytes that the browser may send and receive together. Beyond, every connection of the session is closed, and each new one.
    pub bytes: u64,
    /// From the request to the connection that stands: lookup, upstream proxy, TLS with it.
    pub connect_timeout: Duration,
    /// A connection that moves no byte for so long is closed, whatever it waits for.
    pub idle_timeout: Duration,
    /// The head of one HTTP request. At least 8 KiB.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            bytes: u64::MAX,
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30 * 60),
            head_bytes: 256 * 1024,
        }
    }
}

/// What a session is opened with.
#[derive(Default)]
pub struct SessionOptions {
    /// Which connections are allowed.
    pub policy: Policy,
    /// The proxy that connections go through, if any.
    pub upstream: Option<Upstream>,
    /// What the session may use.
    pub limits: Limits,
    /// Who is told of refusals.
    pub observer: Option<Arc<dyn Observer>>,
}

/// An open session. Dropping it closes the listener and every connection.
pub struct Session {
    address: SocketAddr,
    user: Arc<User>,
    attach: mpsc::Sender<UnixStream>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

/// Who uses a session now; the session's task and its handle share it.
struct User(RwLock<Arc<Guard>>);

/// What each connection of a session's user works with.
pub(crate) struct Guard {
    pub(crate) shared: Arc<Shared>,
    pub(crate) policy: Policy,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) limits: Limits,
    pub(crate) counts: Arc<Counts>,
    pub(crate) record: Record,
    pub(crate) drops_failures: bool,
    permits: Arc<Semaphore>,
    /// Cancelled when the user is withdrawn: its connections end.
    over: CancellationToken,
}

impl Guard {
    pub(crate) fn of(admission: &Admission, upstream: Option<Upstream>) -> Self {
        Self {
            shared: Arc::clone(&admission.shared),
            policy: admission.policy.clone(),
            upstream,
            limits: admission.limits.clone(),
            counts: Arc::clone(&admission.counts),
            record: Record::new(Arc::clone(&admission.counts), Arc::clone(&admission.teller)),
            drops_failures: admission.drops_failures,
            permits: Arc::clone(&admission.permits),
            over: CancellationToken::new(),
        }
    }

    /// Lets nothing out.
    fn of_nobody(shared: &Arc<Shared>) -> Self {
        let nothing = Layer { name: "a session without a job".to_owned(), allow: Some(Vec::new()), deny: Vec::new() };
        Self::of(&Admission::new(Arc::clone(shared), nothing.into(), Limits::default(), None), None)
    }

    /// Returns the upstream proxy for a target, unless the target is one that goes past the proxy.
    pub(crate) fn upstream_for(&self, target: &Target) -> Option<&Upstream> {
        self.upstream.as_ref().filter(|upstream| !upstream.is_bypassed(target))
    }
}

impl User {
    fn guard(&self) -> Arc<Guard> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another guard in the place of the present one, whose connections end.
    fn replace(&self, guard: Guard) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.over.cancel();
        *current = Arc::new(guard);
    }
}

impl Session {
    /// `listening` is the entry among the addresses that no session reaches.
    pub(crate) fn start(listener: TcpListener, shared: Arc<Shared>, listening: Option<Listening>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let user = Arc::new(User(RwLock::new(Arc::new(Guard::of_nobody(&shared)))));
        let stop = CancellationToken::new();
        let (attach, attached) = mpsc::channel(WAITING);
        let accepting = accept(listener, attached, listening, Arc::clone(&user), stop.clone());
        Ok(Self { address, user, attach, stop, task: AbortOnDropHandle::new(tokio::spawn(accepting)) })
    }

    /// Serves a connection of the session's user that somebody else has opened, in HTTP, as one that was made to the session's
    /// address. Returns whether it is served: a session with too many that wait closes it.
    pub fn attach(&self, stream: UnixStream) -> bool {
        self.attach.try_send(stream).is_ok()
    }

    /// Lets a user's connections out, through its upstream proxy if it has one. Connections of the user before end.
    pub fn admit(&self, admission: &Admission, upstream: Option<Upstream>) {
        self.user.replace(Guard::of(admission, upstream));
    }

    /// Lets nothing out from now on. Connections of the user before end.
    pub fn withdraw(&self) {
        let shared = Arc::clone(&self.user.guard().shared);
        self.user.replace(Guard::of_nobody(&shared));
    }

    /// Returns where the session listens, an address of this machine's loopback. It speaks SOCKS5 and HTTP there.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what Chromium is given as `proxyServer` of
    /// [`Target.createBrowserContext`](https://chromedevtools.github.io/devtools-protocol/tot/Target/#method-createBrowserContext).
    ///
    /// This is SOCKS5: a connection that fails is then a request that fails, and requests pass as they were sent. With an upstream
    /// proxy of HTTP it is HTTP, because such a proxy often tunnels to port 443 only and has to be sent plain requests as requests.
    pub fn proxy_server(&self) -> String {
        let guard = self.user.guard();
        let scheme = if guard.upstream.as_ref().is_some_and(Upstream::speaks_http) { "http" } else { "socks5" };
        format!("{scheme}://{}", self.address)
    }

    /// Returns the numbers of the present user so far, those of its other sessions included.
    pub fn counters(&self) -> Counters {
        self.user.guard().counts.read()
    }

    /// Returns how the latest connection to a target failed; `None` when it came about, or was not tried, or too many were tried
    /// since.
    pub fn failure_of(&self, target: &Target) -> Option<Failure> {
        match self.user.guard().record.outcome_of(target) {
            Some(Outcome::Failed(failure)) => Some(failure),
            Some(Outcome::Reached(_)) | None => None,
        }
    }

    /// Returns the address that the latest connection to a target reached; Chromium only knows the proxy's. `None` when it failed,
    /// or went through an upstream proxy, or was not tried, or too many were tried since.
    pub fn remote_address_of(&self, target: &Target) -> Option<SocketAddr> {
        match self.user.guard().record.outcome_of(target) {
            Some(Outcome::Reached(address)) => address,
            Some(Outcome::Failed(_)) | None => None,
        }
    }

    /// Closes the listener and every connection, and returns the numbers at the end.
    pub async fn close(self) -> Counters {
        let guard = self.user.guard();
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a session's task ended early");
        }
        guard.counts.read()
    }
}

/// Accepts until told to stop. Connections are tasks of this one, and end with it.
async fn accept(
    listener: TcpListener,
    mut attached: mpsc::Receiver<UnixStream>,
    _listening: Option<Listening>,
    user: Arc<User>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            Some(stream) = attached.recv() => Ok(Client::Attached(stream)),
            accepted = listener.accept() => accepted.map(|(stream, _)| Client::Accepted(stream)),
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection of a browser");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let guard = user.guard();
        let (Ok(own), Ok(all)) =
            (Arc::clone(&guard.permits).try_acquire_owned(), Arc::clone(&guard.shared.connections).try_acquire_owned())
        else {
            guard.record.limit_reached(Limit::Connections);
            guard.counts.failed();
            continue;
        };
        let open = Open::new(&guard, [own, all]);
        connections.spawn(async move {
            let over = guard.over.clone();
            tokio::select! {
                () = over.cancelled() => {}
                () = serve(stream, guard) => {}
            }
            drop(open);
        });
    }
    connections.shutdown().await;
}

/// A connection, and how it came.
enum Client {
    Accepted(TcpStream),
    Attached(UnixStream),
}

/// One open connection among the numbers; dropping it takes it out.
struct Open {
    counts: Arc<Counts>,
    _permits: [OwnedSemaphorePermit; 2],
}

impl Open {
    fn new(guard: &Guard, permits: [OwnedSemaphorePermit; 2]) -> Self {
        guard.counts.opened();
        Self { counts: Arc::clone(&guard.counts), _permits: permits }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.counts.closed();
    }
}

/// Serves one connection of the browser until it ends or falls silent.
async fn serve(client: Client, guard: Arc<Guard>) {
    let pulse = Arc::new(Pulse::new());
    let idle = guard.limits.idle_timeout;
    let connection = async {
        let stream = match client {
            Client::Accepted(stream) => stream,
            Client::Attached(stream) => {
                return http::serve(Metered::new(stream, Arc::clone(&guard), Arc::clone(&pulse)), guard).await;
            }
        };
        // Refused by the system only for a socket that is closed already.
        stream.set_nodelay(true).ok();
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first[0] == SOCKS5 => {
                let mut stream = Metered::new(stream, Arc::clone(&guard), Arc::clone(&pulse));
                match socks::serve(&mut stream, &guard).await {
                    Ok(()) => drop(stream.shutdown().await),
                    Err(error) => {
                        tracing::debug!(%error, "a SOCKS connection broke off");
                        stream.reset();
                    }
                }
            }
            Ok(1) => http::serve(Metered::new(stream, Arc::clone(&guard), Arc::clone(&pulse)), guard).await,
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "failed to read from a connection of a browser"),
        }
    };
    pulse.watch(idle, connection).await;
}
