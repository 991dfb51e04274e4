//! The network of an executor's jobs: one guarded proxy in the parent, and each browser context's session on it.
//!
//! A slot process opens no sockets. The parent opens two sessions for each slot, which its contexts use by turns: while a job has
//! one, the next job's context is made with the other. Where the system allows it ([`namespace`]), slot and Chromium run in a
//! network namespace in which there is nothing but these sessions' listeners. A session lets nothing out before its job is
//! taken and after that job has ended. Contexts that a job makes itself use its session, or one more when they have a proxy
//! of their own.

pub mod arguments;
mod chromium_arguments;
mod job_access;
pub(crate) mod namespace;
pub mod questions;
mod rules;
mod slot_sessions;

use std::io;
use std::sync::Arc;

use egress::policy::Own;
use egress::{Counters, Layer, Limits, Policy, Proxy, Resolve, Session, Settings, SystemResolver, Upstream};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

use self::chromium_arguments::ChromiumArguments;
pub(crate) use self::job_access::JobEvent;
use self::namespace::{NetworkNamespace, NoNamespaces, SlotNamespaces};
pub(crate) use self::rules::check;
pub(crate) use self::slot_sessions::SlotSessions;
use crate::config::ExecutorArgs;

/// The proxy, and what every job's policy begins with.
pub struct Network {
    proxy: Proxy,
    /// What the operator leaves open.
    operator: Layer,
    limits: Limits,
    /// The proxy that the operator named for Chromium.
    upstream: Option<Upstream>,
    chromium_args: Vec<String>,
    /// Whether slots have network namespaces.
    namespaces: SlotNamespaces,
}

/// Why there is no network for jobs.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A flag for Chromium goes past the guard.
    #[error("CHROMIUM_EXTRA_ARGS (--chromium-extra-args): {0}")]
    ChromiumArguments(String),
    /// One of our own services has no address that can be read.
    #[error("failed to read the address of a service of our own")]
    Own(#[from] egress::TargetError),
    /// Slots must have network namespaces, and cannot.
    #[error(transparent)]
    Namespaces(#[from] NoNamespaces),
}

impl Network {
    /// Starts the proxy. The names of our own services are looked up meanwhile, for 5 seconds at most.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub async fn start(args: &ExecutorArgs) -> Result<Arc<Self>, NetworkError> {
        Self::start_with(args, Arc::new(SystemResolver)).await
    }

    /// As [`start`](Self::start), with a resolver in place of the system's.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub async fn start_with(args: &ExecutorArgs, resolver: Arc<dyn Resolve>) -> Result<Arc<Self>, NetworkError> {
        let ChromiumArguments { kept, upstream, host_rules } =
            ChromiumArguments::read(&args.browser.chromium_extra_args.0).map_err(NetworkError::ChromiumArguments)?;
        let resolver = match host_rules {
            Some(rules) => rules.around(resolver),
            None => resolver,
        };
        let own = Own::parse(args.network.own(args.status_port).iter().map(String::as_str))?;
        let proxy = Proxy::start(Settings { resolver, own, ..Settings::default() }).await;
        let limits = Limits {
            connections: usize::try_from(args.network.job_connections).unwrap_or(usize::MAX),
            bytes: args.network.job_network_bytes,
            ..Limits::default()
        };
        let operator = args.network.operator();
        let namespaces = namespaces_of(args)?;
        Ok(Arc::new(Self { proxy, operator, limits, upstream, chromium_args: kept, namespaces }))
    }

    /// Tells whether slots have network namespaces.
    pub(crate) fn namespaces(&self) -> SlotNamespaces {
        self.namespaces
    }

    /// Opens a session for what runs in this namespace, or in the executor's own.
    ///
    /// # Errors
    /// When the system gives no port.
    async fn open_closed(&self, namespace: Option<&Arc<NetworkNamespace>>) -> io::Result<Session> {
        let Some(namespace) = namespace.cloned() else { return self.proxy.open_closed().await };
        let listener = spawn_blocking(move || namespace.listen()).await.map_err(io::Error::other)??;
        self.proxy.open_closed_elsewhere(TcpListener::from_std(listener)?)
    }

    /// Returns the numbers of all jobs so far.
    pub(crate) fn counters(&self) -> Counters {
        self.proxy.counters()
    }

    /// Returns the flags for Chromium that are left of the operator's.
    pub(crate) fn chromium_args(&self) -> &[String] {
        &self.chromium_args
    }

    fn policy(&self) -> Policy {
        Policy::from(self.operator.clone())
    }
}

/// Checks the operator's flags for Chromium, and whether slots can have the namespaces that they must have.
///
/// # Errors
/// A sentence that names the flag that goes past the guard, or what the system does not allow.
pub(crate) fn check_settings(args: &ExecutorArgs) -> Result<(), NetworkError> {
    ChromiumArguments::read(&args.browser.chromium_extra_args.0).map_err(NetworkError::ChromiumArguments)?;
    namespaces_of(args).map(drop)
}

/// Tells whether slots will have namespaces of their own.
///
/// # Errors
/// When they must have them and cannot.
pub(crate) fn namespaces_of(args: &ExecutorArgs) -> Result<SlotNamespaces, NetworkError> {
    Ok(SlotNamespaces::choose(args.network.executor_netns, &args.browser)?)
}
