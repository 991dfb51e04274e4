//! Where connections come from.

use futures::future::LocalBoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

/// What bytes go through to a server.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection.
pub struct Connection {
    /// The way to the server.
    pub stream: Box<dyn Stream>,
    /// A proxy of HTTP takes the requests: they name their target in full
    /// ([RFC 9112, 3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)).
    pub is_proxy: bool,
}

/// Whether the connection is to carry requests as they are, or TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carries {
    /// Requests of `http:`.
    Requests,
    /// TLS, in which the requests are.
    Tls,
}

/// Opens connections, and decides which.
pub trait Dial {
    /// Opens a connection to a host, a name or an address in brackets where it has colons, and a port.
    ///
    /// Dropped, the future gives the connection up.
    fn dial(&self, host: &str, port: u16, carries: Carries) -> LocalBoxFuture<'static, Result<Connection, DialError>>;

    /// Why a proxy closed a connection without sending the request, if it says so.
    fn failure_of(&self, _host: &str, _port: u16) -> Option<DialError> {
        None
    }
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// It is not allowed, in the words of who decides.
    #[error("{0}")]
    Refused(String),
    /// The name has no address.
    #[error("the name could not be resolved")]
    NameNotResolved,
    /// Nobody listens there.
    #[error("the connection was refused")]
    ConnectionRefused,
    /// No route leads there.
    #[error("the host could not be reached")]
    Unreachable,
    /// There was no answer in time.
    #[error("the host did not answer in time")]
    TimedOut,
    /// It failed in another way.
    #[error("the connection failed")]
    Failed,
    /// The proxy on the way failed, in its words.
    #[error("{0}")]
    Proxy(String),
    /// There is nobody to open connections.
    #[error("{0}")]
    Unavailable(String),
}
