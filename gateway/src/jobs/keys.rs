//! Jobs that share a key: no more than `max_running` of them are under way at a time, the others wait.
//!
//! Who is under way stands in one record of the key, whose revision is the fence. A job is in it before it goes on the queue,
//! and is taken out when it is done. A gateway may die at any point, so the record alone proves nothing: whoever needs a
//! place looks what became of those that have one ([`is_under_way`]). Those that wait stand in the store's index in the order
//! of their creation; while there are any each gateway looks after their key every few seconds.

use std::time::Duration;

use job_model::{InstanceId, Job, JobId, JobStatus, OnDuplicate, Timestamp, WaitsFor};
use job_store::records::{Record, RecordError, RecordKind};
use job_store::{Revision, StoreError, Stored};
use serde::{Deserialize, Serialize};
use service::Chain;

use super::let_go::let_go;
use super::rows::{self, Row};
use crate::app::App;

/// The records' kind. A record's id is the key with its owner.
const KIND: RecordKind = RecordKind("running-key");
/// How long a job that has its place may be on its way into the store.
const INSERT: Duration = Duration::from_secs(60);
/// How often a record is tried that others write, too.
const ROUNDS: usize = 50;
/// Jobs that are let go on at once.
const MOST_AT_ONCE: u64 = 32;

/// What the record of a key says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct UnderWay {
    jobs: Vec<Place>,
}

/// A job that has one of the places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    uuid: JobId,
    /// Of which creation; all its tries have the same.
    creation: Option<InstanceId>,
    since: Timestamp,
}

/// Whether a job goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It has a place now.
    Goes,
    /// There is none: these jobs are under way, or wait for one.
    Busy { with: Vec<JobId> },
}

impl Place {
    fn of(job: &Job) -> Self {
        let creation = job.instance.as_ref().map(InstanceId::creation);
        Self { uuid: job.uuid.clone(), creation, since: Timestamp::now() }
    }

    fn is_of(&self, job: &Job) -> bool {
        self.uuid == job.uuid && self.creation == job.instance.as_ref().map(InstanceId::creation)
    }
}

/// Takes a place for a job, if one is free and no other job waits for it.
///
/// # Errors
/// The store could not do its part: nothing is known of a place.
pub(super) async fn enter(app: &App, job: &Job) -> Result<Entry, StoreError> {
    let Some(key) = job.key_of_owner() else { return Ok(Entry::Goes) };
    for _ in 0..ROUNDS {
        let (mut places, revision) = read(app, &key).await?;
        if places.iter().any(|place| place.is_of(job)) {
            return Ok(Entry::Goes);
        }
        if places.len() >= most(job) {
            keep_those_under_way(app, &mut places).await?;
        }
        // Only who takes the place of others needs to know them all.
        let replaces = job.on_duplicate == Some(OnDuplicate::Replace);
        let waiting = app.store.of_key(&key, if replaces { MOST_AT_ONCE } else { 1 }).await?;
        if places.len() >= most(job) || !waiting.is_empty() {
            // Those that wait first: whoever ends them all must not give them a place by that.
            let waiting = waiting.into_iter().map(|job| job.value.uuid);
            return Ok(Entry::Busy { with: waiting.chain(places.into_iter().map(|place| place.uuid)).collect() });
        }
        places.push(Place::of(job));
        if write(app, &key, places, revision).await? {
            return Ok(Entry::Goes);
        }
    }
    // So many write to the record that it is left to them.
    Ok(Entry::Busy { with: Vec::new() })
}

/// Looks after a key: places of jobs that are gone become free, and jobs that wait go on in the order of their creation.
/// `left` has just ended, or was not stored at all. What fails is done by the next look.
pub(super) async fn look(app: &App, key: &str, left: Option<&Place>) {
    if let Err(error) = try_look(app, key, left).await {
        app.metrics.store_errors.inc();
        tracing::warn!(error = %Chain(&error), "failed to look after jobs that wait for a key");
    }
}

async fn try_look(app: &App, key: &str, left: Option<&Place>) -> Result<(), StoreError> {
    let mut at_once = 1;
    for _ in 0..ROUNDS {
        let (before, revision) = read(app, key).await?;
        let mut places = before.clone();
        places.retain(|place| left.is_none_or(|left| (&left.uuid, &left.creation) != (&place.uuid, &place.creation)));
        keep_those_under_way(app, &mut places).await?;
        let mut admitted = Vec::new();
        for job in app.store.of_key(key, at_once).await? {
            let has_place = places.iter().any(|place| place.is_of(&job.value));
            if !has_place && places.len() >= most(&job.value) {
                break; // in their order: nobody passes the first one by
            }
            if !has_place {
                places.push(Place::of(&job.value));
            }
            admitted.push(job);
        }
        if places != before && !write(app, key, places, revision).await? {
            continue;
        }
        if admitted.is_empty() {
            return Ok(());
        }
        for job in admitted {
            let_go(app, job).await;
        }
        at_once = (2 * at_once).min(MOST_AT_ONCE);
    }
    Ok(())
}

/// A job of a key has ended, or is gone.
pub(super) async fn left(app: &App, job: &Job) {
    if let Some(place) = Leaving::of(job) {
        place.leave(app).await;
    }
}

