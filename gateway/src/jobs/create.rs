//! A job comes into being.

use std::mem::take;

use job_model::{InvalidJobId, Job, JobId, NewFiles, NewJob, Timestamp};
use job_store::{StoreError, Stored};

use super::{announce, rows};
use crate::app::App;
use crate::clock;
use crate::tokens::Reach;

/// Stores a new job and hands it on to be published. The caller's only copy goes with it: what the client is told is
/// made before.
pub(crate) async fn create(app: &App, job: Job) -> Result<(), StoreError> {
    let revision = rows::insert(app, &job).await?;
    app.created_here.note(&job);
    app.metrics.created.inc();
    app.last_hour.created(clock::now());
    app.queue_length.accepted();
    tracing::info!(job.id = %job.uuid, "job created");
    match &app.publish_line {
        Some(line) => line.push(Stored { value: job, revision }),
        None => announce::created(app, &job),
    }
    Ok(())
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
        files: NewFiles { auto: old.result_files == Some(true), ..NewFiles::default() },
    };
    (old.logs, old.results) = (None, None);
    // Its code stays bound by the token of whoever wrote it.
    let (rerun_of, network_token) = (Some(old.uuid.clone()), old.network_token.take());
    Ok(Job::create(new, Timestamp::now()).map(|job| (Job { rerun_of, network_token, ..job }, old)))
}
