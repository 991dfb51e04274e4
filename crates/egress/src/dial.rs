//! From a target to a stream: look up, judge, dial. Nothing else in this crate opens a connection.
//!
//! A name is looked up once for each connection, and what is dialled is an address of that answer which has passed the policy. No
//! answer is kept.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use hyper::header::HeaderValue;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::policy::Refusal;
use crate::record::Outcome;
use crate::session::Guard;
use crate::stream::BoxStream;
use crate::target::{Host, Target};
use crate::upstream::{ChosenBy, Upstream};

/// How long one address may take before the next one is tried beside it
/// ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305#section-8) recommends this).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// How many addresses of an answer are looked at.
const MOST_ADDRESSES: usize = 64;

/// How long a lookup may take whose answer only the policy needs. Behind an upstream proxy there may be no resolver at all.
const LOOKUP_FOR_UPSTREAM: Duration = Duration::from_secs(2);

impl Guard {
    /// Opens a stream to a target, through the upstream proxy if there is one, and notes how it went. `authorization` is what the
    /// browser says to a proxy that has asked it for credentials.
    ///
    /// # Errors
    ///
    /// [`Failure`]: why there is no stream.
    pub(crate) async fn dial(&self, target: &Target, authorization: Option<HeaderValue>) -> Result<BoxStream, Failure> {
        let dialling = async {
            let Some(upstream) = self.upstream_for(target) else {
                let stream = self.dial_direct(target).await?;
                let address = stream.peer_addr().ok();
                return Ok((Box::new(stream) as BoxStream, address));
            };
            let judged = self.judge_for_upstream(upstream, target).await?;
            let stream = self.dial_upstream(upstream).await?;
            Ok((upstream.tunnel(stream, &judged, authorization).await?, None))
        };
        self.noted(target, dialling).await
    }

    /// Opens a stream that takes plain HTTP requests for a target: to the target, or to an upstream proxy of HTTP.
    ///
    /// # Errors
    ///
    /// [`Failure`]: why there is no stream.
    pub(crate) async fn dial_for_requests(&self, target: &Target) -> Result<BoxStream, Failure> {
        let Some(upstream) = self.upstream_for(target).filter(|upstream| upstream.speaks_http()) else {
            return self.dial(target, None).await;
        };
        let dialling = async {
            self.judge_for_upstream(upstream, target).await?;
            Ok((self.dial_upstream(upstream).await?, None))
        };
        self.noted(target, dialling).await
    }

    /// Judges one more request over a stream of [`Guard::dial_for_requests`]: an upstream proxy looks the name up each time.
    ///
    /// # Errors
    ///
    /// Why the request is not to be sent.
    pub(crate) async fn judge_request(&self, target: &Target) -> Result<(), Failure> {
        let Some(upstream) = self.upstream_for(target).filter(|upstream| upstream.speaks_http()) else { return Ok(()) };
        let judged = timeout(self.limits.connect_timeout, self.judge_for_upstream(upstream, target)).await;
        judged.unwrap_or(Err(Failure::TimedOut)).map(drop).inspect_err(|failure| {
            self.record.note(target, Outcome::Failed(failure.clone()));
        })
    }

    /// Gives the dialling its time and notes how it went.
    async fn noted(
        &self,
        target: &Target,
        dialling: impl Future<Output = Result<(BoxStream, Option<SocketAddr>), Failure>>,
    ) -> Result<BoxStream, Failure> {
        match timeout(self.limits.connect_timeout, dialling).await.unwrap_or(Err(Failure::TimedOut)) {
            Ok((stream, address)) => {
                self.record.note(target, Outcome::Reached(address));
                Ok(stream)
            }
            Err(failure) => {
                self.record.note(target, Outcome::Failed(failure.clone()));
                Err(failure)
            }
        }
    }

    async fn dial_direct(&self, target: &Target) -> Result<TcpStream, Failure> {
        self.policy.judge_name(target, &self.shared.own()).map_err(Failure::Refused)?;
        let addresses = self.look_up(&target.host).await?;
        dial_any(&self.judged(target, &addresses)?, target.port).await
    }

