//! Nothing keeps a job any more: it is claimed by its revision, and put on the queue.

use job_model::{Dispatch, Job, Timestamp};
use job_store::Stored;

use super::rows::{self, Row};
use crate::app::App;

/// Claims a job and hands it on to be published. False when it has to be looked at again.
pub(super) async fn let_go(app: &App, mut job: Stored<Job>) -> bool {
    let Some(line) = &app.publish_line else { return false };
    job.value.waits_for = None;
    job.value.wake_at = job.value.begin_by();
    job.value.dispatch = Some(Dispatch { at: Timestamp::now(), attempts: 0 });
    let Ok(moved) = rows::move_on(app, Row::Claimed, &job, "failed to claim job that waited").await else {
        return false;
    };
    // Otherwise another gateway goes on with it, or a client ended it.
    if let Some(revision) = moved {
        tracing::info!(job.id = %job.value.uuid, "job that waited is published");
        app.due_times.ring(job.value.wake_at);
        line.push(Stored { revision, ..job });
    }
    true
}
