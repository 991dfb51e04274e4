//! A job comes into being.

use std::mem::take;
use std::time::SystemTime;

use job_model::{InvalidJobId, Job, JobId, NewFiles, NewJob, OnDuplicate, Timestamp, WaitsFor};
use job_store::{Revision, StoreError, Stored};

use super::keys::{self, Entry};
use super::{announce, cancel, rows};
use crate::app::App;
use crate::clock;
use crate::tokens::Reach;

/// How often a job takes the place of others, when new ones come all the time.
const REPLACES: usize = 10;

/// What became of a job that was to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Created {
    /// It is stored.
    Stored,
    /// It is not: a job of the same key is under way, and this one says to be skipped then.
    Skipped {
        /// A job that is under way.
        by: JobId,
    },
}

/// Stores a new job and hands it on to be published. The caller's only copy goes with it: what the client is told is
/// made before, except that a job may have to wait for its key.
pub(crate) async fn create(app: &App, mut job: Job) -> Result<Created, StoreError> {
    let began = SystemTime::now();
    let has_key = job.key.is_some() && job.waits_for.is_none();
    if has_key {
        match place(app, &job).await? {
            Place::Taken => {}
            Place::None => job.waits_for = Some(WaitsFor::Key),
            Place::Skipped { by } => return Ok(Created::Skipped { by }),
        }
    }
    let revision = match insert(app, &job).await {
        Ok(revision) => revision,
        Err(error) => {
            // After any other error the job may be there.
            if has_key && matches!(error, StoreError::Conflict { .. } | StoreError::TooLarge { .. }) {
                keys::left(app, &job).await;
            }
            return Err(error);
        }
    };
    app.job_traces.accepted(&job, began);
    app.created_here.note(&job);
    app.metrics.created.inc();
    app.last_hour.created(clock::now());
    tracing::info!(job.id = %job.uuid, "job created");
    app.due_times.ring(job.wake_at);
    if job.waits_for.is_none() {
        app.queue_length.accepted();
    }
    match &app.publish_line {
        _ if job.waits_for == Some(WaitsFor::Key) => keys::stands_in_line(app, &job).await,
        Some(_) if job.waits_for.is_some() => {}
        Some(line) => line.push(Stored { value: job, revision }),
        None => announce::created(app, &job),
    }
    Ok(Created::Stored)
}

/// Stores a new job. A conflict with the very job is none: what stands in front of a database may send a write twice.
async fn insert(app: &App, job: &Job) -> Result<Revision, StoreError> {
    let inserted = rows::insert(app, job).await;
    if job.instance.is_some()
        && matches!(inserted, Err(StoreError::Conflict { .. }))
        && let Ok(there) = app.store.get(&job.uuid).await
        && there.value.instance == job.instance
    {
        tracing::warn!(job.id = %job.uuid, "the store has a new job that it refused as one that is there already");
        return Ok(there.revision);
    }
    inserted
}

/// Whether the job was certainly not stored. After any other error it may be there.
pub(crate) fn is_not_there(created: &Result<Created, StoreError>) -> bool {
    matches!(created, Ok(Created::Skipped { .. }) | Err(StoreError::Conflict { .. } | StoreError::TooLarge { .. }))
}

/// How a job that is to be made finds its key.
enum Place {
    Taken,
    None,
    Skipped { by: JobId },
}

/// Takes a place for a job, or makes room for it, as it says itself.
async fn place(app: &App, job: &Job) -> Result<Place, StoreError> {
    for _ in 0..REPLACES {
        let Entry::Busy { with } = keys::enter(app, job).await? else { return Ok(Place::Taken) };
        match job.on_duplicate.unwrap_or_default() {
            OnDuplicate::Skip => {
                // The last one is under way, if any is.
                if let Some(by) = with.into_iter().next_back() {
                    return Ok(Place::Skipped { by });
                }
            }
            OnDuplicate::Queue => return Ok(Place::None),
            OnDuplicate::Replace => {
                for id in with {
                    match cancel::cancel(app, &id, &Reach::All).await {
                        Ok(_) | Err(StoreError::NotFound { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
    Ok(Place::None)
}

/// Makes a new job that runs what another one ran, whatever became of that; and tells whose files it is to have.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such job within reach.
pub(crate) async fn rerun(
    app: &App,
    id: &JobId,
    reach: &Reach,
) -> Result<Result<(Job, Job), InvalidJobId>, StoreError> {
    let mut old = rows::read_within(app, id, reach).await?.value;
    let new = NewJob {
        uuid: String::new(),
        code: take(&mut old.code),
        vars: take(&mut old.vars),
        modules: take(&mut old.modules),
        timeout: old.timeout,
        max_attempts: old.max_attempts,
        network: old.network.take(),
        api: old.api,
        language: old.language,
        ignore_https_errors: old.ignore_https_errors,
        record: old.record,
        priority: old.priority,
        // It runs now, whenever the other one was to run.
        run_at: None,
        delay: None,
        expires_at: None,
        retry: old.retry.take(),
        key: old.key.take(),
        max_running: old.max_running,
        on_duplicate: old.on_duplicate,
        webhook: old.webhook.take().filter(|webhook| !webhook.of_token),
        // What a job that ran took over from others is among its vars.
        depends_on: old.depends_on.take().filter(|_| old.started_at.is_none()),
        vars_from: old.vars_from.take().filter(|_| old.started_at.is_none()),
        files: NewFiles { auto: old.result_files == Some(true), ..NewFiles::default() },
    };
    (old.logs, old.results) = (None, None);
    // Its code stays bound by the token of whoever wrote it.
    let (rerun_of, network_token) = (Some(old.uuid.clone()), old.network_token.take());
    let script = old.script.take();
    Ok(Job::create(new, Timestamp::now()).map(|job| (Job { rerun_of, network_token, script, ..job }, old)))
}
