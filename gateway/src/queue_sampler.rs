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

/// One look.
pub(crate) async fn sample(app: &App) -> Result<u64, QueueError> {
    let began = clock::now();
    let waiting = app.queue.depth(Queue::Jobs).await?;
    app.queue_length.sampled(waiting);
    if waiting == 0 {
        jobs::queue_was_empty(app, began);
    }
    Ok(waiting)
}
