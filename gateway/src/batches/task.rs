//! Looks after batches that no request works on. The gateway that moves a batch's time on first works on it.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use job_files::FilesError;
use job_model::{JobId, JobState, Outcome, Timestamp};
use job_store::records::RecordError;
use job_store::{StoreError, Stored};
use serde_json::json;
use service::Chain;
use tokio::time::Instant;

use super::{Batch, Stage, under_way};
use crate::admission::{self, NotNow};
use crate::app::App;
use crate::input_files::{self, InputError};
use crate::jobs::{self, Created};
use crate::records::record_looks::RecordLooks;
use crate::records::typed_records::{self, TypedRecord};
use crate::template_files;
use crate::tokens::{Grant, Reach};
use crate::webhooks;

/// Batches that one look takes.
const PAGE: usize = 50;
/// How long a gateway has for a batch before another one works on it.
const CLAIM: Duration = Duration::from_secs(60);
/// The shortest and the longest time between two looks whether a batch has ended.
const LOOKS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// Jobs that are listed at a time to be cancelled.
const STEP: u64 = 500;
/// Jobs that one look runs again: well within its claim.
const RERUNS: u64 = 100;
/// Jobs that are cancelled at a time.
const CONCURRENCY: usize = 64;
/// How long one look cancels: well within its claim.
const CANCELS: Duration = Duration::from_secs(20);
/// How long the record of a batch is kept that has ended.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How long a client has to send missing rows again before the batch ends without them: one that lost its connection does so
/// at once, and hears of one end.
const REST_COMES: Duration = Duration::from_secs(60);
/// Ends after which a job is run again.
const FAILED: [Outcome; 4] = [Outcome::Failed, Outcome::TimedOut, Outcome::GivenUp, Outcome::Expired];

/// Why a look could not do its part.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Records(#[from] RecordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let mut looks = RecordLooks::new(&app, Batch::KIND, &app.batches_changed);
    while looks.next().await {
        if let Err(error) = look(&app, Timestamp::now()).await {
            app.metrics.store_errors.inc();
            tracing::debug!(error = %Chain(&error), "failed to look for batches that are due");
        }
    }
}

async fn look(app: &App, now: Timestamp) -> Result<(), RecordError> {
    let records = app.records.as_ref();
    let due = typed_records::due::<Batch>(records, now, PAGE).await?;
    for mut stored in due {
        stored.value.due = now.after(CLAIM);
        if !typed_records::overwrite(records, &mut stored).await? {
            continue;
        }
        let id = stored.value.uuid.clone();
        if let Err(error) = work(app, &mut stored, now).await {
            app.metrics.store_errors.inc();
            tracing::warn!(batch = %id, error = %Chain(&error), "failed to work on a batch");
            stored.value.due = now.after(LOOKS[1]);
        }
        typed_records::overwrite(records, &mut stored).await?;
    }
    Ok(())
}

