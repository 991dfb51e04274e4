//! Why a command of the [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/) has no result.

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
    /// The session had ended before the command was sent.
    #[error("Protocol error ({method}): Session closed. Most likely the {target_type} has been closed.")]
    SessionClosed {
        /// The command.
        method: String,
        /// What the session was attached to: `page`, `worker`, …
        target_type: String,
    },
    /// The renderer of the target died: nothing answers until the page is loaded anew.
    #[error("Protocol error ({method}): Page crashed! Close the page and open another one.")]
    Crashed {
        /// The command.
        method: String,
    },
    /// The answer did not come within the time that the script has set for commands.
    #[error(
        "{method} timed out. Increase the 'protocolTimeout' setting in launch/connect calls for a higher timeout if needed."
    )]
    TimedOut {
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
    #[error("failed to use the debugging pipe of Chromium")]
    Connect(#[source] std::io::Error),
}
