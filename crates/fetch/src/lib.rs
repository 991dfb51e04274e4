//! The requests of a job's `fetch`: HTTP/1.1 over connections that somebody else opens.
//!
//! [`Client::send`] makes one exchange: a request goes out, and an answer comes back whose body is read piece by piece. Redirects,
//! the forms of bodies and whatever else a script sees are the script's side. Where connections may lead is decided by the [`Dial`]
//! behind the client: this crate opens nothing but the file of certificate authorities ([`Roots`]).
//!
//! One client serves one job. Dropping it closes the connections that wait for another request; dropping a [`Body`] ends its
//! exchange. Bodies are read no faster than they are taken, and unpacked no further.

mod client;
mod dial;
mod encoding;
mod error;
mod exchange;
mod outgoing;
mod pool;
mod ports;
mod tls;

pub use client::{Client, Limits};
pub use dial::{Carries, Connection, Dial, DialError, Stream};
pub use error::{Error, NodeError};
pub use exchange::{Body, Response};
pub use outgoing::{Request, RequestBody, Unpack, UploadFailed};
pub use tls::{Certificates, Roots};
