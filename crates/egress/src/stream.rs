//! The one type of stream to a target, whatever lies between.

use tokio::io::{AsyncRead, AsyncWrite};

/// What bytes go through: TCP, TLS, or a tunnel in one of them.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// A stream to a target.
pub(crate) type BoxStream = Box<dyn ByteStream>;
