//! Configurations that no gateway can run with.

use service::SameQueue;
use service::tls::BadCaFile;

use crate::tokens::TokensFileFault;

/// A configuration that no gateway can run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nothing is switched on.
    #[error("ENABLE_API (--enable-api) and ENABLE_JOBS (--enable-jobs) are both false: there is nothing to do")]
    NothingToDo,
    /// The API is on and nobody could use it.
    #[error("API_TOKEN (--api-token) is missing")]
    NoToken,
    /// A token that every client would have.
    #[error("{variable} holds a blank token")]
    EmptyToken {
        /// Where the token is from.
        variable: &'static str,
    },
    /// The file with tokens cannot be read.
    #[error("API_TOKEN_FILE (--api-token-file) {path} cannot be read: {reason}")]
    TokenFile {
        /// The file.
        path: String,
        /// The system's words.
        reason: std::io::Error,
    },
    /// The file with named tokens cannot be used.
    #[error(transparent)]
    TokensFile(#[from] TokensFileFault),
    /// Jobs and results would meet in one queue.
    #[error(transparent)]
    Queue(#[from] SameQueue),
    /// Certificates that cannot be used.
    #[error(transparent)]
    CaFile(#[from] BadCaFile),
}
