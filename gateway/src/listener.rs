//! Listens to what executors and other gateways broadcast about jobs.

use std::sync::Arc;

use job_model::{JobEvent, JobEventKind, JobStage};
use job_queue::{QueueError, Topic};
use service::{Backoff, Chain};

use crate::app::App;
use crate::dispatcher;

/// Listens until `stop`, subscribing again whenever the broker was lost.
pub(crate) async fn run(app: Arc<App>) {
    let mut backoff = Backoff::for_servers();
    loop {
        let heard = tokio::select! {
            () = app.stop.cancelled() => return,
            heard = listen(&app, &mut backoff) => heard,
        };
        if let Err(error) = heard {
            tracing::info!(error = %Chain(&error), "job events are not heard, trying again");
        }
        if backoff.wait(&app.stop).await.is_err() {
            return;
        }
    }
}

async fn listen(app: &Arc<App>, backoff: &mut Backoff) -> Result<(), QueueError> {
    let mut subscription = app.queue.subscribe(Topic::JobEvents).await?;
    backoff.reset();
    // What was said while nobody listened is lost: whoever waits has to look.
    app.feeds.resync();
    loop {
        let body = subscription.next().await?;
        let event: JobEvent = match serde_json::from_slice(&body) {
            Ok(event) => event,
            Err(error) => {
                tracing::debug!(%error, "job event dropped: it cannot be read");
                continue;
            }
        };
        if matches!(event.what, JobEventKind::Status { status: JobStage::Created, .. }) && app.dispatcher.is_some() {
            let (app, id) = (app.clone(), event.uuid.clone());
            app.tasks.clone().spawn(async move { dispatcher::adopt(&app, &id).await });
        }
        if app.settings.enable_api {
            app.feeds.hear(event);
        }
    }
}
