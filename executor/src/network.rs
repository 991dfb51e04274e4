//! The network of an executor's jobs: one guarded proxy in the parent, and each browser context's session on it.
//!
//! A slot process opens no sockets. The parent opens two sessions for each slot, which its contexts use by turns: while a job has
//! one, the next job's context is made with the other. A session lets nothing out before its job is taken and after that job has
//! ended. Contexts that a job makes itself use its session, or one more when they have a proxy of their own.

pub mod arguments;
mod chromium_arguments;
mod job_access;
pub mod questions;
mod rules;
mod slot_sessions;

use std::io;
use std::sync::Arc;

use egress::policy::Own;
use egress::{Counters, Layer, Limits, Policy, Proxy, Resolve, Session, Settings, SystemResolver, Upstream};

use self::chromium_arguments::ChromiumArguments;
pub(crate) use self::job_access::JobEvent;
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
    /// The way out of what is no job's: Chromium itself and its first context. Nothing leaves through it.
    closed: Session,
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
    /// The system gives no port.
    #[error("failed to listen for a browser's connections")]
    Listen(#[source] io::Error),
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
        let closed = proxy.open_closed().await.map_err(NetworkError::Listen)?;
        let limits = Limits {
            connections: usize::try_from(args.network.job_connections).unwrap_or(usize::MAX),
            bytes: args.network.job_network_bytes,
            ..Limits::default()
        };
        let operator = args.network.operator();
        Ok(Arc::new(Self { proxy, operator, limits, upstream, chromium_args: kept, closed }))
    }

    /// The numbers of all jobs so far.
    pub(crate) fn counters(&self) -> Counters {
        self.proxy.counters()
    }

    /// The flags for Chromium that are left of the operator's.
    pub(crate) fn chromium_args(&self) -> &[String] {
        &self.chromium_args
    }

    fn policy(&self) -> Policy {
        Policy::from(self.operator.clone())
    }
}

/// Checks the operator's flags for Chromium.
///
/// # Errors
/// A sentence that names the flag that goes past the guard.
pub fn check_chromium_args(args: &[String]) -> Result<(), NetworkError> {
    ChromiumArguments::read(args).map(drop).map_err(NetworkError::ChromiumArguments)
}
