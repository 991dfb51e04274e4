//! Why a slot is lost.

use std::io;
use std::time::Duration;

/// Why a slot is of no use any more. It has been killed, or will be when its handle is dropped.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The process could not be started.
    #[error("failed to start the slot process {program}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The process ended by itself.
    #[error("the slot process ended unexpectedly ({status})")]
    Ended {
        /// How it ended.
        status: String,
    },
    /// The process did not answer in time.
    #[error("the slot process did not {action} within {limit:?}")]
    Silent {
        /// What was waited for.
        action: &'static str,
        /// For how long.
        limit: Duration,
    },
    /// It was lost before it began the job: another slot can run it.
    #[error("the slot process was lost before it began the job")]
    NotBegun(#[source] Box<SlotError>),
    /// The process said why it cannot go on.
    #[error("the slot process failed: {0}")]
    Failed(String),
    /// The process passed on more of its job than it may. The text is the job's error.
    #[error("the slot process did not keep to its job's limits: {0}")]
    TooMuch(String),
    /// The process said something else than was due.
    #[error("the slot process broke its protocol: {0}")]
    Protocol(String),
}
