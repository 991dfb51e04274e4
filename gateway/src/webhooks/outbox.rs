//! From what happened to deliveries: the records are made here, and whoever makes them again makes none.
//!
//! A job that is done carries the mark of its outbox (`wake_at`), written with its result; the mark goes once the
//! deliveries are stored. So a gateway that dies in between leaves the job to the next one. While none dies, the gateway that
//! ends a job makes its deliveries and sends them, and finds neither by the store's index.

use job_model::{Job, JobStatus, Outcome, Timestamp, Webhook, WebhookEvent};
use job_store::Stored;
use job_store::records::RecordError;
use serde_json::Value;

use super::delivery::Delivery;
use super::rules;
use crate::app::App;
use crate::memory::hand_over::LEFT_ALONE;

/// Stores the deliveries of a job that is done.
///
/// # Errors
/// The store could not take them all: to be tried again.
pub(crate) async fn queue_end(app: &App, job: &Job) -> Result<(), RecordError> {
    let Some(webhook) = &job.webhook else { return Ok(()) };
    let begun = job.started_at.map(|at| (WebhookEvent::JobStarted, at));
    let ended_at = job.finished_at.unwrap_or(job.created_at);
    let particular = match job.outcome_or_derived() {
        Outcome::Succeeded => WebhookEvent::JobSucceeded,
        _ => WebhookEvent::JobFailed,
    };
    let ends = [WebhookEvent::JobDone, particular].map(|event| (event, ended_at));
    store(app, job, webhook, begun.into_iter().chain(ends)).await
}

/// Stores the delivery of a job's begin, if its webhook asks for that and the job is not done.
///
/// # Errors
/// As [`queue_end`].
pub(crate) async fn queue_begin(app: &App, job: &Job, at: Timestamp) -> Result<(), RecordError> {
    match &job.webhook {
        Some(webhook) if job.status != JobStatus::Done => {
            // In whole seconds as the end tells the begin.
            store(app, job, webhook, [(WebhookEvent::JobStarted, at.truncated_to_seconds())]).await
        }
        _ => Ok(()),
    }
}

async fn store(
    app: &App,
    job: &Job,
    webhook: &Webhook,
    events: impl IntoIterator<Item = (WebhookEvent, Timestamp)>,
) -> Result<(), RecordError> {
    let (host, now) = (host(webhook), Timestamp::now());
    let wanted = events.into_iter().filter(|(event, _)| webhook.wants(*event));
    let deliveries = wanted.map(|(event, at)| Delivery::of_job(job, event, at, host.clone(), now)).collect();
    store_all(app, deliveries, now).await
}

/// Stores deliveries and has them sent: by this gateway at once where there is room, otherwise by whoever finds them due.
async fn store_all(app: &App, deliveries: Vec<Delivery>, now: Timestamp) -> Result<(), RecordError> {
    let later = now.after(LEFT_ALONE).unwrap_or(now);
    let (places, records): (Vec<_>, Vec<_>) = deliveries
        .iter()
        .map(|delivery| {
            let place = app.new_deliveries.place();
            let due_at = if place.is_some() { later } else { now };
            (place, delivery.record(due_at))
        })
        .unzip();
    let stored = app.records.insert_many(records.clone()).await;
    for ((place, record), stored) in places.into_iter().zip(records).zip(stored) {
        match (stored, place) {
            (Ok(revision), Some(place)) => place.send(Stored { value: record, revision }),
            (Ok(_), None) => app.deliveries_due.notify_one(),
            (Err(RecordError::Conflict { .. }), _) => {}
            (Err(error), _) => return Err(error),
        }
    }
    Ok(())
}

/// Where a webhook leads. A URL that cannot be read was refused when the job came; what stands in the store all the same leads
/// nowhere.
fn host(webhook: &Webhook) -> String {
    rules::address(&webhook.url).map(|(_, target)| target.to_string()).unwrap_or_default()
}

/// Stores the one delivery of a batch's end, with what it tells. A batch that had ended without some of its rows ends once more
/// when they came: `end` counts. To be called before whatever marks the batch as told: a repetition changes nothing.
///
/// # Errors
/// As [`queue_end`].
pub(crate) async fn queue_batch(
    app: &App,
    batch: &str,
    end: u32,
    webhook: &Webhook,
    data: Value,
) -> Result<(), RecordError> {
    if !webhook.wants(WebhookEvent::BatchDone) {
        return Ok(());
    }
    let now = Timestamp::now();
    let delivery = Delivery::of_batch((batch, end), webhook.clone(), data, host(webhook), now);
    store_all(app, vec![delivery], now).await
}
