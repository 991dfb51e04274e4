//! The time that a job carries for its gateways.

use job_model::{Job, Timestamp};
use job_store::Stored;

use super::rows::{self, Row};
use crate::app::App;

/// Nothing is to come: the job's time is taken away.
pub(super) async fn forget(app: &App, mut job: Stored<Job>) -> bool {
    job.value.wake_at = None;
    rows::move_on(app, Row::Claimed, &job, "failed to note that nothing is to come").await.is_ok()
}

/// Whether a time is over.
pub(super) fn is_over(time: Option<Timestamp>) -> bool {
    time.is_some_and(|time| time <= Timestamp::now())
}
