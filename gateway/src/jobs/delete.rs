//! A job's document goes. A job under way is cancelled, too.

use job_files::SetKey;
use job_model::{FileSetId, InstanceId, Job, JobId, JobStatus, JobSummary};
use job_store::{StoreError, Stored};
use service::Chain;

use super::{announce, keys, rows};
use crate::app::App;
use crate::tokens::Reach;

/// Deletes a job.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such job within reach; any other when the store could not do its part.
pub(crate) async fn delete(app: &App, id: &JobId, reach: &Reach) -> Result<(), StoreError> {
    let job = loop {
        let stored = rows::read_within(app, id, reach).await?;
        match rows::delete(app, id, &stored.revision).await {
            Ok(()) => break stored.value,
            Err(StoreError::Conflict { .. }) => {} // it moved on meanwhile
            Err(error) => return Err(error),
        }
    };
    tracing::info!(job.id = %id, "job deleted");
    remove_files(app, &job);
    let (status, instance) = (job.status, job.instance.clone());
    gone(app, id, status, instance);
    keys::left(app, &job).await;
    Ok(())
}

/// Removes the files of a deleted job, as far as they are known and the store can be used now: the sweep finds the rest.
fn remove_files(app: &App, job: &Job) {
    let Some(files) = app.files.clone().filter(|_| job.files.is_some() || job.input_files.is_some()) else { return };
    let input = job.input_files.as_ref().map(|_| FileSetId::input());
    let sets: Vec<SetKey> =
        [input, job.file_set.clone()].into_iter().flatten().map(|set| SetKey::of(job, set)).collect();
    app.tasks.spawn(async move {
        for set in sets {
            if let Err(error) = files.remove(&set).await {
                tracing::warn!(job.id = %set.job, error = %Chain(&error), "failed to remove a job's files, the sweep will");
            }
        }
    });
}

/// Deletes the jobs of a list at the revisions that it showed. One that moved on meanwhile, or is gone, stays out.
///
/// Returns which were deleted.
///
/// # Errors
/// The store could not do its part; some of the jobs may be deleted.
pub(crate) async fn delete_rows(app: &App, jobs: Vec<Stored<JobSummary>>) -> Result<Vec<JobId>, StoreError> {
    let keys = jobs.iter().map(|job| (job.value.uuid.clone(), job.revision.clone())).collect();
    let mut deleted = Vec::new();
    let mut failed = None;
    for (job, row) in jobs.into_iter().zip(rows::delete_many(app, keys).await) {
        match row {
            Ok(()) => {
                let instance = job.value.instance.or_else(|| app.created_here.instance(&job.value.uuid));
                gone(app, &job.value.uuid, job.value.status, instance);
                deleted.push(job.value.uuid);
            }
            Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(deleted), Err)
}

fn gone(app: &App, id: &JobId, status: JobStatus, instance: Option<InstanceId>) {
    app.held_marks.take(id, |job| job.instance == instance);
    announce::deleted(app, id, instance.clone());
    if status != JobStatus::Done {
        announce::order_cancel(app, id.clone(), instance);
    }
}
