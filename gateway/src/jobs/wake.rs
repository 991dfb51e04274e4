//! A job's time has come: what is to be done follows from its state.

use std::sync::atomic::Ordering;

use futures::{StreamExt, stream};
use job_model::{Job, JobId, JobStatus, WaitsFor};
use job_store::Stored;
use service::Chain;

use super::times::forget;
use super::{expire, keys, release, rows};
use crate::app::App;
use crate::metrics::WaitLabels;
use crate::webhooks;

/// Keys that are looked after in one round.
const KEYS: usize = 1000;
/// Keys that are looked after at a time.
const CONCURRENCY: usize = 8;

/// Moves a job whose `wake_at` has come. False when it has to be looked at again.
pub(crate) async fn wake(app: &App, job: Stored<Job>) -> bool {
    match (job.value.status, job.value.waits_for) {
        (JobStatus::Done, _) => tell_end(app, job).await,
        (_, Some(WaitsFor::Time | WaitsFor::Retry | WaitsFor::Jobs)) => release::release(app, job).await,
        (_, Some(WaitsFor::Key) | None) => expire::expire(app, job).await,
    }
}

/// Looks at a job that waits for others, one of which has just ended.
pub(crate) async fn look_at_freed(app: &App, id: &JobId) {
    if let Some(job) = rows::reload(app, id).await
        && job.value.waits_for == Some(WaitsFor::Jobs)
    {
        release::release(app, job).await;
    }
}

/// Stores what the job's webhook is to be told of its end, then takes the mark away.
async fn tell_end(app: &App, job: Stored<Job>) -> bool {
    let stored = webhooks::queue_end(app, &job.value).await;
    let is_new = app.outbox_fails.swap(stored.is_err(), Ordering::Relaxed) != stored.is_err();
    if let Err(error) = stored {
        app.metrics.store_errors.inc();
        // Each such job is looked at every second: one line is enough.
        if is_new {
            tracing::warn!(job.id = %job.value.uuid, error = %Chain(&error), "failed to store what a webhook is to be told");
        }
        return false;
    }
    forget(app, job).await
}

/// Counts what waits, and looks after jobs that wait for something that may have gone without a word.
pub(crate) async fn look_after_waiting(app: &App) {
    let waiting = match app.store.waiting().await {
        Ok(waiting) => waiting,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::debug!(error = %Chain(&error), "failed to look what jobs wait for");
            return;
        }
    };
    for reason in WaitsFor::ALL {
        let jobs = waiting.reasons.iter().find(|(known, _)| *known == reason).map_or(0, |(_, jobs)| *jobs);
        let gauge = app.metrics.waiting.get_or_create(&WaitLabels { reason: reason.as_str() });
        gauge.set(i64::try_from(jobs).unwrap_or(i64::MAX));
    }
    // Whoever had a place may have ended at a gateway that died before it could say so.
    let keys = stream::iter(waiting.keys.iter().take(KEYS));
    keys.for_each_concurrent(CONCURRENCY, |key| keys::look(app, key, None)).await;
}
