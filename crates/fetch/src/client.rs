//! A job's requests: how many, how many at a time, and over which connections.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::dial::{Carries, Dial, DialError, Stream};
use crate::error::{Error, of_hyper};
use crate::exchange::{Head, Response, Surroundings, answer};
use crate::outgoing::{Request, RequestBody};
use crate::pool::{Link, Origin, Pool};
use crate::ports;
use crate::tls::{Certificates, Roots, Tls};

/// The most that is read ahead of one connection, in bytes.
const READ_AHEAD: usize = 128 << 10;
/// The longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// How many headers an answer may have.
const MOST_HEADERS: usize = 512;

/// What a job's requests may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of the job, each hop of a redirect counted (JOB_FETCHES).
    pub requests: u64,
    /// Exchanges at a time; further ones wait.
    pub at_once: usize,
    /// From the wish for a connection to one that stands, TLS included. As long as Node's.
    pub connect_timeout: Duration,
    /// From the request to the head of the answer. As long as Node's.
    pub headers_timeout: Duration,
    /// Between two pieces of a body. As long as Node's.
    pub body_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 100_000,
            at_once: 64,
            connect_timeout: Duration::from_secs(10),
            headers_timeout: Duration::from_secs(300),
            body_timeout: Duration::from_secs(300),
        }
    }
}

/// Makes the requests of one job.
pub struct Client {
    dial: Box<dyn Dial>,
    tls: Tls,
    limits: Limits,
    pool: Arc<Pool>,
    permits: Arc<Semaphore>,
    made: Cell<u64>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("made", &self.made).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Client {
    /// A client without a connection yet.
    pub fn new(dial: Box<dyn Dial>, roots: Roots, certificates: Certificates, limits: Limits) -> Self {
        let permits = Arc::new(Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS)));
        let tls = Tls::new(roots, certificates);
        Self { dial, tls, limits, pool: Arc::default(), permits, made: Cell::new(0) }
    }

    /// Sends a request, and answers once the head of its answer is there. Dropped before, the request is given up.
    ///
    /// # Errors
    /// Why there is no answer. A status is none of the reasons.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        if self.made.get() >= self.limits.requests {
            return Err(Error::TooMany(self.limits.requests));
        }
        self.made.set(self.made.get() + 1);
        let carries = match request.url.scheme() {
            "http" => Carries::Requests,
            "https" => Carries::Tls,
            _ => return Err(Error::Scheme),
        };
        let (Some(host), Some(port)) = (request.url.host_str(), request.url.port_or_known_default()) else {
            return Err(Error::Scheme);
        };
        if ports::is_blocked(port) {
            return Err(Error::BadPort);
        }
        let head = Head::of(&request)?;
        let origin: Origin = (request.url.scheme().to_owned(), host.to_owned(), port);
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::Closed)?;
        let (link, response) = self.exchange(&origin, carries, &head, request.body).await?;
        let surroundings = Surroundings {
            pool: Arc::clone(&self.pool),
            bad_certificate: carries == Carries::Tls && self.tls.take_bad(&origin.1),
            origin,
            permit,
            body_timeout: self.limits.body_timeout,
        };
        Ok(answer(&head, response, link, surroundings))
    }

    /// Sends the request over a connection that waits, if there is one. The server may have closed that one just now: then a new
    /// connection is made, if the request can be sent twice.
    async fn exchange(
        &self,
        origin: &Origin,
        carries: Carries,
        head: &Head,
        mut body: RequestBody,
    ) -> Result<(Link, hyper::Response<hyper::body::Incoming>), Error> {
        if let Some(mut link) = self.pool.take(origin) {
            let again = body.again();
            let request = head.request(link.is_proxy, body)?;
            let sent = timeout(self.limits.headers_timeout, link.sender.try_send_request(request)).await;
            match sent.map_err(|_| Error::HeadersTimeout)? {
                Ok(response) => return Ok((link, response)),
                Err(mut error) => match (error.take_message(), again) {
                    // It was not sent.
                    (Some(request), _) => body = request.into_body(),
                    (None, Some(again)) if head.method.is_idempotent() && was_closed(error.error()) => body = again,
                    (None, _) => return Err(of_hyper(error.error())),
                },
            }
        }
        let mut link = self.connect(origin, carries).await?;
        let request = head.request(link.is_proxy, body)?;
        let sent = timeout(self.limits.headers_timeout, link.sender.send_request(request)).await;
        let response = sent.map_err(|_| Error::HeadersTimeout)?.map_err(|error| {
            let (_, host, port) = origin;
            let told = link.is_proxy.then(|| self.dial.failure_of(host, *port)).flatten();
            told.map_or_else(|| of_hyper(&error), |source| Error::Dial { host: host.clone(), port: *port, source })
        })?;
        Ok((link, response))
    }

    async fn connect(&self, origin: &Origin, carries: Carries) -> Result<Link, Error> {
        let (_, host, port) = origin;
        let failed = |source| Error::Dial { host: host.clone(), port: *port, source };
        let connecting = async {
            let connection = self.dial.dial(host, *port, carries).await.map_err(failed)?;
            let stream: Box<dyn Stream> = match carries {
                Carries::Requests => connection.stream,
                Carries::Tls => Box::new(self.tls.connect(host, connection.stream).await?),
            };
            let handshake = http1::Builder::new()
                .max_buf_size(READ_AHEAD)
                .max_header_size(LONGEST_HEAD)
                .max_headers(MOST_HEADERS)
                .handshake(TokioIo::new(stream))
                .await;
            let (sender, driver) = handshake.map_err(|error| of_hyper(&error))?;
            // The next request over the connection sees its end.
            let driver = AbortOnDropHandle::new(tokio::spawn(async move { drop(driver.await) }));
            Ok(Link { sender, is_proxy: connection.is_proxy, _driver: driver })
        };
        timeout(self.limits.connect_timeout, connecting).await.unwrap_or_else(|_| Err(failed(DialError::TimedOut)))
    }
}

fn was_closed(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || matches!(of_hyper(error), Error::Closed | Error::Reset)
}
