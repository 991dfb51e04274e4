//! Reading what a slot process says, without trusting it: its lines may be endless, or no text at all.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use crate::protocol::SlotSettings;

/// What a line may be longer than the job's limits say, in bytes: the error, and the words around.
const AROUND: usize = 1 << 20;

/// Returns the longest line that a slot with these settings has to say, in bytes: a line of its job's log, or the job's end. Both
/// limits are of the text as JSON, which is how it passes here.
pub(crate) fn longest_line(settings: &SlotSettings) -> usize {
    let longest = settings.job_log_bytes.max(settings.job_result_bytes);
    usize::try_from(longest).unwrap_or(usize::MAX).saturating_add(AROUND)
}

/// Lines of JSON from a slot process.
pub(crate) struct SlotOutput<R> {
    source: R,
    /// What has come of the next line.
    line: Vec<u8>,
    longest: usize,
}

impl<R: AsyncBufRead + Unpin> SlotOutput<R> {
    pub(crate) fn new(source: R, longest: usize) -> Self {
        Self { source, line: Vec::new(), longest }
    }

    /// Reads the next line without its end; `None` at the end of all. Cancel safe: what has come of a line is kept.
    ///
    /// # Errors
    /// When the pipe cannot be read, or with `InvalidData` when the line is too long: then nothing more can be read.
    pub(crate) async fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let available = self.source.fill_buf().await?;
            if available.is_empty() {
                // A last line without an end was cut off by a death: it is worth nothing.
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            if self.line.len() + part.len() > self.longest {
                let text = format!("a line of more than {} bytes", self.longest);
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            self.line.extend_from_slice(part);
            let used = part.len() + usize::from(end.is_some());
            self.source.consume(used);
            if end.is_some() {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncWriteExt, BufReader, duplex};

    use super::SlotOutput;

    #[tokio::test(start_paused = true)]
    async fn a_line_that_comes_in_parts_survives_a_cancelled_wait() {
        let (mut far, near) = duplex(16);
        let mut output = SlotOutput::new(BufReader::new(near), 100);
        far.write_all(b"first\nsec").await.unwrap();
        assert_eq!(output.next_line().await.unwrap(), Some(b"first".to_vec()));
        assert!(tokio::time::timeout(Duration::from_millis(1), output.next_line()).await.is_err());
        far.write_all(b"ond\ncut").await.unwrap();
        drop(far);
        assert_eq!(output.next_line().await.unwrap(), Some(b"second".to_vec()));
        assert_eq!(output.next_line().await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_endless_line_is_refused() {
        let mut output = SlotOutput::new(&[b'x'; 101][..], 100);
        assert_eq!(output.next_line().await.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    }
}