    /// Returns those of the addresses that the policy allows; the refusal of the first, when it allows none.
    fn judged(&self, target: &Target, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Failure> {
        let mut allowed = Vec::new();
        let mut refusal = None;
        for address in addresses {
            match self.judge_address(target, *address) {
                Ok(()) => allowed.push(*address),
                Err(refused) => refusal = refusal.or(Some(refused)),
            }
        }
        match refusal {
            Some(refusal) if allowed.is_empty() => Err(Failure::Refused(refusal)),
            _ => Ok(allowed),
        }
    }

    fn judge_address(&self, target: &Target, address: IpAddr) -> Result<(), Refusal> {
        self.refuse_ourselves(target, address)?;
        self.policy.judge(target, address, &self.shared.own())
    }

    /// Refuses the addresses where this proxy itself listens for other sessions, whatever the policy.
    fn refuse_ourselves(&self, target: &Target, address: IpAddr) -> Result<(), Refusal> {
        if self.shared.listens_at(SocketAddr::new(address, target.port)) {
            return Err(Refusal { target: target.clone(), rule: "the proxy itself listens there".to_owned() });
        }
        Ok(())
    }

    /// Judges a target that an upstream proxy will connect to.
    ///
    /// The upstream proxy picks among the addresses, so one that is refused refuses the target. A name that has no address here
    /// is judged by the name alone.
    async fn judge_for_upstream(&self, upstream: &Upstream, target: &Target) -> Result<Target, Failure> {
        self.policy.judge_name(target, &self.shared.own()).map_err(Failure::Refused)?;
        let looked_up = timeout(LOOKUP_FOR_UPSTREAM, self.look_up(&target.host)).await;
        let addresses = looked_up.ok().and_then(Result::ok).unwrap_or_default();
        for address in &addresses {
            self.judge_address(target, *address).map_err(Failure::Refused)?;
        }
        if !upstream.takes_names() {
            let address = *addresses.first().ok_or(Failure::NameNotResolved)?;
            return Ok(SocketAddr::new(address, target.port).into());
        }
        if addresses.is_empty() {
            self.policy.judge_unresolved(target, &self.shared.own()).map_err(Failure::Refused)?;
        }
        Ok(target.clone())
    }

    /// Connects to the upstream proxy. One that a job chose is a target of the job, and judged as such.
    async fn dial_upstream(&self, upstream: &Upstream) -> Result<BoxStream, Failure> {
        let target = upstream.target();
        let stream = match upstream.chosen_by() {
            ChosenBy::Job => self.dial_direct(target).await,
            ChosenBy::Operator => match self.look_up(&target.host).await {
                Ok(addresses) => dial_any(&addresses, target.port).await,
                Err(failure) => Err(failure),
            },
        };
        let stream = stream.map_err(|failure| match failure {
            Failure::Refused(_) => failure,
            other => Failure::Upstream(format!("{upstream} cannot be connected to: {other}")),
        })?;
        upstream.secure(stream, || self.shared.upstream_tls()).await
    }

    /// Returns every address of a host. `localhost` is this machine, as
    /// [RFC 6761](https://www.rfc-editor.org/rfc/rfc6761#section-6.3) has it and browsers do it.
    async fn look_up(&self, host: &Host) -> Result<Vec<IpAddr>, Failure> {
        let name = match host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let answer = {
            let _permit = self.shared.lookups.acquire().await.map_err(|_| Failure::NameNotResolved)?;
            self.shared.resolver.resolve(name).await
        };
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in answer.map_err(|_| Failure::NameNotResolved)?.into_iter().take(MOST_ADDRESSES) {
            let address = address.to_canonical();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(Failure::NameNotResolved) } else { Ok(addresses) }
    }
}

/// Dials the addresses in their order; each has a head start before the next one is dialled beside it. The first to answer counts.
async fn dial_any(addresses: &[IpAddr], port: u16) -> Result<TcpStream, Failure> {
    let mut waiting = addresses.iter();
    let mut dialling = FuturesUnordered::new();
    let mut first_error: Option<io::Error> = None;
    loop {
        match waiting.next() {
            Some(address) => dialling.push(TcpStream::connect((*address, port))),
            None if dialling.is_empty() => break,
            None => {}
        }
        let head_start = if waiting.len() == 0 { Duration::MAX } else { NEXT_ADDRESS };
        match timeout(head_start, dialling.next()).await {
            Ok(Some(Ok(stream))) => {
                stream.set_nodelay(true).ok();
                return Ok(stream);
            }
            Ok(Some(Err(error))) => first_error = first_error.or(Some(error)),
            Ok(None) | Err(_) => {}
        }
    }
    Err(first_error.map_or(Failure::AddressUnreachable, |error| Failure::of_dial(&error)))
}