async fn work(app: &App, stored: &mut Stored<Batch>, now: Timestamp) -> Result<(), Failure> {
    let batch = &mut stored.value;
    if batch.finished_at.is_some() {
        return match typed_records::delete(app.records.as_ref(), batch, &stored.revision).await {
            Ok(()) | Err(RecordError::Conflict { .. } | RecordError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        };
    }
    if batch.stage == Stage::Accepting {
        if batch.rerun_of.is_some() {
            return rerun(app, batch, now).await;
        }
        let made: u64 = batch.count(app).await?.values().sum();
        batch.accepted = batch.accepted.max(u32::try_from(made).unwrap_or(u32::MAX));
        batch.leave_off("its gateway ended while its rows arrived: send it again under the same uuid".to_owned(), now);
        template_files::forget(app, batch.take_files()).await;
        batch.due = Some(now);
        return Ok(());
    }
    if batch.cancelled_at.is_some() {
        cancel(app, batch).await?;
    }
    let counts = batch.count(app).await?;
    if under_way(&counts) > 0 {
        let age = u64::try_from(now.unix_millis() - batch.created_at.unix_millis()).unwrap_or_default();
        let wait = if batch.cancelled_at.is_some() { LOOKS[0] } else { Duration::from_millis(age / 20) };
        batch.due = now.after(wait.clamp(LOOKS[0], LOOKS[1]));
        return Ok(());
    }
    let is_complete = batch.stage == Stage::Accepted;
    if !is_complete && batch.cancelled_at.is_none() {
        let left_off = batch.incomplete_at.unwrap_or(batch.created_at);
        if let Some(until) = left_off.after(REST_COMES).filter(|until| *until > now) {
            batch.due = Some(until);
            return Ok(());
        }
    }
    if let Some(webhook) = &batch.wish.webhook {
        let data = json!({"uuid": batch.uuid, "name": batch.wish.name, "counts": counts, "accepted": batch.accepted,
            "complete": is_complete, "error": batch.error, "created_at": batch.created_at, "finished_at": now,
            "cancelled": batch.cancelled_at.is_some()});
        webhooks::queue_batch(app, batch.uuid.as_str(), batch.ends, webhook, data).await?;
    }
    batch.ends += 1;
    tracing::info!(batch = %batch.uuid, "all jobs of a batch are done");
    app.metrics.batches_done.inc();
    (batch.finished_at, batch.counts, batch.due) = (Some(now), Some(counts), now.after(KEPT));
    Ok(())
}

/// Cancels jobs that are not done, for a while.
async fn cancel(app: &App, batch: &Batch) -> Result<(), Failure> {
    let end = Instant::now() + CANCELS;
    for state in [JobState::Waiting, JobState::Running] {
        let mut after: Option<JobId> = None;
        while Instant::now() < end && !app.stop.is_cancelled() {
            let jobs = app.store.batch_jobs(&batch.uuid, Some(state), after.as_ref(), STEP).await?;
            let Some(last) = jobs.last() else { break };
            after = Some(last.value.uuid.clone());
            let cancels = stream::iter(jobs).map(|job| async move {
                match jobs::cancel(app, &job.value.uuid, &Reach::All).await {
                    Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
                    Err(error) => Err(error),
                }
            });
            let mut cancels = std::pin::pin!(cancels.buffer_unordered(CONCURRENCY));
            while let Some(cancelled) = cancels.next().await {
                cancelled?;
            }
        }
    }
    Ok(())
}

/// Runs some of the jobs again that did not succeed. A job's id says which row it is, so a look that ends in the middle is
/// repeated without a second job.
async fn rerun(app: &App, batch: &mut Batch, now: Timestamp) -> Result<(), Failure> {
    let (Some(old), Some(grant)) = (batch.rerun_of.clone(), app.tokens.grant_of(batch.owner.as_ref())) else {
        batch.leave_off("its token is not in TOKENS_FILE any more".to_owned(), now);
        batch.due = Some(now);
        return Ok(());
    };
    let page = app.store.batch_jobs(&old, None, batch.cursor.as_ref(), RERUNS).await?;
    let is_last = (page.len() as u64) < RERUNS;
    for job in page {
        let uuid = job.value.uuid.clone();
        if job.value.outcome.is_some_and(|outcome| FAILED.contains(&outcome)) {
            match again(app, batch, &grant, &uuid).await? {
                Ok(true) => batch.accepted += 1,
                Ok(false) => {}
                Err(NotNow(reason)) => {
                    batch.error = Some(reason);
                    batch.due = now.after(Duration::from_secs(10));
                    return Ok(());
                }
            }
        }
        batch.cursor = Some(uuid);
    }
    batch.error = None;
    batch.due = Some(now);
    if is_last {
        batch.stage = Stage::Accepted;
    }
    Ok(())
}

/// Runs one job again. False when it is gone.
async fn again(app: &App, batch: &Batch, grant: &Grant, old: &JobId) -> Result<Result<bool, NotNow>, Failure> {
    let (mut job, old) = match jobs::rerun(app, old, &grant.reach()).await {
        Ok(Ok(made)) => made,
        Ok(Err(_)) | Err(StoreError::NotFound { .. }) => return Ok(Ok(false)),
        Err(error) => return Err(error.into()),
    };
    let room = match admission::room_for_one(app, grant).await {
        Ok(room) => room,
        Err(not_now) => return Ok(Err(not_now)),
    };
    let Some(row) = Batch::row_of(&old.uuid) else { return Ok(Ok(false)) };
    (job.uuid, job.batch) = (batch.job_id(row), Some(batch.uuid.clone()));
    admission::give_to(&mut job, grant);
    if old.input_files.is_some() {
        let Some(files) = &app.files else { return Ok(Ok(false)) };
        match input_files::give_those_of(files, &mut job, &old).await {
            Ok(()) => {}
            Err(InputError::Files(FilesError::NotFound { .. })) => return Ok(Ok(false)),
            Err(error) => return Ok(Err(NotNow(error.told().0))),
        }
    }
    let files = input_files::set_of(&job);
    let created = jobs::create(app, job).await;
    drop(room);
    if jobs::is_not_there(&created) {
        input_files::forget(app, files).await;
    }
    match created {
        Ok(Created::Stored) | Err(StoreError::Conflict { .. }) => Ok(Ok(true)),
        Ok(Created::Skipped { .. }) | Err(StoreError::TooLarge { .. }) => Ok(Ok(false)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use job_model::{JobId, JobState, Timestamp};
    use job_queue::embedded::EmbeddedQueue;
    use job_store::embedded::EmbeddedJobStore;
    use job_store::records::{EmbeddedRecordStore, RecordKind, RecordQuery};
    use serde_json::{Map, Value, json};
    use service::Secret;

    use super::look;
    use crate::app::App;
    use crate::batches::{Accepting, Batch, Refused, Stage, Wish};
    use crate::records::typed_records;
    use crate::tokens::{Grant, Reach};
    use crate::{Parts, Settings, assemble};

    fn gateway(folder: &std::path::Path) -> Arc<App> {
        let store = Arc::new(EmbeddedJobStore::open(folder.join("jobs.sqlite")).unwrap());
        let records = Arc::new(EmbeddedRecordStore::open(folder.join("service.sqlite")).unwrap());
        let queue = Arc::new(EmbeddedQueue::open(folder.join("queue.sqlite")).unwrap());
        let mut settings = Settings::with_token(Secret::new("token"));
        settings.enable_jobs = false;
        assemble(Parts { store, records, queue, files: None }, settings, Default::default()).unwrap().0
    }

    async fn begin(app: &Arc<App>, id: &JobId, wish: Wish) -> Accepting {
        let none = BTreeMap::new();
        Accepting::begin(app, &Grant::Everything, Some(id.clone()), wish, none).await.unwrap()
    }

    /// The events of batches for a webhook, in the order in which they were made.
    async fn told(app: &App) -> Vec<Value> {
        let query = RecordQuery::first(RecordKind("delivery"), 9);
        let mut told: Vec<_> = app.records.list(query).await.unwrap().into_iter().map(|one| one.value.body).collect();
        told.sort_by_key(|one| one["created_at"].as_str().unwrap().to_owned());
        told.into_iter().map(|one| one["about"]["batch"]["data"].clone()).collect()
    }

    /// Ends all jobs of a batch that wait.
    async fn finish_jobs(app: &App, id: &JobId) {
        for job in app.store.batch_jobs(id, Some(JobState::Waiting), None, 500).await.unwrap() {
            crate::jobs::cancel(app, &job.value.uuid, &Reach::All).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_batch_whose_client_hung_up_ends_with_what_it_has_and_once_more_with_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let app = gateway(folder.path());
        let id = JobId::parse("cut-off").unwrap();
        let webhook = serde_json::from_value(json!({"url": "https://example.org/"})).unwrap();
        let wish = Wish { webhook: Some(webhook), ..Wish::default() };
        let mut first = begin(&app, &id, wish.clone()).await;
        for _ in 0..3 {
            first.row(Map::new()).await.unwrap();
        }
        let (left, _) = first.end(Err(Refused::Row("the body ended".to_owned()))).await.unwrap_err();
        assert_eq!((left.stage, left.accepted), (Stage::Incomplete, 3));
        finish_jobs(&app, &id).await;
        let now = Timestamp::now();
        let later = |seconds| now.after(Duration::from_secs(seconds)).unwrap();
        look(&app, now).await.unwrap();
        assert_eq!(read(&app, &id).await.finished_at, None, "its client may send the rest at once");
        look(&app, later(61)).await.unwrap();
        let ended = read(&app, &id).await;
        assert_eq!((ended.stage, ended.finished_at), (Stage::Incomplete, Some(later(61))));

        let mut again = begin(&app, &id, wish).await;
        assert_eq!(read(&app, &id).await.finished_at, None);
        for _ in 0..5 {
            again.row(Map::new()).await.unwrap();
        }
        again.end(Ok(())).await.unwrap();
        finish_jobs(&app, &id).await;
        look(&app, later(130)).await.unwrap();
        let told = told(&app).await;
        let ends: Vec<_> = told.iter().map(|one| (&one["complete"], &one["accepted"], &one["error"])).collect();
        let expected = [(json!(false), json!(3), json!("the body ended")), (json!(true), json!(5), json!(null))];
        assert_eq!(ends, expected.each_ref().map(|(complete, accepted, error)| (complete, accepted, error)));
        let whole = Accepting::begin(&app, &Grant::Everything, Some(id), Wish::default(), BTreeMap::new()).await;
        assert!(matches!(whole.err(), Some(Refused::Taken(_))), "a batch that is whole takes no more rows");
    }

    async fn read(app: &App, id: &JobId) -> Batch {
        typed_records::read::<Batch>(app.records.as_ref(), id.as_str()).await.unwrap().unwrap().value
    }

    #[tokio::test]
    async fn a_batch_whose_gateway_died_says_how_many_of_its_rows_are_jobs_and_can_be_sent_again() {
        let folder = tempfile::tempdir().unwrap();
        let app = gateway(folder.path());
        let id = JobId::parse("dead").unwrap();
        let mut accepting = begin(&app, &id, Wish::default()).await;
        for _ in 0..100 {
            accepting.row(Map::new()).await.unwrap();
        }
        // Whatever is under way ends with the process; what is stored stays.
        drop(accepting);
        let stored: u64 = app.store.batch_states(&id).await.unwrap().iter().map(|(_, jobs)| jobs).sum();
        let now = Timestamp::now();
        look(&app, now).await.unwrap();
        assert_eq!(read(&app, &id).await.stage, Stage::Accepting, "its gateway may be slow");
        look(&app, now.after(std::time::Duration::from_secs(61)).unwrap()).await.unwrap();
        let batch = read(&app, &id).await;
        assert_eq!(batch.stage, Stage::Incomplete);
        assert!(u64::from(batch.accepted) >= stored && batch.accepted <= 100, "{} of {stored}", batch.accepted);
        assert!(batch.error.unwrap().contains("send it again"));

        let mut again = begin(&app, &id, Wish::default()).await;
        for _ in 0..120 {
            again.row(Map::new()).await.unwrap();
        }
        let whole = again.end(Ok(())).await.unwrap();
        assert_eq!((whole.stage, whole.accepted), (Stage::Accepted, 120));
        assert_eq!(app.store.batch_states(&id).await.unwrap().iter().map(|(_, jobs)| jobs).sum::<u64>(), 120);
    }
}
