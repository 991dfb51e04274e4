//! Moves bytes between the browser and a target until both have ended.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional_with_sizes};

/// The buffer of each direction, in bytes. A tunnel holds two of them for as long as it is open.
const BUFFER: usize = 16 * 1024;

/// Moves bytes both ways. An end of one side is passed on, and the other direction goes on.
pub(crate) async fn run<A, B>(browser: &mut A, target: &mut B) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    copy_bidirectional_with_sizes(browser, target, BUFFER, BUFFER).await.map(drop)
}
