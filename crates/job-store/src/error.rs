//! What a caller of a store can do about a failure.

use std::sync::Arc;

use job_model::JobId;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The revision is stale, or the id is taken. Read again and decide anew.
    #[error("job {id} was changed by somebody else")]
    Conflict {
        /// The job.
        id: JobId,
    },
    /// There is no such job.
    #[error("job {id} is not in the store")]
    NotFound {
        /// The job.
        id: JobId,
    },
    /// The job is larger than the store takes. Trying again does not help.
    #[error("job {id} has {size} bytes, more than the {limit} that the store takes")]
    TooLarge {
        /// The job.
        id: JobId,
        /// Its size in bytes, with what the store adds.
        size: usize,
        /// The largest size that this write may have.
        limit: usize,
    },
    /// The store cannot be reached, is not ready or has no room left. Trying again later helps.
    #[error("failed to {action}")]
    Unavailable {
        /// What was tried with what.
        action: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store refused for a reason that trying again does not change (credentials, a broken document).
    #[error("failed to {action}: {reason}")]
    Refused {
        /// What was tried with what.
        action: String,
        /// The store's own words.
        reason: String,
    },
}

/// There was no connection to the store's server, or the connection broke.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Unreached(pub(crate) Arc<reqwest::Error>);

impl StoreError {
    /// Tells whether the store's server was not reached, which [`crate::JobStore::ping`] finds out, too. A server that was
    /// reached may refuse or be late with a write and answer pings all the same.
    #[must_use]
    pub fn is_unreached(&self) -> bool {
        matches!(self, Self::Unavailable { source, .. } if source.is::<Unreached>())
    }
}