/// The place of a job that ends, for when the job itself is handed on.
pub(super) struct Leaving {
    key: String,
    place: Place,
}

impl Leaving {
    /// `None` for a job without a key.
    pub(super) fn of(job: &Job) -> Option<Self> {
        Some(Self { key: job.key_of_owner()?, place: Place::of(job) })
    }

    /// Gives it to the next one.
    pub(super) async fn leave(self, app: &App) {
        look(app, &self.key, Some(&self.place)).await;
    }
}

fn most(job: &Job) -> usize {
    usize::try_from(job.max_running.unwrap_or(1)).unwrap_or(usize::MAX)
}

/// Takes out the places of jobs that are not under way.
async fn keep_those_under_way(app: &App, places: &mut Vec<Place>) -> Result<(), StoreError> {
    let mut kept = Vec::new();
    for place in places.drain(..) {
        let job = match app.store.get(&place.uuid).await {
            Ok(job) => Some(job.value),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        if is_under_way(&place, job.as_ref(), Timestamp::now()) {
            kept.push(place);
        }
    }
    *places = kept;
    Ok(())
}

/// Whether a job that was given a place needs it still.
fn is_under_way(place: &Place, job: Option<&Job>, now: Timestamp) -> bool {
    match job.filter(|job| place.is_of(job)) {
        // A job that waits for its key has its place already, and is about to be published.
        Some(job) => job.status != JobStatus::Done && matches!(job.waits_for, None | Some(WaitsFor::Key)),
        None => place.since.after(INSERT).is_some_and(|until| now < until),
    }
}

async fn read(app: &App, key: &str) -> Result<(Vec<Place>, Option<Revision>), StoreError> {
    match app.records.get(KIND, key).await {
        Ok(Stored { value, revision }) => {
            let under_way: UnderWay = serde_json::from_value(value.body).unwrap_or_default();
            Ok((under_way.jobs, Some(revision)))
        }
        Err(RecordError::NotFound { .. }) => Ok((Vec::new(), None)),
        Err(error) => Err(failed("read", key, error)),
    }
}

/// Writes the record over what was read. False when somebody else did meanwhile.
async fn write(app: &App, key: &str, places: Vec<Place>, revision: Option<Revision>) -> Result<bool, StoreError> {
    let is_empty = places.is_empty();
    let body = serde_json::to_value(UnderWay { jobs: places }).expect("places have string keys only");
    let record = Record { kind: KIND, id: key.to_owned(), due_at: None, body };
    let written = match revision {
        None if is_empty => Ok(()),
        None => app.records.insert(&record).await.map(drop),
        Some(revision) if is_empty => app.records.delete(KIND, key, &revision).await,
        Some(revision) => app.records.replace(&record, &revision).await.map(drop),
    };
    match written {
        Ok(()) => Ok(true),
        Err(RecordError::Conflict { .. } | RecordError::NotFound { .. }) => Ok(false),
        Err(error) => Err(failed("write", key, error)),
    }
}

fn failed(verb: &str, key: &str, error: RecordError) -> StoreError {
    StoreError::Unavailable {
        action: format!("{verb} which jobs of the key {key:?} are under way"),
        source: Box::new(error),
    }
}

/// Has a job that finds no place wait in line. False when it has to be tried again.
pub(super) async fn wait(app: &App, mut job: Stored<Job>) -> bool {
    job.value.waits_for = Some(WaitsFor::Key);
    job.value.wake_at = job.value.begin_by();
    let waits = rows::move_on(app, Row::Waiting, &job, "failed to note that a job waits for its key").await.is_ok();
    stands_in_line(app, &job.value).await;
    waits
}

/// A job waits for its key. A place may have become free before it stood in line.
pub(super) async fn stands_in_line(app: &App, job: &Job) {
    if let Some(key) = job.key_of_owner() {
        look(app, &key, None).await;
    }
}

#[cfg(test)]
mod tests {
    use job_model::{Job, JobResult, NewJob, RunKey, Timestamp, WaitsFor};

    use super::{INSERT, Place, is_under_way};

    #[test]
    fn a_place_is_free_when_its_job_is_not_under_way_any_more() {
        let now = Timestamp::now();
        let job = Job::create(NewJob { key: RunKey::parse("k"), ..NewJob::default() }, now).unwrap();
        let place = Place::of(&job);
        assert!(is_under_way(&place, Some(&job), now));
        for (waits_for, needed) in [
            (None, true),
            (Some(WaitsFor::Key), true),
            (Some(WaitsFor::Retry), false),
            (Some(WaitsFor::Time), false),
            (Some(WaitsFor::Jobs), false),
        ] {
            assert_eq!(is_under_way(&place, Some(&Job { waits_for, ..job.clone() }), now), needed, "{waits_for:?}");
        }
        let mut done = job.clone();
        done.finish(JobResult::not_started(job.uuid.clone(), "")).unwrap();
        assert!(!is_under_way(&place, Some(&done), now));
        // Its insert may be on its way, for a while.
        assert!(is_under_way(&place, None, now) && !is_under_way(&place, None, now.after(2 * INSERT).unwrap()));
        let other = Job::create(NewJob { uuid: job.uuid.to_string(), ..NewJob::default() }, now).unwrap();
        assert!(!is_under_way(&place, Some(&other), now.after(2 * INSERT).unwrap()));
    }
}
