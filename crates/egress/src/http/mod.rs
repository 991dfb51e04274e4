//! The HTTP side of a session: CONNECT, and plain requests that name their target in full (absolute form).
//!
//! Requests and answers are streamed. What belongs to one connection only is taken out ([`headers`]); everything else passes as it
//! came, and no header says that a proxy was here. A target that closes without an answer closes the browser's connection without
//! one, so that the browser does what it would have done.

mod answer;
mod connection;
mod headers;

use std::convert::Infallible;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::failure::Failure;
use crate::session::Guard;
use connection::Connection;

/// How many headers a message may have.
const MOST_HEADERS: usize = 512;

/// The smallest buffer that hyper takes for the head of a request.
const SMALLEST_HEAD: usize = 8 * 1024;

/// Serves one connection of the browser: requests one after the other, then a tunnel if one was asked for.
pub(crate) async fn serve<S>(stream: S, guard: Arc<Guard>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let head_bytes = guard.limits.head_bytes.max(SMALLEST_HEAD);
    let connection = Arc::new(Connection::new(guard));
    let service = service_fn(|request| {
        let connection = Arc::clone(&connection);
        async move { connection.answer(request).await }
    });
    let served = http1::Builder::new()
        .max_buf_size(head_bytes)
        .max_headers(MOST_HEADERS)
        .preserve_header_case(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "an HTTP connection of a browser ended");
        return;
    }
    connection.run_tunnel().await;
}

/// Why a connection of the browser is closed without an answer.
#[derive(Debug, thiserror::Error)]
enum Dropped {
    #[error("the target gave no answer")]
    NoAnswer(#[source] hyper::Error),
    #[error("the request was not sent: {0}")]
    NotSent(Failure),
}

impl From<Infallible> for Dropped {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
