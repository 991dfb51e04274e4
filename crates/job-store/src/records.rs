//! What the service keeps beside jobs: schedules, scripts, batches, deliveries, keys. Each is a [`Record`].
//!
//! [`RecordStore`] stands beside [`JobStore`](crate::JobStore) and is fenced as that is: every write names the
//! [`Revision`] that was read. In CouchDB records have a database of their own, which is made by the first write, so that a
//! set-up which uses none of them stays as it was; the embedded store keeps them in a file of their own. What one
//! implementation must do, the other must do too: [`contract`] is the suite of both.

pub mod contract;
mod couchdb;
#[cfg(feature = "embedded")]
mod embedded;

use async_trait::async_trait;
use futures::future::join_all;
use job_model::Timestamp;
use serde_json::Value;

pub use self::couchdb::CouchDbRecordStore;
#[cfg(feature = "embedded")]
pub use self::embedded::EmbeddedRecordStore;
use crate::{Revision, Stored};

/// What a record is, in lower case and hyphens: records of one kind are listed together and share no id with another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordKind(pub &'static str);

impl std::fmt::Display for RecordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// A document of the service's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// Its name among those of its kind: 1 to 400 bytes without control characters.
    pub id: String,
    /// When a gateway must look at it next, to the millisecond; absent when nothing is due.
    pub due_at: Option<Timestamp>,
    /// What it says; the store does not look into it.
    pub body: Value,
}

impl Record {
    /// The longest id, in bytes.
    pub const MAX_ID_BYTES: usize = 400;

    fn check(&self) -> Result<(), RecordError> {
        let fits = (1..=Self::MAX_ID_BYTES).contains(&self.id.len()) && !self.id.chars().any(char::is_control);
        if fits {
            return Ok(());
        }
        let reason = format!("an id has 1 to {} bytes without control characters", Self::MAX_ID_BYTES);
        Err(RecordError::Refused { action: format!("write {} {:?}", self.kind, self.id), reason })
    }
}

/// Which records are listed, in the order of the bytes of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordQuery {
    /// The kind.
    pub kind: RecordKind,
    /// What the ids begin with; empty for all.
    pub prefix: String,
    /// Only those behind this id, in the order that is asked for.
    pub after: Option<String>,
    /// The most that are answered.
    pub limit: usize,
    /// From the last id to the first.
    pub descending: bool,
}

impl RecordQuery {
    /// Asks for the first records of a kind, in ascending order.
    #[must_use]
    pub const fn first(kind: RecordKind, limit: usize) -> Self {
        Self { kind, prefix: String::new(), after: None, limit, descending: false }
    }

    /// Whether an id lies behind [`Self::after`].
    fn goes_on_with(&self, id: &str) -> bool {
        match self.after.as_deref() {
            None => true,
            Some(after) if self.descending => id < after,
            Some(after) => id > after,
        }
    }
}

/// Why a store of records did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The revision is stale, or the id is taken. Read again and decide anew.
    #[error("{kind} {id} was changed by somebody else")]
    Conflict {
        /// The record's kind.
        kind: RecordKind,
        /// Its id.
        id: String,
    },
    /// There is no such record.
    #[error("{kind} {id} is not in the store")]
    NotFound {
        /// The record's kind.
        kind: RecordKind,
        /// Its id.
        id: String,
    },
    /// The record is larger than the store takes. Trying again does not help.
    #[error("{kind} {id} has {size} bytes, more than the {limit} that the store takes")]
    TooLarge {
        /// The record's kind.
        kind: RecordKind,
        /// Its id.
        id: String,
        /// Its size in bytes.
        size: usize,
        /// The largest size.
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
    /// The store refused for a reason that trying again does not change: its database may not be made, for instance.
    #[error("failed to {action}: {reason}")]
    Refused {
        /// What was tried with what.
        action: String,
        /// The store's own words.
        reason: String,
    },
}

impl RecordError {
    fn conflict(kind: RecordKind, id: &str) -> Self {
        Self::Conflict { kind, id: id.to_owned() }
    }

    fn not_found(kind: RecordKind, id: &str) -> Self {
        Self::NotFound { kind, id: id.to_owned() }
    }
}

/// Keeps records. Every method may be called from many tasks at once; every write is durable when it returns.
#[async_trait]
pub trait RecordStore: Send + Sync + 'static {
    /// Stores a new record.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the kind has a record of that id, [`RecordError::TooLarge`].
    async fn insert(&self, record: &Record) -> Result<Revision, RecordError>;

    /// Stores many new records, at once so that they share commits; each succeeds or fails for itself as in
    /// [`Self::insert`], in order.
    async fn insert_many(&self, records: Vec<Record>) -> Vec<Result<Revision, RecordError>> {
        join_all(records.iter().map(|record| self.insert(record))).await
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`RecordError::NotFound`].
    async fn get(&self, kind: RecordKind, id: &str) -> Result<Stored<Record>, RecordError>;

    /// Writes a record over the revision it was read at.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the revision is stale or the record was deleted meanwhile,
    /// [`RecordError::TooLarge`].
    async fn replace(&self, record: &Record, revision: &Revision) -> Result<Revision, RecordError>;

    /// Deletes the revision of a record that was read.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the revision is stale, [`RecordError::NotFound`] when the record is gone.
    async fn delete(&self, kind: RecordKind, id: &str, revision: &Revision) -> Result<(), RecordError>;

    /// Lists records of a kind by their ids.
    async fn list(&self, query: RecordQuery) -> Result<Vec<Stored<Record>>, RecordError>;

    /// Finds records of a kind with [`Record::due_at`] at this time or earlier, those that are due longest first, out of an
    /// index.
    async fn due(&self, kind: RecordKind, until: Timestamp, limit: usize) -> Result<Vec<Stored<Record>>, RecordError>;
}
