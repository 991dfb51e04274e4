//! Takes results off the queue and stores them; acknowledges last.
//!
//! The first valid result of a job stays. A second one, one of an unknown job and one that cannot be read are dropped
//! with a log line. Results are worked on side by side, each with its own back-off: one that the store refuses never holds
//! up its neighbours, and while the store is away all of them wait, unsettled, within the prefetch.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use job_model::{JobResult, Outcome};
use job_queue::{Delivery, Queue, QueueError, Requeue};
use job_store::StoreError;
use json_text::without_lone_surrogates;
use serde::Deserialize;
use service::{Backoff, Chain};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::job_traces::TRACEPARENT;
use crate::jobs::{self, Kept};

/// How often a result is tried that the store refuses for a reason of its own, before it goes back to the queue.
const REFUSED_TRIES: usize = 6;

/// Collects until `stop`, consuming again whenever the broker was lost. Results under way are the app's tasks.
pub(crate) async fn run(app: Arc<App>) {
    let prefetch = app.settings.results_prefetch;
    let slots = Arc::new(Semaphore::new(prefetch.get().into()));
    let mut backoff = Backoff::for_servers();
    while !app.stop.is_cancelled() {
        match collect(&app, &slots, &mut backoff).await {
            Ok(()) => return,
            Err(error) => {
                app.metrics.broker_errors.inc();
                tracing::warn!(error = %Chain(&error), "results are not consumed, trying again");
            }
        }
        if backoff.wait(&app.stop).await.is_err() {
            return;
        }
    }
}

/// Consumes until `stop` or until the consumer is lost.
async fn collect(app: &Arc<App>, slots: &Arc<Semaphore>, backoff: &mut Backoff) -> Result<(), QueueError> {
    let consuming = app.queue.consume(Queue::JobResults, app.settings.results_prefetch);
    let mut consumer = tokio::select! {
        () = app.stop.cancelled() => return Ok(()),
        consumer = consuming => consumer?,
    };
    tracing::info!("consuming results");
    backoff.reset();
    loop {
        // Deliveries of a lost consumer may still be at work: together they stay within the prefetch.
        let slot = tokio::select! {
            () = app.stop.cancelled() => break,
            slot = slots.clone().acquire_owned() => slot,
        };
        let delivery = tokio::select! {
            () = app.stop.cancelled() => break,
            delivery = consumer.next() => delivery?,
        };
        let app = app.clone();
        app.tasks.clone().spawn(async move {
            collect_one(&app, delivery).await;
            drop(slot);
        });
    }
    // What is under way must be settled on this consumer; the slots come back when it is.
    let _ =
        tokio::time::timeout(app.settings.stop_grace, slots.acquire_many(app.settings.results_prefetch.get().into()))
            .await;
    Ok(())
}

/// Stores one result and settles its delivery.
async fn collect_one(app: &App, mut delivery: Delivery) {
    let began = SystemTime::now();
    let body = std::mem::take(&mut delivery.message.body);
    let mut result = match read(&body) {
        Ok(result) => result,
        Err(reason) => {
            app.metrics.results_dropped.inc();
            tracing::error!(bytes = body.len(), error = %reason, "result dropped: it cannot be read");
            return settle(app, delivery.nack(Requeue::No).await);
        }
    };
    drop(body);
    let id = result.uuid.clone();
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut refused = 0;
    let mut last_try = false;
    let traceparent = delivery.message.headers.remove(TRACEPARENT);
    let stored = |result: &JobResult| app.job_traces.stored(traceparent.as_deref(), result, began);
    let settled = loop {
        match jobs::finish(app, &mut result).await {
            Ok(Kept::First) => {
                app.metrics.results_stored.inc();
                tracing::info!(job.id = %id, duration_ms = result.duration, "job done");
                stored(&result);
                break delivery.ack().await;
            }
            Ok(Kept::Retried) => {
                app.metrics.results_stored.inc();
                stored(&result);
                break delivery.ack().await;
            }
            Ok(kept @ (Kept::Earlier | Kept::OfAnother)) => {
                app.metrics.results_dropped.inc();
                let why = if kept == Kept::Earlier {
                    "the job is done already"
                } else {
                    "it is one of an earlier try or of a deleted job"
                };
                tracing::info!(job.id = %id, "result dropped: {why}");
                break delivery.ack().await;
            }
            Err(StoreError::NotFound { .. }) => {
                app.metrics.results_dropped.inc();
                // It was stopped, or was stored here once: somebody has deleted it meanwhile.
                if result.outcome == Some(Outcome::Cancelled) || app.created_here.instance(&id).is_some() {
                    tracing::info!(job.id = %id, "result dropped: the job is deleted");
                } else {
                    tracing::warn!(job.id = %id, "result dropped: there is no such job");
                }
                break delivery.ack().await;
            }
            Err(error) => {
                app.metrics.store_errors.inc();
                tracing::warn!(job.id = %id, error = %Chain(&error), "failed to store result, trying again");
                if matches!(error, StoreError::Refused { .. }) {
                    refused += 1;
                }
                if refused == REFUSED_TRIES || last_try {
                    break delivery.nack(Requeue::Yes).await;
                }
                // The store may be back by now: a gateway that ends hands back only what it still cannot store.
                last_try = backoff.wait(&app.stop).await.is_err();
            }
        }
    };
    settle(app, settled);
}

/// A delivery that cannot be settled any more has gone back to the queue and comes again.
fn settle(app: &App, settled: Result<(), QueueError>) {
    if let Err(error) = settled {
        app.metrics.broker_errors.inc();
        tracing::info!(error = %Chain(&error), "failed to settle a result: it will come again");
    }
}

/// Reads a result. What is not an object with an acceptable uuid, or has a field of a wrong type, is refused.
fn read(body: &[u8]) -> Result<JobResult, serde_json::Error> {
    // Serde would take an array for a struct too: its first element as uuid.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(serde::de::Error::custom("it is no JSON object"));
    }
    let text = std::str::from_utf8(body).map_err(serde::de::Error::custom)?;
    // JavaScript's strings may hold what Rust's cannot.
    let text = without_lone_surrogates(text);
    let mut reader = serde_json::Deserializer::from_str(&text);
    let result = JobResult::deserialize(&mut reader)?;
    reader.end()?;
    Ok(result)
}
