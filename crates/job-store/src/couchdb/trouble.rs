//! What a CouchDB answers, and what went wrong in words a caller can act on.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::StatusCode;
use serde::Deserialize;

use crate::StoreError;
use crate::error::Unreached;

/// The server's answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Why there is no useful answer. Cheap to clone, because one failed batch fails many rows.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// Trying again later helps.
    Unavailable(Arc<dyn std::error::Error + Send + Sync>),
    /// There was no connection to the server, or it broke. Trying again later helps.
    Unreached(Arc<reqwest::Error>),
    /// The database or its index is not there: making them helps.
    Missing(Arc<Fault>),
    /// Trying again does not help.
    Refused(String),
}

/// What the server said instead of doing it.
#[derive(Debug, thiserror::Error)]
#[error("the server answered {status}: {error}: {reason}")]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    /// CouchDB's short name for it; empty when the answer was no JSON.
    pub(crate) error: String,
    pub(crate) reason: String,
}

impl Trouble {
    pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(error))
    }

    pub(crate) fn into_error(self, action: impl Into<String>) -> StoreError {
        let action = action.into();
        match self {
            Self::Unavailable(cause) => StoreError::Unavailable { action, source: Box::new(cause) },
            Self::Unreached(error) => StoreError::Unavailable { action, source: Box::new(Unreached(error)) },
            Self::Missing(fault) => StoreError::Unavailable { action, source: Box::new(fault) },
            Self::Refused(reason) => StoreError::Refused { action, reason },
        }
    }
}

impl From<Fault> for Trouble {
    /// 404 is here a missing database or index, for a job's own is told apart before; 429 and 5xx pass by themselves.
    fn from(fault: Fault) -> Self {
        match fault.status {
            StatusCode::NOT_FOUND => Self::Missing(Arc::new(fault)),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Self::unavailable(fault),
            status if status.is_client_error() => Self::Refused(fault.to_string()),
            _ => Self::unavailable(fault),
        }
    }
}

impl Reply {
    /// The answer's error and reason.
    pub(crate) fn fault(&self) -> Fault {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            error: String,
            reason: String,
        }
        let body: Body = serde_json::from_slice(&self.body).unwrap_or_else(|_| Body {
            error: String::new(),
            reason: String::from_utf8_lossy(&self.body).chars().take(200).collect(),
        });
        Fault { status: self.status, error: body.error, reason: body.reason }
    }

    /// The body of a success, else the fault.
    pub(crate) fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Trouble> {
        if !self.status.is_success() {
            return Err(self.fault().into());
        }
        serde_json::from_slice(&self.body).map_err(Trouble::unavailable)
    }

    /// The rows of a success, as an index has them and many documents; else the fault.
    pub(crate) fn rows<'de, R: Deserialize<'de>>(&'de self) -> Result<Vec<R>, Trouble> {
        Ok(self.json::<Rows<R>>()?.rows)
    }
}

#[derive(Deserialize)]
struct Rows<R> {
    rows: Vec<R>,
}

/// Why a request has no answer.
pub(super) enum Sent {
    /// There was no connection, it broke, or the answer did not come in time.
    Transport(reqwest::Error),
    /// The credentials were refused a short while ago.
    Refused(String),
}

impl From<Sent> for Trouble {
    fn from(sent: Sent) -> Self {
        match sent {
            // A late answer may be a write's only: the server may well take a ping.
            Sent::Transport(error) if error.is_timeout() && !error.is_connect() => {
                Self::unavailable(error.without_url())
            }
            Sent::Transport(error) => Self::Unreached(Arc::new(error.without_url())),
            Sent::Refused(reason) => Self::Refused(reason),
        }
    }
}
