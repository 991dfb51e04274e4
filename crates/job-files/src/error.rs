//! What can go wrong with the store of files.

use std::fmt::Display;

/// Why a file could not be stored or had.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is no such file.
    #[error("there is no file {key}")]
    NotFound {
        /// Its key.
        key: String,
    },
    /// The store could not do its part: trying again later may help.
    #[error("failed to {action} {key}")]
    Away {
        /// What was tried.
        action: &'static str,
        /// With which key.
        key: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What the store has is not what was put there.
    #[error("the file {name} is damaged: its SHA-256 is {found}, the job says {expected}")]
    Damaged {
        /// The file's name.
        name: String,
        /// What the job says.
        expected: String,
        /// What the store has.
        found: String,
    },
    /// The bytes could not be read where they come from.
    #[error("failed to read {name}")]
    Source {
        /// The file's name.
        name: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The address of the store is not one that can be used.
    #[error("FILES_URL {url} cannot be used: {reason}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl FilesError {
    pub(crate) fn of(action: &'static str, key: &(impl Display + ?Sized), error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound { key: key.to_string() },
            source => Self::Away { action, key: key.to_string(), source: source.into() },
        }
    }
}
