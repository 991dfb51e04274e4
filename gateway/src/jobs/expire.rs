//! Ends a job that no executor began in time.
//!
//! Executors do not begin a job after its time, which its message carries. A gateway ends it a moment later, when a begin
//! just before the time would have been heard; while it does not hear executors it waits.

use job_model::{Job, Outcome};
use job_store::{StoreError, Stored};
use service::Chain;

use super::finish::{self, Kept};
use super::{announce, times};
use crate::app::App;
use crate::clock::{self, Millis};
use crate::fleet::Creation;

/// By then a begin is heard.
const HEARD_AFTER: Millis = 1_000;
/// A gateway that has listened for this long has heard two heartbeats of each executor, and so knows what ran before.
const HEARD_ALL_AFTER: Millis = 4_500;

/// Looks at a job whose time may be over. False when it has to be looked at again.
pub(super) async fn expire(app: &App, job: Stored<Job>) -> bool {
    let Some(expires_at) = job.value.begin_by() else { return times::forget(app, job).await };
    // Nobody has got it yet.
    if job.value.waits_for.is_some() {
        return end(app, &job.value).await;
    }
    let now = clock::now();
    let sighting = app.fleet.sighting(&Creation::of(&job.value), now);
    if job.value.running.is_some() || sighting.begun > 0 {
        return times::forget(app, job).await;
    }
    let heard_all = app.fleet.listening_since().is_some_and(|since| now - since >= HEARD_ALL_AFTER);
    if !heard_all || now - expires_at.unix_millis() < HEARD_AFTER {
        return false;
    }
    end(app, &job.value).await
}

/// Ends a job that no executor has begun. Returns `false` when the caller has to try again.
pub(super) async fn end(app: &App, job: &Job) -> bool {
    let time = job.expires_at.map(|time| format!(" by {time}")).unwrap_or_default();
    let mut result =
        finish::ended_here(job, 0, Outcome::Expired, format!("expired: no executor had begun the job{time}"));
    match finish::finish(app, &mut result).await {
        Ok(Kept::First) => {
            tracing::info!(job.id = %job.uuid, "job expired");
            // Whoever knows no such times may begin it all the same.
            announce::order_cancel(app, job.uuid.clone(), job.instance.clone());
            true
        }
        Ok(_) | Err(StoreError::NotFound { .. }) => true,
        Err(error) => {
            tracing::warn!(job.id = %job.uuid, error = %Chain(&error), "failed to end a job that expired");
            false
        }
    }
}
