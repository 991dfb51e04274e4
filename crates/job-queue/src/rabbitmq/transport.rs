//! The stream below a connection: TCP, or TLS over it, by the one rustls that all of us use.
//!
//! lapin brings TLS only together with readers of certificates and keys in PKCS#12, which nobody here needs and which are
//! thirty crates. It takes whatever stream its runtime has: so the runtime is tokio's, with a stream of ours.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_rs::traits::{Executor, Reactor, RuntimeKit};
use async_rs::util::Task;
use async_rs::{Runtime, Tokio};
use futures::io::{AsyncRead, AsyncWrite};
use futures::stream::Stream;
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use tokio_util::either::Either;

/// What lapin reads and writes.
pub(super) type Transport = Compat<Either<TcpStream, TlsStream<TcpStream>>>;

/// Opens the stream to one of a node's addresses. `connected` sees the socket before the first byte.
///
/// # Errors
/// No address answers, or the certificate is not what `tls` believes.
pub(super) async fn open(
    (host, port): (&str, u16),
    tls: Option<&Arc<ClientConfig>>,
    connected: impl FnOnce(&TcpStream) -> io::Result<()>,
) -> io::Result<Transport> {
    let stream = connect((host, port)).await?;
    connected(&stream)?;
    let Some(tls) = tls else { return Ok(Either::Left(stream).compat()) };
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    Ok(Either::Right(TlsConnector::from(tls.clone()).connect(name, stream).await?).compat())
}

async fn connect(address: impl ToSocketAddrs) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn plain(address: SocketAddr) -> io::Result<Transport> {
    Ok(Either::Left(connect(address).await?).compat())
}

/// Tokio, as lapin sees it.
#[derive(Clone, Debug)]
pub(super) struct Kit(Tokio);

/// The runtime that calls this.
pub(super) fn runtime() -> Runtime<Kit> {
    Runtime::new(Kit(Tokio::current()))
}

impl RuntimeKit for Kit {}

impl Executor for Kit {
    type Task<T: Send + 'static> = <Tokio as Executor>::Task<T>;

    fn block_on<T, F: Future<Output = T>>(&self, future: F) -> T {
        self.0.block_on(future)
    }

    fn spawn<T: Send + 'static, F: Future<Output = T> + Send + 'static>(&self, future: F) -> Task<Self::Task<T>> {
        self.0.spawn(future)
    }

    fn spawn_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(&self, work: F) -> Task<Self::Task<T>> {
        self.0.spawn_blocking(work)
    }
}

impl Reactor for Kit {
    type TcpStream = Transport;
    type Sleep = <Tokio as Reactor>::Sleep;

    /// For sockets that somebody else opened, which lapin has none of.
    fn register<H: Read + Write + Send + 'static>(
        &self,
        _socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        Err::<Transport, _>(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        plain(address)
    }
}
