//! A client ends a job and keeps it.

use std::time::Duration;

use job_model::{InstanceId, Job, JobId, JobStatus, Outcome};
use job_store::StoreError;
use tokio::time::Instant;

use super::finish::{self, Kept};
use super::{announce, rows};
use crate::app::App;
use crate::clock;
use crate::fleet::Creation;
use crate::tokens::Reach;

/// How long an executor has for sending what there is of a job that it was told to stop.
const EXECUTOR_ANSWERS: Duration = Duration::from_secs(2);
/// How often the store is looked at meanwhile: news of other gateways may be lost.
const LOOK: Duration = Duration::from_millis(500);
/// The error text of a job that a client cancelled.
const CANCELLED: &str = "cancelled";

/// What came of a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// The job is cancelled now.
    Yes,
    /// It was cancelled before.
    Before,
    /// It had ended before in another way.
    DoneBefore,
}

/// Cancels a job. One that runs is ended by its executor, with its log and results until then; one that does not run, or
/// whose executor does not answer, is ended here.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such job within reach; any other when the store could not do its part.
pub(crate) async fn cancel(app: &App, id: &JobId, reach: &Reach) -> Result<Cancelled, StoreError> {
    let mut creation = None;
    loop {
        let job = rows::read_within(app, id, reach).await?.value;
        let same = job.instance.as_ref().map(InstanceId::creation);
        if creation.as_ref().is_some_and(|first| *first != same) {
            return Err(StoreError::NotFound { id: id.clone() });
        }
        creation = Some(same);
        if let Some(cancelled) = cancel_try(app, id, job).await? {
            return Ok(cancelled);
        }
    }
}

/// Cancels the job as it was read; `None` when another try of it has taken its place meanwhile, or another creation.
async fn cancel_try(app: &App, id: &JobId, job: Job) -> Result<Option<Cancelled>, StoreError> {
    if job.status == JobStatus::Done {
        return Ok(Some(if of(&job) == Cancelled::Yes { Cancelled::Before } else { Cancelled::DoneBefore }));
    }
    let sighting = app.fleet.sighting(&Creation::of(&job), clock::now());
    let running = sighting.running.as_ref().or(job.running.as_ref());
    let begun = sighting.begun.max(running.map_or(0, |running| running.attempt));
    if running.is_some() {
        announce::order_cancel(app, id.clone(), job.instance.clone());
        if let Some(ended) = ended_by_executor(app, id).await? {
            return Ok(Some(ended));
        }
        tracing::info!(job.id = %id, "executor did not answer a cancel: the job is ended without its log");
    }
    let mut result = finish::ended_here(&job, begun, Outcome::Cancelled, CANCELLED);
    match finish::finish(app, &mut result).await? {
        Kept::First => {
            tracing::info!(job.id = %id, "job cancelled");
            announce::order_cancel(app, id.clone(), job.instance);
            Ok(Some(Cancelled::Yes))
        }
        // A cancel is the end, whatever the job says of tries.
        Kept::Earlier | Kept::Retried => Ok(Some(of(&rows::read(app, id).await?.value))),
        Kept::OfAnother => Ok(None),
    }
}

/// How the job ended, if it does within the time that its executor has.
async fn ended_by_executor(app: &App, id: &JobId) -> Result<Option<Cancelled>, StoreError> {
    let deadline = Instant::now() + EXECUTOR_ANSWERS;
    loop {
        // Watch first, read then: what happens in between is heard.
        let mut watch = app.feeds.watch(id);
        let job = rows::read(app, id).await?.value;
        if job.status == JobStatus::Done {
            return Ok(Some(of(&job)));
        }
        let now = Instant::now();
        if now >= deadline {
            return Ok(None);
        }
        if let Ok(Some(done)) = tokio::time::timeout(LOOK.min(deadline - now), watch.done()).await {
            return Ok(Some(of(&done)));
        }
    }
}

fn of(job: &Job) -> Cancelled {
    if job.outcome_or_derived() == Outcome::Cancelled { Cancelled::Yes } else { Cancelled::DoneBefore }
}
