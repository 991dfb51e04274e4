//! Writing a job's row: counted, and noted for `readyz`.

use job_model::{Job, JobId};
use job_store::{Revision, StoreError, Stored};
use service::Chain;

use crate::app::App;
use crate::metrics::RowLabels;
use crate::tokens::Reach;

/// Why a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Created,
    Claimed,
    Waiting,
    Queued,
    Running,
    Retrying,
    Done,
    Deleted,
}

impl Row {
    const fn as_str(self) -> &'static str {
        match self {
            Row::Created => "created",
            Row::Claimed => "claimed",
            Row::Waiting => "waiting",
            Row::Queued => "queued",
            Row::Running => "running",
            Row::Retrying => "retrying",
            Row::Done => "done",
            Row::Deleted => "deleted",
        }
    }
}

/// Stores a new job.
pub(super) async fn insert(app: &App, job: &Job) -> Result<Revision, StoreError> {
    let written = app.store.insert(job).await;
    noted(app, Row::Created, written).inspect(|_| app.untouched_jobs.ours(&job.uuid))
}

/// Reads a job, with its instance and its owner where this gateway knows what the document may not say.
pub(super) async fn read(app: &App, id: &JobId) -> Result<Stored<Job>, StoreError> {
    let mut stored = app.store.get(id).await?;
    stored.value.owner = app.created_here.owner(&stored.value);
    if stored.value.instance.is_none() {
        stored.value.instance = app.created_here.instance(id);
    }
    Ok(stored)
}

/// Writes a job over the revision it was read at.
pub(super) async fn update(app: &App, row: Row, job: &Job, revision: &Revision) -> Result<Revision, StoreError> {
    let written = app.store.update(job, revision).await;
    noted(app, row, written).inspect(|_| app.untouched_jobs.ours(&job.uuid))
}

/// The store could not write a job's move: the task that moves the job looks at the job again.
pub(super) struct Unmoved;

/// As [`update`], for a job that others may move, too: no revision when they have, or when the job is gone. `failed` says in
/// the log what could not be done.
pub(super) async fn move_on(
    app: &App,
    row: Row,
    job: &Stored<Job>,
    failed: &'static str,
) -> Result<Option<Revision>, Unmoved> {
    match update(app, row, &job.value, &job.revision).await {
        Ok(revision) => Ok(Some(revision)),
        Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => Ok(None),
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %job.value.uuid, error = %Chain(&error), "{failed}");
            Err(Unmoved)
        }
    }
}

/// Deletes the revision of a job that was read.
pub(super) async fn delete(app: &App, id: &JobId, revision: &Revision) -> Result<(), StoreError> {
    let written = app.store.delete(id, revision).await;
    noted(app, Row::Deleted, written)
}

/// Deletes many revisions of jobs that a list showed.
pub(super) async fn delete_many(app: &App, rows: Vec<(JobId, Revision)>) -> Vec<Result<(), StoreError>> {
    let written = app.store.delete_many(rows).await;
    written.into_iter().map(|row| noted(app, Row::Deleted, row)).collect()
}

fn noted<T>(app: &App, row: Row, written: Result<T, StoreError>) -> Result<T, StoreError> {
    app.store_health.note(&written);
    if written.is_ok() {
        app.metrics.rows_written.get_or_create(&RowLabels { row: row.as_str() }).inc();
    }
    written
}

/// As [`read`]; a job out of reach does not exist.
pub(crate) async fn read_within(app: &App, id: &JobId, reach: &Reach) -> Result<Stored<Job>, StoreError> {
    let stored = read(app, id).await?;
    if reach.covers(&stored.value) { Ok(stored) } else { Err(StoreError::NotFound { id: id.clone() }) }
}

/// The job as it is now; `None` when it is gone or the store is in trouble.
pub(super) async fn reload(app: &App, id: &JobId) -> Option<Stored<Job>> {
    match read(app, id).await {
        Ok(job) => Some(job),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to read job");
            None
        }
    }
}
