//! Requests that are sent again under the same `Idempotency-Key` make one job.
//!
//! The first one stores a record before its job, with the job's id; every other one finds the record. What the record says of
//! the request, a hash of its body, tells a repetition from a mistake. Several at the same moment, at any number of
//! gateways, make one job: one of them inserts the record, and the others wait until its job is stored. A gateway may die in
//! between: then the next one to come stores the job under the same id.

use std::time::Duration;

use job_model::{Job, JobId, Timestamp, TokenName, WaitsFor};
use job_store::records::{Record, RecordError, RecordKind};
use job_store::{Revision, Stored};
use serde::{Deserialize, Serialize};
use service::Chain;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::app::App;

/// The records' kind. A record's id is the key with its owner.
const KIND: RecordKind = RecordKind("idempotency-key");
/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a request waits for the first one to store its job; one that takes longer has died, or will find the job.
const FIRST_STORES: Duration = Duration::from_secs(5);
/// Time between two looks meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// How often a record is tried that others write, too.
const ROUNDS: usize = 20;
/// Records that are forgotten in one round.
const FORGOTTEN: usize = 500;

/// A key of a client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The most characters of a key.
    pub(crate) const MAX: usize = 255;

    /// The key that a header says, for the jobs of an owner; `None` for one that is not 1 to 255 visible characters of ASCII.
    pub(crate) fn of(header: &[u8], owner: Option<&TokenName>) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&header.len()) && header.iter().all(u8::is_ascii_graphic);
        let key = std::str::from_utf8(header).ok().filter(|_| fits)?;
        Some(Self(format!("{}/{key}", owner.map_or("", TokenName::as_str))))
    }
}

/// What tells two bodies apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BodyHash(String);

impl BodyHash {
    /// The hash of a JSON body.
    pub(crate) fn of(body: &[u8]) -> Self {
        Self(hex(&Sha256::digest(body)))
    }

