//! Has the webhooks of jobs told that have just ended here.
//!
//! What it cannot do, and what it leaves when the gateway ends, is due in the store's index: see [`due_jobs`](super::due_jobs).

use std::sync::Arc;

use futures::StreamExt;

use crate::app::App;
use crate::jobs;

/// Jobs that are looked at at a time.
const CONCURRENCY: usize = 32;

/// Goes on with jobs until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    let ended = app.ended.begin().take_until(app.stop.clone().cancelled_owned());
    ended
        .for_each_concurrent(CONCURRENCY, |job| async {
            let wake_at = job.value.wake_at;
            if !jobs::wake(&app, job).await {
                app.due_times.ring(wake_at);
            }
        })
        .await;
}
