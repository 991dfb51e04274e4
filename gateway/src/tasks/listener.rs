//! Listens to what executors and other gateways broadcast: events of jobs, heartbeats, and who gives orders.
//!
//! All are heard or none counts: what is concluded from silence (see `jobs::loss`) needs events and heartbeats without a gap.

use std::sync::Arc;

use job_model::{Heartbeat, InstanceId, JobControl, JobEvent, JobEventKind, JobStage};
use job_queue::{QueueError, Subscription, Topic};
use serde::de::DeserializeOwned;
use service::{Backoff, Chain};

use crate::app::App;
use crate::clock;
use crate::fleet::Creation;
use crate::jobs;

/// Listens until `stop`, subscribing again whenever the broker was lost.
pub(crate) async fn run(app: Arc<App>) {
    let mut backoff = Backoff::for_servers();
    loop {
        let heard = tokio::select! {
            () = app.stop.cancelled() => return,
            heard = listen(&app, &mut backoff) => heard,
        };
        app.fleet.interrupted();
        app.watermarks().clear();
        if let Err(error) = heard {
            tracing::info!(error = %Chain(&error), "job events are not heard, trying again");
        }
        if backoff.wait(&app.stop).await.is_err() {
            return;
        }
    }
}

async fn listen(app: &Arc<App>, backoff: &mut Backoff) -> Result<(), QueueError> {
    let events = app.queue.subscribe(Topic::JobEvents).await?;
    let heartbeats = app.queue.subscribe(Topic::Heartbeats).await?;
    let orders = app.queue.subscribe(Topic::JobControl).await?;
    backoff.reset();
    app.fleet.listening(clock::now());
    // What was said while nobody listened is lost: whoever waits has to look.
    app.feeds.resync();
    let events = each(events, "job event", |event: JobEvent| hear(app, event));
    let heartbeats = each(heartbeats, "heartbeat", |heartbeat: Heartbeat| {
        app.fleet.heard(&heartbeat, clock::now());
        app.roster.executor(heartbeat, clock::now());
    });
    let orders = each(orders, "order", |order: JobControl| {
        if let Some(gateway) = &order.gateway {
            app.roster.gateway(gateway, clock::now());
        }
    });
    tokio::try_join!(events, heartbeats, orders).map(|((), (), ())| ())
}

/// Hands on everything that can be read.
async fn each<T: DeserializeOwned>(
    mut subscription: Box<dyn Subscription>,
    name: &str,
    mut hear: impl FnMut(T),
) -> Result<(), QueueError> {
    loop {
        let body = subscription.next().await?;
        match serde_json::from_slice(&body) {
            Ok(message) => hear(message),
            Err(error) => tracing::debug!(%error, "{name} dropped: it cannot be read"),
        }
    }
}

fn hear(app: &Arc<App>, event: JobEvent) {
    if let JobEventKind::Status { status, running } = &event.what {
        let creation = Creation::new(event.uuid.clone(), event.instance.clone());
        match (status, running) {
            (JobStage::Created, _) if app.publish_line.is_some() => {
                let (app, id) = (app.clone(), event.uuid.clone());
                app.tasks.clone().spawn(async move { jobs::adopt(&app, &id).await });
            }
            (JobStage::Running, Some(running)) => app.fleet.begun(&creation, running.clone(), clock::now()),
            (JobStage::Queued, None) => app.fleet.queued(&creation, clock::now()),
            // An executor put it back: its document knows nothing of that.
            (JobStage::Queued, Some(_)) => app.fleet.requeued(&creation, clock::now()),
            (JobStage::Retrying, _) => {
                let before = event.instance.as_ref().and_then(InstanceId::try_before);
                let before = Creation::new(event.uuid.clone(), before);
                app.fleet.forget(&before);
                app.held_marks.take(&event.uuid, |job| Creation::of(job) == before);
            }
            (JobStage::Done, _) => {
                app.dependents.ended(&event.uuid);
                app.fleet.forget(&creation);
                app.held_marks.take(&event.uuid, |job| Creation::of(job) == creation);
            }
            _ => {}
        }
    }
    if app.settings.enable_api {
        app.feeds.hear(event);
    }
}
