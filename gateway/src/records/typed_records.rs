//! Records as types: what schedules, scripts and batches keep in the store of records.

use job_model::{Timestamp, TokenName, TokenNetwork};
use job_store::records::{Record, RecordError, RecordKind, RecordQuery, RecordStore};
use job_store::{Revision, Stored};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::tokens::{Grant, Reach};

/// How often a write is tried whose record others write, too.
pub(crate) const ROUNDS: usize = 20;

/// A type whose values are the records of one kind.
pub(crate) trait TypedRecord: Serialize + DeserializeOwned + Send + Sync {
    /// The kind.
    const KIND: RecordKind;

    /// Its id among its kind.
    fn id(&self) -> String;

    /// When a gateway must look at it next.
    fn due_at(&self) -> Option<Timestamp> {
        None
    }
}

/// A record that is its owner's.
pub(crate) trait OwnedRecord: TypedRecord {
    /// The token that made it; `None` for those without a name.
    fn owner(&self) -> Option<&TokenName>;
}

/// Who writes a record.
pub(crate) struct Author<'a> {
    pub(crate) owner: Option<&'a TokenName>,
    pub(crate) reach: Reach,
    pub(crate) network: Option<&'a TokenNetwork>,
}

impl<'a> Author<'a> {
    /// Whoever holds the token.
    pub(crate) fn of(grant: &'a Grant) -> Self {
        Self { owner: grant.owner(), reach: grant.reach(), network: grant.network() }
    }
}

fn record<T: TypedRecord>(value: &T) -> Record {
    let body = serde_json::to_value(value).expect("a record has string keys only");
    Record { kind: T::KIND, id: value.id(), due_at: value.due_at(), body }
}

/// The value of a record; `None`, and a word in the log, for one that a newer version wrote in another way.
pub(crate) fn value<T: TypedRecord>(stored: Stored<Record>) -> Option<Stored<T>> {
    let Record { kind, id, body, .. } = stored.value;
    match serde_json::from_value(body) {
        Ok(value) => Some(Stored { value, revision: stored.revision }),
        Err(error) => {
            tracing::warn!(%error, "{kind} {id} cannot be read and is left as it is");
            None
        }
    }
}

/// Reads a record; `None` when there is none.
pub(crate) async fn read<T: TypedRecord>(
    records: &dyn RecordStore,
    id: &str,
) -> Result<Option<Stored<T>>, RecordError> {
    match records.get(T::KIND, id).await {
        Ok(stored) => Ok(value(stored)),
        Err(RecordError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a record that is within reach; `None` when there is none.
pub(crate) async fn read_within<T: OwnedRecord>(
    records: &dyn RecordStore,
    reach: &Reach,
    id: &str,
) -> Result<Option<Stored<T>>, RecordError> {
    let found = read::<T>(records, id).await?;
    Ok(found.filter(|stored| reach.covers_owner(stored.value.owner())))
}

/// Stores a new record.
pub(crate) async fn insert<T: TypedRecord>(records: &dyn RecordStore, value: &T) -> Result<Revision, RecordError> {
    records.insert(&record(value)).await
}

/// Writes a record over the revision it was read at, or as a new one. `None` when somebody else has written it.
pub(crate) async fn write<T: TypedRecord>(
    records: &dyn RecordStore,
    value: &T,
    read_at: Option<&Revision>,
) -> Result<Option<Revision>, RecordError> {
    let record = record(value);
    let written = match read_at {
        Some(revision) => records.replace(&record, revision).await,
        None => records.insert(&record).await,
    };
    match written {
        Ok(revision) => Ok(Some(revision)),
        Err(RecordError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a record over the revision it was read at. False when somebody else has written it.
pub(crate) async fn overwrite<T: TypedRecord>(
    records: &dyn RecordStore,
    stored: &mut Stored<T>,
) -> Result<bool, RecordError> {
    let Some(revision) = write(records, &stored.value, Some(&stored.revision)).await? else { return Ok(false) };
    stored.revision = revision;
    Ok(true)
}

/// The error for a record that others wrote in each of the [`ROUNDS`].
pub(crate) fn busy<T: TypedRecord>(id: &str) -> RecordError {
    RecordError::Conflict { kind: T::KIND, id: id.to_owned() }
}

/// Deletes the revision of a record that was read.
pub(crate) async fn delete<T: TypedRecord>(
    records: &dyn RecordStore,
    value: &T,
    revision: &Revision,
) -> Result<(), RecordError> {
    records.delete(T::KIND, &value.id(), revision).await
}

/// Deletes a record that is within reach, also while others write it. Returns what it was; `None` when there is none.
pub(crate) async fn remove<T: OwnedRecord>(
    records: &dyn RecordStore,
    reach: &Reach,
    id: &str,
) -> Result<Option<T>, RecordError> {
    for _ in 0..ROUNDS {
        let Some(stored) = read_within::<T>(records, reach, id).await? else { return Ok(None) };
        match delete(records, &stored.value, &stored.revision).await {
            Ok(()) => return Ok(Some(stored.value)),
            Err(RecordError::Conflict { .. }) => {}
            Err(RecordError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Err(busy::<T>(id))
}

/// The records within reach that a query means, and the id behind which the next page begins.
pub(crate) async fn page<T: OwnedRecord>(
    records: &dyn RecordStore,
    reach: &Reach,
    mut query: RecordQuery,
) -> Result<(Vec<T>, Option<String>), RecordError> {
    let mut page: Vec<T> = Vec::new();
    while page.len() < query.limit {
        let found = records.list(query.clone()).await?;
        let Some(last) = found.last() else { return Ok((page, None)) };
        query.after = Some(last.value.id.clone());
        let values = found.into_iter().filter_map(value).map(|stored: Stored<T>| stored.value);
        let within = values.filter(|value| reach.covers_owner(value.owner()));
        page.extend(within.take(query.limit - page.len()));
    }
    let next = page.last().map(T::id);
    Ok((page, next))
}

/// Records that are due, those that are due longest first.
pub(crate) async fn due<T: TypedRecord>(
    records: &dyn RecordStore,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Stored<T>>, RecordError> {
    Ok(records.due(T::KIND, until, limit).await?.into_iter().filter_map(value).collect())
}
