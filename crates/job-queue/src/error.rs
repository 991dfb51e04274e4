//! What a caller of a queue can do about a failure.

/// Why a queue did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The queue cannot be reached or the connection was lost. Trying again later helps; a publish may have arrived.
    #[error("failed to {action}")]
    Unavailable {
        /// What was tried with what.
        action: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The broker takes no such message, for instance none that large. Trying again does not help by itself.
    #[error("failed to {action}: {reason}")]
    Refused {
        /// What was tried with what.
        action: String,
        /// The broker's own words.
        reason: String,
    },
    /// The consumer or subscription is over.
    #[error("the {queue} consumer ended")]
    Ended {
        /// The queue or topic.
        queue: &'static str,
    },
}
