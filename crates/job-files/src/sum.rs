//! The sum by which a file's bytes are known.

use std::fmt::Write as _;
use std::io;

use ring::digest::{Context, SHA256};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// Computes the SHA-256 of all that comes, in hexadecimal digits, as [`JobFile::sha256`](job_model::JobFile::sha256).
///
/// # Errors
/// When reading fails.
pub async fn sha256(mut source: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut digest = Context::new(&SHA256);
    let mut piece = vec![0; PIECE];
    loop {
        match source.read(&mut piece).await? {
            0 => return Ok(hex(digest.finish().as_ref())),
            count => digest.update(&piece[..count]),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_sum_is_that_of_the_standard() {
        let sum = super::sha256(&b"abc"[..]).await.unwrap();
        assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