    /// The same together with the files of a form.
    #[must_use]
    pub(crate) fn with_files(&self, job: &Job) -> Self {
        let mut hash = Sha256::new_with_prefix(self.0.as_bytes());
        for file in job.input_files.iter().flatten() {
            hash.update(serde_json::to_vec(file).unwrap_or_default());
        }
        Self(hex(&hash.finalize()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is remembered of the first request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    hash: BodyHash,
    /// Its job.
    pub(crate) uuid: JobId,
    pub(crate) created_at: Timestamp,
    pub(crate) run_at: Option<Timestamp>,
    pub(crate) waits_for: Option<WaitsFor>,
    /// Whether the job is stored.
    stored: bool,
}

/// What a request is to its key.
#[derive(Debug)]
pub(crate) enum Request {
    /// The first one: it makes the job, which has this id now.
    First(Claim),
    /// The job was made.
    Again(Remembered),
    /// The key belongs to a request with another body.
    Other,
}

/// The right to make the job of a key.
#[derive(Debug)]
pub(crate) struct Claim {
    record: Record,
    revision: Revision,
    remembered: Remembered,
    taken_over: bool,
}

impl Claim {
    /// Whether a job of its id, which is there already, may be that of its key: another request was about to make the job, or
    /// took the key over since, because this one was slow.
    ///
    /// # Errors
    /// The store of records could not say.
    pub(crate) async fn is_shared(&self, app: &App) -> Result<bool, RecordError> {
        if self.taken_over {
            return Ok(true);
        }
        match app.records.get(KIND, &self.record.id).await {
            Ok(now) if now.revision == self.revision => Ok(false),
            Ok(now) => {
                let now = serde_json::from_value::<Remembered>(now.value.body).ok();
                Ok(now.is_some_and(|now| now.uuid == self.remembered.uuid && now.hash == self.remembered.hash))
            }
            Err(RecordError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The job is stored.
    pub(crate) async fn stored(mut self, app: &App) {
        self.remembered.stored = true;
        self.record.body = encode(&self.remembered);
        // Without it the next request finds out by looking for the job.
        if let Err(error) = app.records.replace(&self.record, &self.revision).await {
            tracing::debug!(error = %Chain(&error), "failed to note that the job of an idempotency key is stored");
        }
    }

    /// This request made no job, and will make none: the key is free again. One that was taken over stays: the job of the request
    /// before may be there, and whoever comes next looks for it.
    pub(crate) async fn give_up(self, app: &App) {
        if self.taken_over {
            return;
        }
        if let Err(error) = app.records.delete(KIND, &self.record.id, &self.revision).await {
            tracing::debug!(error = %Chain(&error), "failed to free an idempotency key whose job was refused");
        }
    }
}

/// Finds out what a request is to its key. `job` is what it would make; it gets the id of a job that another request was about
/// to make and did not.
///
/// # Errors
/// The store of records could not do its part: nothing is made.
pub(crate) async fn begin(
    app: &App,
    key: &IdempotencyKey,
    hash: &BodyHash,
    job: &mut Job,
) -> Result<Request, RecordError> {
    let mut first_seen = Instant::now();
    let mut seen = None;
    let mut rounds = 0;
    loop {
        let claimed = claim(app, key, hash, job, None).await;
        let Err(RecordError::Conflict { .. }) = claimed else { return claimed.map(Request::First) };
        let Stored { value: record, revision } = match app.records.get(KIND, &key.0).await {
            Ok(stored) => stored,
            Err(RecordError::NotFound { .. }) if rounds < ROUNDS => {
                rounds += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let remembered = serde_json::from_value::<Remembered>(record.body).ok();
        let is_over = record.due_at.is_none_or(|until| until <= Timestamp::now());
        let Some(remembered) = remembered.filter(|_| !is_over) else {
            match claim(app, key, hash, job, Some(&revision)).await {
                Err(RecordError::Conflict { .. }) if rounds < ROUNDS => rounds += 1,
                claimed => return claimed.map(Request::First),
            }
            continue;
        };
        if remembered.hash != *hash {
            return Ok(Request::Other);
        }
        if remembered.stored {
            return Ok(Request::Again(remembered));
        }
        // Whoever makes it is about to store it, or has died.
        if seen.replace(remembered.uuid.clone()).is_some_and(|before| before != remembered.uuid) {
            first_seen = Instant::now();
        }
        if first_seen.elapsed() < FIRST_STORES {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        (job.uuid, job.created_at) = (remembered.uuid, remembered.created_at);
        match claim(app, key, hash, job, Some(&revision)).await {
            Err(RecordError::Conflict { .. }) if rounds < ROUNDS => rounds += 1,
            claimed => return claimed.map(|claim| Request::First(Claim { taken_over: true, ..claim })),
        }
    }
}

async fn claim(
    app: &App,
    key: &IdempotencyKey,
    hash: &BodyHash,
    job: &Job,
    over: Option<&Revision>,
) -> Result<Claim, RecordError> {
    let remembered = Remembered {
        hash: hash.clone(),
        uuid: job.uuid.clone(),
        created_at: job.created_at,
        run_at: job.run_at,
        waits_for: job.waits_for,
        stored: false,
    };
    let due_at = Timestamp::now().after(REMEMBERED);
    let record = Record { kind: KIND, id: key.0.clone(), due_at, body: encode(&remembered) };
    let revision = match over {
        None => app.records.insert(&record).await?,
        Some(revision) => app.records.replace(&record, revision).await?,
    };
    Ok(Claim { record, revision, remembered, taken_over: false })
}

fn encode(remembered: &Remembered) -> serde_json::Value {
    serde_json::to_value(remembered).expect("it has string keys only")
}

/// Forgets keys whose time is over.
pub(crate) async fn forget_old(app: &App) {
    let old = match app.records.due(KIND, Timestamp::now(), FORGOTTEN).await {
        Ok(old) => old,
        Err(error) => {
            tracing::debug!(error = %Chain(&error), "failed to look for old idempotency keys");
            return;
        }
    };
    for Stored { value, revision } in old {
        // Whoever was quicker has forgotten it, or uses it anew.
        let _ = app.records.delete(KIND, &value.id, &revision).await;
    }
}

#[cfg(test)]
mod tests {
    use job_model::TokenName;

    use super::{BodyHash, IdempotencyKey};

    #[test]
    fn a_key_is_visible_text_and_belongs_to_its_owner() {
        let alice = TokenName::parse("alice").unwrap();
        let of = |key: &[u8], owner| IdempotencyKey::of(key, owner);
        assert_ne!(of(b"a", None), of(b"a", Some(&alice)));
        assert!(of(&[b'k'; 255], None).is_some());
        for key in [&b""[..], b"a b", b"\xc3\xa9", &[b'k'; 256]] {
            assert_eq!(of(key, None), None);
        }
        assert_ne!(BodyHash::of(b"{}"), BodyHash::of(b"{ }"));
    }
}
