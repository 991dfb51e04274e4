//! What goes wrong with a request, and how Node tells it.

use serde::Serialize;

use crate::dial::DialError;

/// Why there is no answer, or no more of its body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The job has made as many requests as it may.
    #[error("Limit of {0} requests by fetch (JOB_FETCHES) exceeded")]
    TooMany(u64),
    /// The URL has another scheme than `http` or `https`, or no host.
    #[error("unknown scheme")]
    Scheme,
    /// The port belongs to a service that is not HTTP ([Fetch](https://fetch.spec.whatwg.org/#port-blocking)).
    #[error("bad port")]
    BadPort,
    /// A header cannot be sent.
    #[error("the header {0:?} cannot be sent")]
    Header(String),
    /// There is no connection to the host and port.
    #[error("failed to connect to {host}:{port}: {source}")]
    Dial {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// Why.
        source: DialError,
    },
    /// The server's certificate is not valid.
    #[error("{message}")]
    Certificate {
        /// Node's name of the reason.
        code: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// TLS failed in another way.
    #[error("{0}")]
    Tls(String),
    /// The head of the answer did not come in time.
    #[error("Headers Timeout Error")]
    HeadersTimeout,
    /// The head of the answer is too long.
    #[error("Headers Overflow Error")]
    HeadersOverflow,
    /// No more of the body came for too long.
    #[error("Body Timeout Error")]
    BodyTimeout,
    /// The server closed the connection before the end.
    #[error("other side closed")]
    Closed,
    /// The connection was reset.
    #[error("read ECONNRESET")]
    Reset,
    /// What came is not HTTP/1.1.
    #[error("Response does not match the HTTP/1.1 protocol")]
    Malformed,
    /// The body is not what its `content-encoding` says.
    #[error("the body is not {0}")]
    Encoding(&'static str),
    /// The body to be sent broke off.
    #[error("the request's body broke off")]
    Upload,
}

/// An error as the `cause` of Node's `TypeError: fetch failed`
/// ([undici's errors](https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md),
/// [Node's codes](https://nodejs.org/api/errors.html#common-system-errors)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeError {
    /// Its class, `Error` as a rule.
    pub name: &'static str,
    /// Its text.
    pub message: String,
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The number of a system's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<i32>,
    /// What Node had asked the system for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syscall: Option<&'static str>,
    /// The name that has no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Where the connection was to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

impl NodeError {
    fn new(name: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { name, message, code, errno: None, syscall: None, hostname: None, address: None, port: None }
    }

    fn of_connect(code: &'static str, errno: i32, host: &str, port: u16) -> Self {
        Self {
            errno: Some(errno),
            syscall: Some("connect"),
            address: Some(host.to_owned()),
            port: Some(port),
            ..Self::new("Error", Some(code), format!("connect {code} {host}:{port}"))
        }
    }
}

impl Error {
    /// Returns the error as Node would tell it.
    pub fn node(&self) -> NodeError {
        let (name, code) = match self {
            Self::Dial { host, port, source } => return dial_error(host, *port, source),
            Self::Reset => {
                return NodeError {
                    errno: Some(-104),
                    syscall: Some("read"),
                    ..NodeError::new("Error", Some("ECONNRESET"), self.to_string())
                };
            }
            Self::TooMany(_) => ("Error", Some("ERR_FETCH_LIMIT")),
            Self::Scheme | Self::BadPort | Self::Upload => ("Error", None),
            Self::Header(_) => ("InvalidArgumentError", Some("UND_ERR_INVALID_ARG")),
            Self::Certificate { code, .. } => ("Error", Some(*code)),
            Self::Tls(_) => ("Error", Some("ERR_SSL_PROTOCOL_ERROR")),
            Self::HeadersTimeout => ("HeadersTimeoutError", Some("UND_ERR_HEADERS_TIMEOUT")),
            Self::HeadersOverflow => ("HeadersOverflowError", Some("UND_ERR_HEADERS_OVERFLOW")),
            Self::BodyTimeout => ("BodyTimeoutError", Some("UND_ERR_BODY_TIMEOUT")),
            Self::Closed => ("SocketError", Some("UND_ERR_SOCKET")),
            Self::Malformed => ("HTTPParserError", Some("HPE_INVALID_CONSTANT")),
            Self::Encoding(_) => ("Error", Some("Z_DATA_ERROR")),
        };
        NodeError::new(name, code, self.to_string())
    }
}

fn dial_error(host: &str, port: u16, error: &DialError) -> NodeError {
    match error {
        DialError::NameNotResolved => NodeError {
            errno: Some(-3008),
            syscall: Some("getaddrinfo"),
            hostname: Some(host.to_owned()),
            ..NodeError::new("Error", Some("ENOTFOUND"), format!("getaddrinfo ENOTFOUND {host}"))
        },
        DialError::ConnectionRefused => NodeError::of_connect("ECONNREFUSED", -111, host, port),
        DialError::Unreachable => NodeError::of_connect("EHOSTUNREACH", -113, host, port),
        DialError::Failed => NodeError::of_connect("ECONNRESET", -104, host, port),
        DialError::TimedOut => NodeError::new(
            "ConnectTimeoutError",
            Some("UND_ERR_CONNECT_TIMEOUT"),
            format!("Connect Timeout Error (attempted address: {host}:{port})"),
        ),
        // As the pages' requests fail with net::ERR_BLOCKED_BY_CLIENT.
        DialError::Refused(sentence) => NodeError::new("Error", Some("ERR_BLOCKED_BY_CLIENT"), sentence),
        DialError::Proxy(sentence) => NodeError::new("Error", Some("ERR_PROXY_CONNECTION_FAILED"), sentence),
        DialError::Unavailable(sentence) => NodeError::new("Error", Some("ERR_FETCH_UNAVAILABLE"), sentence),
    }
}

/// Why hyper gave up.
pub(crate) fn of_hyper(error: &hyper::Error) -> Error {
    use std::error::Error as _;
    if error.is_parse_too_large() {
        return Error::HeadersOverflow;
    }
    if error.is_parse() {
        return Error::Malformed;
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<crate::outgoing::UploadFailed>() {
            return Error::Upload;
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return match io.kind() {
                std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => Error::Reset,
                _ => Error::Closed,
            };
        }
        source = cause.source();
    }
    Error::Closed
}
