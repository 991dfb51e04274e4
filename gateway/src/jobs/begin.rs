//! An executor has begun a job: noted in the document of a job that runs for longer than a moment.

use job_model::{Dispatch, Running, Timestamp};
use job_store::StoreError;
use service::Chain;

use super::rows::{self, Row};
use crate::app::App;
use crate::fleet::Creation;
use crate::webhooks;

/// Notes where a job runs, unless the document says so or the job has moved on. The `queued` mark goes with it.
///
/// False when it has to be tried again.
pub(crate) async fn note_running(app: &App, creation: &Creation, running: Running) -> bool {
    let held = app.held_marks.take(creation.uuid(), |job| Creation::of(job) == *creation);
    let stored = match held {
        Some(held) => Some(held),
        None => rows::reload(app, creation.uuid()).await,
    };
    let Some(mut stored) = stored else { return true };
    let job = &mut stored.value;
    let later = |noted: &Running| noted.attempt > running.attempt || *noted == running;
    let known = Creation::of(job) != *creation || job.running.as_ref().is_some_and(later);
    if known || job.mark_queued().is_err() {
        return true;
    }
    job.dispatch.get_or_insert_with(|| Dispatch { at: Timestamp::now(), attempts: 1 });
    let since = running.since;
    job.running = Some(running);
    // Before the note: a gateway that dies in between leaves a delivery that is made once, whoever makes it again.
    if let Err(error) = webhooks::queue_begin(app, job, since).await {
        app.metrics.store_errors.inc();
        tracing::debug!(job.id = %creation.uuid(), error = %Chain(&error), "failed to store what a webhook is to be told");
        return false;
    }
    match rows::update(app, Row::Running, job, &stored.revision).await {
        Ok(_) | Err(StoreError::NotFound { .. }) => true,
        // Perhaps the `queued` mark of another gateway.
        Err(StoreError::Conflict { .. }) => false,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::debug!(job.id = %creation.uuid(), error = %Chain(&error), "failed to note where a job runs");
            false
        }
    }
}
