//! Why a connection to a target did not come about.

use std::io;

use hyper::header::HeaderValue;

use crate::policy::Refusal;
use crate::record::Limit;
use crate::target::TargetError;

/// Why a connection did not come about. `Display` is the short body of the answer; it names no address that was looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The policy does not allow the connection.
    #[error("{0}")]
    Refused(Refusal),
    /// The request names no target that can be read.
    #[error("{0}")]
    Malformed(#[from] TargetError),
    /// The name has no address.
    #[error("the name could not be resolved")]
    NameNotResolved,
    /// The target answered that nobody listens.
    #[error("the connection was refused by the target")]
    ConnectionRefused,
    /// No route leads to the target.
    #[error("the target could not be reached")]
    AddressUnreachable,
    /// The target, the resolver or the upstream proxy did not answer within [`Limits::connect_timeout`](crate::Limits).
    #[error("the target did not answer in time")]
    TimedOut,
    /// The connection failed in another way.
    #[error("the connection to the target failed")]
    ConnectionFailed,
    /// The upstream proxy could not be used, or did not do what was asked. The text tells what happened, without credentials.
    #[error("the upstream proxy failed: {0}")]
    Upstream(String),
    /// The upstream proxy wants credentials, and whoever named the proxy gave none: the browser is asked.
    #[error("the upstream proxy {upstream} wants credentials")]
    CredentialsWanted {
        /// The proxy, without credentials.
        upstream: String,
        /// What kinds of credentials it takes: its headers
        /// [`Proxy-Authenticate`](https://www.rfc-editor.org/rfc/rfc9110#section-11.7.1).
        challenges: Vec<HeaderValue>,
    },
    /// The session is at one of its limits.
    #[error("{0}")]
    LimitReached(Limit),
}

impl Failure {
    /// Returns the error of Chromium that a connection without a proxy would have failed with.
    ///
    /// A proxy can only tell Chromium that a tunnel failed. Whoever reports errors to a user can put this name in the place of
    /// `net::ERR_SOCKS_CONNECTION_FAILED` or `net::ERR_TUNNEL_CONNECTION_FAILED`. The names are those of Chromium's
    /// [net_error_list.h](https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h).
    pub fn net_error(&self) -> &'static str {
        match self {
            Self::Refused(_) | Self::LimitReached(_) => "net::ERR_BLOCKED_BY_CLIENT",
            Self::Malformed(_) => "net::ERR_INVALID_URL",
            Self::NameNotResolved => "net::ERR_NAME_NOT_RESOLVED",
            Self::ConnectionRefused => "net::ERR_CONNECTION_REFUSED",
            Self::AddressUnreachable => "net::ERR_ADDRESS_UNREACHABLE",
            Self::TimedOut => "net::ERR_CONNECTION_TIMED_OUT",
            Self::ConnectionFailed => "net::ERR_CONNECTION_FAILED",
            Self::Upstream(_) => "net::ERR_PROXY_CONNECTION_FAILED",
            // What Chromium itself says of a tunnel that a proxy wants credentials for.
            Self::CredentialsWanted { .. } => "net::ERR_TUNNEL_CONNECTION_FAILED",
        }
    }

    pub(crate) fn of_dial(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => {
                Self::AddressUnreachable
            }
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::ConnectionFailed,
        }
    }
}
