//! What goes wrong with a recording.

/// Why a recording cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file ends within what it announces, or holds what it cannot mean.
    #[error("the recording is broken: {0}")]
    Broken(&'static str),
    /// The pictures are encoded in a way that this crate does not know.
    #[error("the recording is encoded as {0}, which is not supported")]
    Codec(String),
    /// A picture is not the PNG file that it should be.
    #[error("a picture of the recording cannot be read")]
    Picture(#[source] png::DecodingError),
    /// A picture, or all of them, have no room in a GIF file.
    #[error("a GIF file cannot be made of the recording")]
    Gif(#[source] gif::EncodingError),
    /// The file would be larger than it may be.
    #[error("the recording is larger than {limit} bytes")]
    TooLarge {
        /// What it may have.
        limit: usize,
    },
}
