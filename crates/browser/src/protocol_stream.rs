//! Reading what Chromium hands out in pieces: a PDF, a trace, a recording.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chromiumoxide::cdp::browser_protocol::io::{CloseParams, ReadParams, StreamHandle};

use crate::error::Error;
use crate::session::Session;

/// Reads a stream to its end and closes it.
///
/// # Errors
/// What the protocol refuses, and text that is not the base64 it claims to be.
pub(crate) async fn read_stream(session: &Session, handle: StreamHandle) -> Result<Vec<u8>, Error> {
    let bytes = read_written(session, handle.clone(), usize::MAX).await?;
    session.send(CloseParams::new(handle)).await?;
    Ok(bytes)
}

/// Reads what is written of a stream by now, from where the last read ended. It stops behind `limit` bytes, when there are more.
///
/// # Errors
/// As [`read_stream`].
pub(crate) async fn read_written(session: &Session, handle: StreamHandle, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    loop {
        let piece = session.send(ReadParams::new(handle.clone())).await?;
        if piece.base64_encoded == Some(true) {
            bytes.extend(decode_base64(&piece.data)?);
        } else {
            bytes.extend(piece.data.into_bytes());
        }
        if piece.eof || bytes.len() > limit {
            return Ok(bytes);
        }
    }
}

/// Decodes the bytes of a protocol's base64 text.
///
/// # Errors
/// Text that is not base64.
pub(crate) fn decode_base64(text: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).map_err(|error| Error::message(format!("Chromium sent no base64: {error}")))
}
