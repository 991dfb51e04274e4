//! Looks at the queue's length: for refusing jobs in time, and as evidence of how far executors have come.

use std::sync::Arc;
use std::time::Duration;

use job_queue::{Queue, QueueError};
use service::Chain;

use crate::app::App;
use crate::clock;
use crate::jobs;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = sample(&app).await {
            tracing::debug!(error = %Chain(&error), "failed to look at the queue's length");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// How many jobs wait in the queues that are used.
pub(crate) async fn depth(app: &App) -> Result<u64, QueueError> {
    let used = app.watermarks().used();
    let mut all = 0;
    for priority in used {
        all += app.queue.depth(Queue::of_jobs(priority)).await?;
    }
    Ok(all)
}

/// One look at the queues that are used.
pub(crate) async fn sample(app: &App) -> Result<u64, QueueError> {
    let mut all = 0;
    let used = app.watermarks().used();
    for priority in used {
        let began = clock::now();
        let waiting = app.queue.depth(Queue::of_jobs(priority)).await?;
        if waiting == 0 {
            jobs::queue_was_empty(app, priority, began);
        }
        all += waiting;
    }
    app.queue_length.sampled(all);
    Ok(all)
}
