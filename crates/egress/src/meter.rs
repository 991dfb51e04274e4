//! Counts the bytes of the browser's side, keeps their limit, and notices silence.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::record::Limit;
use crate::session::Guard;

/// A connection of the browser. Bytes are counted as they pass; beyond the session's limit each read or write fails.
pub(crate) struct Metered<S> {
    stream: S,
    guard: Arc<Guard>,
    pulse: Arc<Pulse>,
}

/// When a connection last moved a byte, in milliseconds after its start.
pub(crate) struct Pulse {
    start: Instant,
    last: AtomicU64,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), last: AtomicU64::new(0) }
    }

    fn beat(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Relaxed);
    }

    /// Runs a connection until it ends, or until no byte has moved for `idle`.
    pub(crate) async fn watch(&self, idle: Duration, connection: impl Future<Output = ()>) {
        tokio::pin!(connection);
        loop {
            let deadline = self.start + Duration::from_millis(self.last.load(Relaxed)) + idle;
            tokio::select! {
                () = &mut connection => return,
                () = tokio::time::sleep_until(deadline) => {
                    let silent_since = self.start + Duration::from_millis(self.last.load(Relaxed));
                    if Instant::now() >= silent_since + idle {
                        return;
                    }
                }
            }
        }
    }
}

impl<S> Metered<S> {
    pub(crate) fn new(stream: S, guard: Arc<Guard>, pulse: Arc<Pulse>) -> Self {
        Self { stream, guard, pulse }
    }

    fn check_sum(&self) -> io::Result<()> {
        if self.guard.counts.moved() <= self.guard.limits.bytes {
            return Ok(());
        }
        self.guard.record.limit_reached(Limit::Bytes);
        Err(io::Error::other(Limit::Bytes.to_string()))
    }
}

impl Metered<TcpStream> {
    /// Lets the end of this connection be a reset, as the end of the target's was, rather than an orderly close.
    pub(crate) fn reset(&self) {
        self.stream.set_zero_linger().ok();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let bytes = (buf.filled().len() - before) as u64;
        if bytes > 0 {
            self.pulse.beat();
            self.guard.counts.moved_up(bytes);
            self.check_sum()?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.pulse.beat();
        self.guard.counts.moved_down(written as u64);
        self.check_sum()?;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
