//! Chromium's debugging pipe: messages of JSON over one socket, each ended by a zero byte.
//!
//! What is submitted leaves in the order of the calls, at once as far as the socket takes it, and with [`Pipe::next`]
//! otherwise. See `content/browser/devtools/devtools_pipe_handler.cc` in Chromium.

use std::ffi::CStr;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::fd::OwnedFd;

use serde::Serialize;
use tokio::io::Interest;
use tokio::net::UnixStream;

/// The least room for what comes with one read, in bytes.
const ROOM: usize = 64 << 10;
/// A buffer that one long message has made larger than this is given back, in bytes.
const KEPT: usize = 1 << 20;

/// Our end of the pipe.
pub(super) struct Pipe {
    socket: UnixStream,
    incoming: Vec<u8>,
    /// Where the next message begins.
    start: usize,
    /// Up to where no message ends.
    searched: usize,
    outgoing: Vec<u8>,
    /// How much of that has left.
    sent: usize,
}

impl Pipe {
    /// Takes the descriptor over. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the descriptor is not a socket that the runtime can wait for.
    pub(super) fn new(descriptor: OwnedFd) -> io::Result<Self> {
        let socket = std::os::unix::net::UnixStream::from(descriptor);
        socket.set_nonblocking(true)?;
        let socket = UnixStream::from_std(socket)?;
        Ok(Self { socket, incoming: Vec::new(), start: 0, searched: 0, outgoing: Vec::new(), sent: 0 })
    }

    /// Sends a message, or keeps it to be sent. A socket that is broken shows in [`next`](Self::next).
    ///
    /// # Errors
    /// When the message cannot be written as JSON; nothing of it is sent then.
    pub(super) fn submit(&mut self, message: &impl Serialize) -> serde_json::Result<()> {
        let before = self.outgoing.len();
        if let Err(error) = serde_json::to_writer(&mut self.outgoing, message) {
            self.outgoing.truncate(before);
            return Err(error);
        }
        self.outgoing.push(0);
        let _ = self.flush();
        Ok(())
    }

    /// Receives the next message without its end; `None` when the other end is closed. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<io::Result<&[u8]>> {
        let message = loop {
            if let Some(message) = self.message() {
                break message;
            }
            match self.exchange().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        };
        Some(Ok(&self.incoming[message]))
    }

    /// Takes the next whole message out of what has come.
    fn message(&mut self) -> Option<Range<usize>> {
        let Ok(rest) = CStr::from_bytes_until_nul(&self.incoming[self.searched..]) else {
            self.searched = self.incoming.len();
            return None;
        };
        let message = self.start..self.searched + rest.count_bytes();
        (self.start, self.searched) = (message.end + 1, message.end + 1);
        Some(message)
    }

    /// Waits until something can be sent or read, and does it. False when the other end is closed.
    async fn exchange(&mut self) -> io::Result<bool> {
        let waits = if self.outgoing.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let ready = self.socket.ready(waits).await?;
        if ready.is_writable() {
            self.flush()?;
        }
        if !ready.is_readable() {
            return Ok(true);
        }
        self.make_room();
        match self.socket.try_read_buf(&mut self.incoming) {
            Ok(bytes) => Ok(bytes > 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.sent < self.outgoing.len() {
            match self.socket.try_write(&self.outgoing[self.sent..]) {
                Ok(bytes) => self.sent += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.outgoing.clear();
        self.outgoing.shrink_to(KEPT);
        self.sent = 0;
        Ok(())
    }

    /// Forgets what was handed out. The room doubles with a message that is long.
    fn make_room(&mut self) {
        self.incoming.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        if self.incoming.is_empty() {
            self.incoming.shrink_to(KEPT);
        }
        self.incoming.reserve(ROOM);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::Pipe;

    fn pair() -> (Pipe, UnixStream) {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        (Pipe::new(near.into()).unwrap(), UnixStream::from_std(far).unwrap())
    }

    async fn next(pipe: &mut Pipe) -> Option<String> {
        let message = tokio::time::timeout(Duration::from_secs(20), pipe.next()).await.expect("it comes");
        message.map(|message| String::from_utf8(message.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn messages_are_cut_at_their_ends_however_they_come() {
        let (mut pipe, mut far) = pair();
        far.write_all(b"one\0two\0\0thr").await.unwrap();
        assert_eq!(next(&mut pipe).await.as_deref(), Some("one"));
        assert_eq!(next(&mut pipe).await.as_deref(), Some("two"));
        assert_eq!(next(&mut pipe).await.as_deref(), Some(""));
        assert!(tokio::time::timeout(Duration::from_millis(5), pipe.next()).await.is_err());
        far.write_all(b"ee\0cut off").await.unwrap();
        drop(far);
        assert_eq!(next(&mut pipe).await.as_deref(), Some("three"));
        assert_eq!(next(&mut pipe).await, None);
    }

    #[tokio::test]
    async fn long_messages_pass_both_ways_at_the_same_time() {
        let (mut pipe, far) = pair();
        let text = "x".repeat(5 << 20);
        pipe.submit(&text).unwrap();
        pipe.submit(&"short").unwrap();
        let (mut reads, mut writes) = far.into_split();
        let answer = text.clone();
        let writing = tokio::spawn(async move {
            writes.write_all(answer.as_bytes()).await.unwrap();
            writes.write_all(&[0]).await.unwrap();
            writes
        });
        let reading = tokio::spawn(async move {
            let mut all = vec![0; (5 << 20) + 3 + 8];
            reads.read_exact(&mut all).await.unwrap();
            all
        });
        assert!(next(&mut pipe).await.as_deref() == Some(&text));
        let writes = writing.await.unwrap();
        // What is left to be sent leaves while the next message is waited for.
        let all = tokio::select! {
            all = reading => all.unwrap(),
            _ = pipe.next() => panic!("nothing comes"),
        };
        assert!(all == [b"\"", text.as_bytes(), b"\"\0\"short\"\0"].concat());
        drop(writes);
    }
}
