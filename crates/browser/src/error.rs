//! Why a call failed. This file alone knows Puppeteer's sentences; a test pins them.

/// Why a CDP command has no result.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// Chromium refused the command.
    #[error("Protocol error ({method}): {message}")]
    Refused {
        /// The command.
        method: String,
        /// Chromium's words.
        message: String,
    },
    /// The target, or the whole connection, went away before the answer came.
    #[error("Protocol error ({method}): Target closed.")]
    Closed {
        /// The command.
        method: String,
    },
    /// The answer has another shape than the protocol version that this program knows.
    #[error("Protocol error ({method}): the answer could not be read")]
    Answer {
        /// The command.
        method: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// No connection to Chromium.
    #[error("failed to connect to {address}")]
    Connect {
        /// The WebSocket address.
        address: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
