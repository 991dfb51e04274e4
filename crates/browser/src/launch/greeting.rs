//! The first words with a Chromium that was just started: once it has answered, it serves.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::net::UnixStream;

/// Any command that every Chromium answers with one message.
const QUESTION: &[u8] = b"{\"id\":0,\"method\":\"Browser.getVersion\"}\0";
/// How often the process is looked at, which may end without a word.
const PAUSE: Duration = Duration::from_millis(10);

/// What Chromium did instead of answering.
pub(super) enum NoAnswer {
    /// It ended.
    Ended,
    /// It took too long.
    Silent,
}

/// Our end of the pipe of a Chromium that has not answered yet.
pub(super) struct Greeting(UnixStream);

impl Greeting {
    /// Asks over our end of the pipe. The answer can come when Chromium is there.
    pub(super) fn say(mut pipe: std::os::unix::net::UnixStream) -> io::Result<Self> {
        pipe.write_all(QUESTION)?;
        pipe.set_nonblocking(true)?;
        Ok(Self(UnixStream::from_std(pipe)?))
    }

    /// Waits for the pipe, once the answer has come whole, so that nothing of it is left there. `has_ended` tells whether the
    /// process has.
    pub(super) async fn answered(
        self,
        limit: Duration,
        mut has_ended: impl FnMut() -> bool,
    ) -> Result<OwnedFd, NoAnswer> {
        let ended = async {
            let mut pause = tokio::time::interval(PAUSE);
            loop {
                pause.tick().await;
                if has_ended() {
                    return;
                }
            }
        };
        tokio::select! {
            // It may have answered and ended since.
            biased;
            () = self.read() => {}
            () = ended => return Err(NoAnswer::Ended),
            () = tokio::time::sleep(limit) => return Err(NoAnswer::Silent),
        }
        // A socket that was waited for just now leaves its runtime without an error.
        self.0.into_std().map(OwnedFd::from).map_err(|_| NoAnswer::Silent)
    }

    /// Resolves at the answer's end, and not at all when the pipe is closed before: the process's end tells more.
    async fn read(&self) {
        let mut part = [0; 4096];
        loop {
            let read = match self.0.readable().await {
                Ok(()) => self.0.try_read(&mut part),
                Err(error) => Err(error),
            };
            match read {
                Ok(bytes) if bytes > 0 && part[bytes - 1] == 0 => return,
                Ok(bytes) if bytes > 0 => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => return std::future::pending().await,
            }
        }
    }
}
