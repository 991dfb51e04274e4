//! What all sessions of a process share: the resolver, our own services, the limits of the whole.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use futures::future::join_all;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval_at, timeout};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use tokio_util::task::AbortOnDropHandle;

use crate::admission::Admission;
use crate::counters::{Counters, Counts};
use crate::policy::{Own, Policy, faces};
use crate::record::Observer;
use crate::resolver::{Resolve, SystemResolver};
use crate::session::{Limits, Session, SessionOptions};

/// How often the names of our own services are looked up again.
const OWN_REFRESH: Duration = Duration::from_secs(30);

/// How long one of these lookups may take.
const OWN_LOOKUP: Duration = Duration::from_secs(5);

/// What all sessions have in common.
pub struct Settings {
    /// Looks up the names of targets, of upstream proxies and of our own services.
    pub resolver: Arc<dyn Resolve>,
    /// Our own services, the group `own` of the rules. Their names are looked up again every 30 seconds.
    pub own: Own,
    /// Connections of all sessions at a time. Each takes up to two file descriptors.
    pub connections: usize,
    /// Lookups of all sessions at a time; further ones wait. Each of the system's takes a thread.
    pub lookups: usize,
    /// What verifies upstream proxies that are spoken to over TLS. `None` trusts the certificates of the system.
    pub upstream_tls: Option<Arc<ClientConfig>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            resolver: Arc::new(SystemResolver),
            own: Own::default(),
            connections: 8192,
            lookups: 64,
            upstream_tls: None,
        }
    }
}

/// The proxy of a process. Dropping it ends the refresh of our own names; sessions go on.
pub struct Proxy {
    shared: Arc<Shared>,
    _refresh: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Starts the proxy. Returns once the names of our own services were looked up, which takes no longer than 5 seconds; a name
    /// that has no address by then is looked up again.
    pub async fn start(settings: Settings) -> Self {
        let shared = Arc::new(Shared {
            resolver: settings.resolver,
            own: RwLock::default(),
            listeners: Mutex::default(),
            connections: Arc::new(Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS))),
            lookups: Semaphore::new(settings.lookups.clamp(1, Semaphore::MAX_PERMITS)),
            upstream_tls: settings.upstream_tls.map(OnceLock::from).unwrap_or_default(),
            counts: Arc::default(),
        });
        shared.set_own(settings.own).await;
        let refresh = tokio::spawn(keep_own_addresses(Arc::clone(&shared)));
        Self { shared, _refresh: AbortOnDropHandle::new(refresh) }
    }

    /// Replaces the group `own`, for sessions that are open, too.
    /// Returns once the names were looked up, which takes no longer than 5 seconds.
    pub async fn set_own(&self, own: Own) {
        self.shared.set_own(own).await;
    }

    /// Opens a session with an address of its own on this machine's loopback.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    pub async fn open(&self, options: SessionOptions) -> io::Result<Session> {
        let session = self.open_closed().await?;
        session.admit(&self.admission(options.policy, options.limits, options.observer), options.upstream);
        Ok(session)
    }

    /// Opens a session that lets nothing out until somebody is admitted.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    pub async fn open_closed(&self) -> io::Result<Session> {
        let listener = listen().await?;
        let listening = self.shared.listening(listener.local_addr()?);
        Session::start(listener, Arc::clone(&self.shared), Some(listening))
    }

    /// As [`open_closed`](Self::open_closed), at a listener in another network namespace: nothing that is dialled from here leads
    /// there.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub fn open_closed_elsewhere(&self, listener: TcpListener) -> io::Result<Session> {
        Session::start(listener, Arc::clone(&self.shared), None)
    }

    /// Makes what a user of sessions is admitted with.
    pub fn admission(&self, policy: Policy, limits: Limits, observer: Option<Arc<dyn Observer>>) -> Admission {
        Admission::new(Arc::clone(&self.shared), policy, limits, observer)
    }

    /// Returns the numbers of all sessions so far, closed ones included.
    pub fn counters(&self) -> Counters {
        self.shared.counts.read()
    }
}

/// Listens where nobody guesses: a random address of 127.0.0.0/8 and a random port. A system that has only 127.0.0.1 gives that.
async fn listen() -> io::Result<TcpListener> {
    let mut random = [0; 3];
    if getrandom::fill(&mut random).is_ok() {
        let [a, b, c] = random;
        // Away from the edges, where people put their own services.
        let address = Ipv4Addr::new(127, 16 + a % 224, b, c.clamp(1, 254));
        if let Ok(listener) = TcpListener::bind((address, 0)).await {
            return Ok(listener);
        }
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// The other half is in each session.
pub(crate) struct Shared {
    pub(crate) resolver: Arc<dyn Resolve>,
    own: RwLock<Arc<Own>>,
    /// Where sessions listen. No policy opens these.
    listeners: Mutex<HashSet<SocketAddr>>,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) lookups: Semaphore,
    upstream_tls: OnceLock<Arc<ClientConfig>>,
    pub(crate) counts: Arc<Counts>,
}

impl Shared {
    async fn set_own(&self, mut own: Own) {
        self.look_up(&mut own).await;
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(own);
    }

    /// Looks the names of our own services up. A lookup that fails leaves the addresses known.
    async fn look_up(&self, own: &mut Own) {
        let lookups = own.names().into_iter().map(|name| async {
            let answer = timeout(OWN_LOOKUP, self.resolver.resolve(&name)).await;
            (name, answer)
        });
        for (name, answer) in join_all(lookups).await {
            match answer {
                Ok(Ok(addresses)) if !addresses.is_empty() => own.set_addresses(&name, &addresses),
                _ => tracing::debug!(name, "failed to look up one of our own services"),
            }
        }
    }

    /// Returns our own services with the addresses that they have now.
    pub(crate) fn own(&self) -> Arc<Own> {
        Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells whether a session of this proxy listens there.
    pub(crate) fn listens_at(&self, address: SocketAddr) -> bool {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        faces(address.ip()).into_iter().any(|face| {
            // The system takes a connection to the unspecified address to 127.0.0.1.
            let face = if face.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { face };
            listeners.contains(&SocketAddr::new(face, address.port()))
        })
    }

    pub(crate) fn listening(self: &Arc<Self>, address: SocketAddr) -> Listening {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).insert(address);
        Listening { address, shared: Arc::clone(self) }
    }

    /// Returns what verifies upstream proxies. The certificates of the system are read when the first one is needed.
    pub(crate) fn upstream_tls(&self) -> Arc<ClientConfig> {
        Arc::clone(self.upstream_tls.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "failed to read a certificate authority of the system");
            }
            roots.add_parsable_certificates(found.certs);
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("the provider has the versions that this crate is built with");
            Arc::new(config.with_root_certificates(roots).with_no_client_auth())
        }))
    }
}

/// A session's entry among the listeners; dropping it takes the entry out.
pub(crate) struct Listening {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.shared.listeners.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.address);
    }
}

/// Looks the names of our own services up, again and again: a service may move.
async fn keep_own_addresses(shared: Arc<Shared>) {
    let mut tick = interval_at(Instant::now() + OWN_REFRESH, OWN_REFRESH);
    loop {
        tick.tick().await;
        let before = shared.own();
        let mut own = Own::clone(&before);
        shared.look_up(&mut own).await;
        let mut now = shared.own.write().unwrap_or_else(PoisonError::into_inner);
        // They may have been replaced meanwhile.
        if Arc::ptr_eq(&now, &before) {
            *now = Arc::new(own);
        }
    }
}
