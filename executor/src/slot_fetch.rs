//! The job's own requests, in the slot: HTTP is spoken here, where hostile answers meet nothing but a locked process. What the slot lacks,
//! a socket, comes from the parent, and leads to the guard and nowhere else.

use std::os::unix::net::UnixStream;
use std::rc::Rc;

use fetch::{Carries, Certificates, Client, Connection, Dial, DialError, Limits, Roots};
use futures::future::LocalBoxFuture;
use http_body_util::Empty;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use crate::chromiums::client::ChromiumClient;
use crate::protocol::{FromSlot, SlotSettings};
use crate::slot_network::SlotNetwork;
use crate::slot_pipe::say;

/// What the requests of a slot's jobs need.
pub(crate) struct SlotFetch {
    pub(crate) chromiums: ChromiumClient,
    pub(crate) network: Rc<SlotNetwork>,
    /// Opened before the slot was locked.
    pub(crate) roots: Roots,
}

/// What one job says of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobWay {
    /// Which of the slot's proxies its page is behind.
    pub(crate) proxy: usize,
    /// A proxy beyond the guard is to be sent plain requests.
    pub(crate) http_proxy: bool,
    pub(crate) ignore_https_errors: bool,
}

impl SlotFetch {
    /// Makes the client of one job's requests.
    pub(crate) fn client(&self, settings: &SlotSettings, way: JobWay) -> Client {
        let dial = GuardedDial { chromiums: self.chromiums.clone(), network: Rc::clone(&self.network), way };
        let certificates = if way.ignore_https_errors { Certificates::Any } else { Certificates::Valid };
        let limits = Limits { requests: settings.job_fetches, ..Limits::default() };
        Client::new(Box::new(dial), self.roots.clone(), certificates, limits)
    }
}

/// Connects through the guard.
#[derive(Clone)]
struct GuardedDial {
    chromiums: ChromiumClient,
    network: Rc<SlotNetwork>,
    way: JobWay,
}

impl Dial for GuardedDial {
    fn dial(&self, host: &str, port: u16, carries: Carries) -> LocalBoxFuture<'static, Result<Connection, DialError>> {
        let (dial, target) = (self.clone(), format!("{host}:{port}"));
        Box::pin(async move { dial.connect(&target, carries).await })
    }

    fn failure_of(&self, host: &str, port: u16) -> Option<DialError> {
        self.told(&format!("{host}:{port}"))
    }
}

impl GuardedDial {
    async fn connect(&self, target: &str, carries: Carries) -> Result<Connection, DialError> {
        let stream = self.open().await?;
        if self.way.http_proxy && carries == Carries::Requests {
            return Ok(Connection { stream: Box::new(stream), is_proxy: true });
        }
        let refused = || self.told(target).unwrap_or(DialError::Failed);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| DialError::Failed)?;
        let driver = AbortOnDropHandle::new(tokio::spawn(connection.with_upgrades()));
        let request = Request::builder().method(Method::CONNECT).uri(target).body(Empty::<bytes::Bytes>::new());
        let request = request.map_err(|_| DialError::Failed)?;
        // A session at its limit of connections closes this one without a word.
        let response = sender.send_request(request).await.map_err(|_| refused())?;
        if response.status() != StatusCode::OK {
            return Err(refused());
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(|_| DialError::Failed)?;
        drop(driver);
        Ok(Connection { stream: Box::new(TokioIo::new(upgraded)), is_proxy: false })
    }

    async fn open(&self) -> Result<tokio::net::UnixStream, DialError> {
        let asked = self.chromiums.connection(|number| say(&FromSlot::Connect(number))).await;
        let socket = asked.ok_or_else(|| DialError::Unavailable("the executor opened no connection".to_owned()))?;
        let stream = UnixStream::from(socket);
        let stream = stream.set_nonblocking(true).and_then(|()| tokio::net::UnixStream::from_std(stream));
        stream.map_err(|error| DialError::Unavailable(format!("failed to use a connection of the executor's: {error}")))
    }

    /// What the guard says of the latest connection to a target.
    fn told(&self, target: &str) -> Option<DialError> {
        let (net_error, sentence) = self.network.failure_of(self.way.proxy, target)?;
        Some(match net_error.as_str() {
            "net::ERR_BLOCKED_BY_CLIENT" => DialError::Refused(sentence),
            "net::ERR_NAME_NOT_RESOLVED" => DialError::NameNotResolved,
            "net::ERR_CONNECTION_REFUSED" => DialError::ConnectionRefused,
            "net::ERR_ADDRESS_UNREACHABLE" => DialError::Unreachable,
            "net::ERR_CONNECTION_TIMED_OUT" => DialError::TimedOut,
            "net::ERR_PROXY_CONNECTION_FAILED" => DialError::Proxy(sentence),
            _ => DialError::Failed,
        })
    }
}
