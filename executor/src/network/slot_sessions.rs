//! One slot's ways out.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use egress::{Counters, Session};
use tokio::task::spawn_blocking;

use super::Network;
use super::job_access::{JobAccess, JobEvent};
use super::namespace::{NetworkNamespace, SlotNamespaces};
use super::questions::{NetworkAnswer, NetworkQuestion, SlotProxies};
use crate::protocol::JobOrder;

/// A slot's two sessions, and the job that is let out through one of them.
pub(crate) struct SlotSessions {
    network: Arc<Network>,
    /// Where slot and Chromium run, unless that is the executor's own namespace.
    namespace: Option<Arc<NetworkNamespace>>,
    /// The way out of what is not a job's: Chromium itself and its first context. Nothing leaves through it.
    closed: Session,
    sessions: [Session; 2],
    /// The one that the page uses which waits for a job, or has one.
    current: usize,
    job: Option<JobAccess>,
}

impl SlotSessions {
    /// Opens both, closed to everything, in a namespace of the slot's own where slots have one.
    ///
    /// # Errors
    /// When the system gives no namespace or no port.
    pub(crate) async fn open(network: &Arc<Network>) -> io::Result<Self> {
        let namespace = match network.namespaces {
            SlotNamespaces::On => {
                let created = spawn_blocking(NetworkNamespace::create).await.map_err(io::Error::other)?;
                Some(Arc::new(created?))
            }
            SlotNamespaces::Off | SlotNamespaces::Impossible(_) => None,
        };
        let open = || network.open_closed(namespace.as_ref());
        let (closed, sessions) = (open().await?, [open().await?, open().await?]);
        Ok(Self { network: Arc::clone(network), namespace, closed, sessions, current: 0, job: None })
    }

    /// Returns the namespaces that slot and Chromium enter, in this order.
    pub(crate) fn namespaces(&self) -> Vec<Arc<OwnedFd>> {
        self.namespace.as_ref().map(|namespace| namespace.descriptors()).unwrap_or_default()
    }

    /// Returns what the slot is told of them.
    pub(crate) fn proxies(&self) -> SlotProxies {
        SlotProxies {
            closed: self.closed.address().to_string(),
            contexts: [&self.sessions[0], &self.sessions[1]].map(|session| session.address().to_string()),
        }
    }

    /// The slot's page waits behind this one.
    pub(crate) fn waits_behind(&mut self, proxy: usize) {
        self.current = proxy.min(self.sessions.len() - 1);
    }

    /// Lets a job out. Notes in the order how its page is to talk to the session.
    ///
    /// # Errors
    /// The job's error, when its rules cannot be kept. Then nothing is let out.
    pub(crate) fn admit(&mut self, order: &mut JobOrder) -> Result<(), String> {
        let rules = (order.network.as_ref(), order.network_token.as_ref());
        let job = JobAccess::new(&self.network, self.namespace.clone(), rules)?;
        order.http_proxy = job.needs_http();
        job.admit_to(&self.sessions[self.current]);
        self.job = Some(job);
        Ok(())
    }

    /// Returns what the job was not told of so far.
    pub(crate) fn untold(&mut self) -> Vec<JobEvent> {
        self.job.as_mut().map(JobAccess::rest).unwrap_or_default()
    }

    /// Lets nothing out any more, and returns what the job did not hear of yet and what it has used.
    pub(crate) fn withdraw(&mut self) -> Option<(Vec<JobEvent>, Counters)> {
        self.sessions.iter().for_each(Session::withdraw);
        self.job.take().map(|mut job| (job.rest(), job.counters()))
    }

    /// Waits for the next thing that the job is to hear of. Cancel safe.
    pub(crate) async fn event(&mut self) -> JobEvent {
        match &mut self.job {
            Some(job) => job.event().await,
            None => std::future::pending().await,
        }
    }

    /// Answers a question of the slot about its job.
    pub(crate) async fn answer(&mut self, question: NetworkQuestion) -> NetworkAnswer {
        let Self { sessions, job, .. } = self;
        let own = |number: u64| usize::try_from(number).ok().and_then(|number| sessions.get(number));
        match job {
            Some(job) => job.answer(question, own).await,
            None => NetworkAnswer::Refused("no job is let out".to_owned()),
        }
    }

    /// Opens a connection to the guard for requests of the job itself.
    ///
    /// # Errors
    /// When the system has no descriptors left, or too many wait.
    pub(crate) fn connect(&self) -> io::Result<OwnedFd> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        let near = tokio::net::UnixStream::from_std(near)?;
        if self.sessions[self.current].attach(near) {
            Ok(far.into())
        } else {
            Err(io::Error::other("too many connections wait"))
        }
    }

    /// Closes the session of a context with a proxy of its own.
    pub(crate) fn close(&mut self, proxy: u64) {
        if let Some(job) = &mut self.job {
            job.close(proxy);
        }
    }
}
