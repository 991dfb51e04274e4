//! What one job may reach, and what it hears of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use egress::policy::Refusal;
use egress::upstream::ChosenBy;
use egress::{Admission, Counters, Limit, Observer, Session, Target, Upstream};
use job_model::{JobNetwork, Level, LogEntry, Timestamp, TokenNetwork};
use tokio::sync::mpsc;

use super::Network;
use super::namespace::NetworkNamespace;
use super::questions::{NetworkAnswer, NetworkQuestion};
use super::rules::{JobRules, proxy_server};

/// Contexts with proxies of their own that a job may have at the same time.
const MOST_PROXIES: usize = 200;
/// Numbers below this are the slot's own sessions.
const FIRST_NUMBER: u64 = 2;

/// What the guard has for the job that runs.
#[derive(Debug)]
pub(crate) enum JobEvent {
    /// A line for its log.
    Log(LogEntry),
    /// It is to end with this error.
    End(String),
}

/// The way out of the job that runs.
pub(super) struct JobAccess {
    network: Arc<Network>,
    /// Where its Chromium runs, unless that is the executor's own namespace.
    namespace: Option<Arc<NetworkNamespace>>,
    admission: Admission,
    upstream: Option<Upstream>,
    /// The sessions of contexts with proxies of their own, by number.
    more: BTreeMap<u64, Session>,
    next: u64,
    events: mpsc::UnboundedReceiver<JobEvent>,
}

impl JobAccess {
    /// Returns what a job gets of what the operator leaves open, by its own rules and its token's.
    ///
    /// # Errors
    /// The job's error, when its rules cannot be kept.
    pub(super) fn new(
        network: &Arc<Network>,
        namespace: Option<Arc<NetworkNamespace>>,
        (job, token): (Option<&JobNetwork>, Option<&TokenNetwork>),
    ) -> Result<Self, String> {
        let JobRules { policy, proxy } = JobRules::read(network.policy(), job, token)?;
        let upstream = network.chain(proxy)?;
        let (sender, events) = mpsc::unbounded_channel();
        let observer = Arc::new(Told { sender, bytes: network.limits.bytes, connections: network.limits.connections });
        let admission = network.proxy.admission(policy, network.limits.clone(), Some(observer)).dropping_failures();
        Ok(Self {
            network: Arc::clone(network),
            namespace,
            admission,
            upstream,
            more: BTreeMap::new(),
            next: FIRST_NUMBER,
            events,
        })
    }

    /// Lets the job out through a session.
    pub(super) fn admit_to(&self, session: &Session) {
        session.admit(&self.admission, self.upstream.clone());
    }

    /// Tells whether the job's requests go to a proxy that speaks HTTP.
    pub(super) fn needs_http(&self) -> bool {
        self.upstream.as_ref().is_some_and(Upstream::speaks_http)
    }

    /// Waits for the next thing that the job is to hear of. Cancel safe.
    pub(super) async fn event(&mut self) -> JobEvent {
        match self.events.recv().await {
            Some(event) => event,
            // The admission, which holds the sender, lives as long as this.
            None => std::future::pending().await,
        }
    }

    /// Returns what the job used so far.
    pub(super) fn counters(&self) -> Counters {
        self.admission.counters()
    }

    /// Returns what has happened and was not told yet.
    pub(super) fn rest(&mut self) -> Vec<JobEvent> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    /// Answers a question of the slot. `session` finds the slot's own sessions.
    pub(super) async fn answer<'a>(
        &'a mut self,
        question: NetworkQuestion,
        session: impl FnOnce(u64) -> Option<&'a Session>,
    ) -> NetworkAnswer {
        match question {
            NetworkQuestion::Outcome { proxy, target } => {
                let session = self.more.get(&proxy).or_else(|| session(proxy));
                let known = session.zip(Target::parse_authority(&target).ok());
                let failure = known.as_ref().and_then(|(session, target)| session.failure_of(target));
                NetworkAnswer::Outcome {
                    net_error: failure.as_ref().map(|failure| failure.net_error().to_owned()),
                    sentence: failure.map(|failure| failure.to_string()),
                    address: known.and_then(|(session, target)| session.remote_address_of(&target)),
                }
            }
            NetworkQuestion::Open { server, bypass } => match self.open(&server, &bypass).await {
                Ok((proxy, server)) => NetworkAnswer::Opened { proxy, server },
                Err(reason) => NetworkAnswer::Refused(reason),
            },
        }
    }

    async fn open(&mut self, server: &str, bypass: &[String]) -> Result<(u64, String), String> {
        if self.more.len() >= MOST_PROXIES {
            return Err(format!("Limit of {MOST_PROXIES} browser contexts with proxies of their own exceeded"));
        }
        let upstream = proxy_server(server, &bypass.join(","), ChosenBy::Job)?;
        let upstream = self.network.chain(upstream)?;
        let opened = self.network.open_closed(self.namespace.as_ref()).await;
        let session = opened.map_err(|error| format!("failed to open the way to the proxy: {error}"))?;
        session.admit(&self.admission, upstream);
        let number = self.next;
        self.next += 1;
        let server = session.proxy_server();
        self.more.insert(number, session);
        Ok((number, server))
    }

    /// Closes the session of a context with a proxy of its own.
    pub(super) fn close(&mut self, number: u64) {
        self.more.remove(&number);
    }
}

impl Network {
    /// The proxy for a job that names one, or none. The operator's own proxy is not to be left.
    fn chain(&self, of_job: Option<Upstream>) -> Result<Option<Upstream>, String> {
        match (&self.upstream, of_job) {
            (Some(_), Some(_)) => {
                Err("the executor reaches the network through a proxy of its own: a job cannot name another".to_owned())
            }
            (Some(operator), None) => Ok(Some(operator.clone())),
            (None, of_job) => Ok(of_job),
        }
    }
}

/// Tells the job's log of refusals, each of which the guard tells once.
struct Told {
    sender: mpsc::UnboundedSender<JobEvent>,
    bytes: u64,
    connections: usize,
}

impl Told {
    fn warn(&self, message: String) {
        let message = message.chars().take(500).collect();
        // Nobody hears it when the job has ended.
        let _ = self.sender.send(JobEvent::Log(LogEntry { time: Timestamp::now(), level: Level::Warn, message }));
    }
}

impl Observer for Told {
    fn refused(&self, refusal: &Refusal) {
        self.warn(format!("Network: {refusal}"));
    }

    fn more_are_refused(&self) {
        self.warn("Network: what else is refused is not logged any more".to_owned());
    }

    fn proxy_failed(&self, reason: &str) {
        self.warn(format!("Network: the proxy {reason}"));
    }

    fn limit_reached(&self, limit: Limit) {
        match limit {
            Limit::Connections => self.warn(format!(
                "Network: limit of {} connections at the same time (JOB_CONNECTIONS) reached, further ones fail",
                self.connections
            )),
            Limit::Bytes => {
                let text = format!("Limit of {} bytes sent and received (JOB_NETWORK_BYTES) exceeded", self.bytes);
                // Nobody hears it when the job has ended.
                let _ = self.sender.send(JobEvent::End(text));
            }
        }
    }
}
