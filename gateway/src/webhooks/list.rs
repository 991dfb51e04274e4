//! Deliveries as clients see them, and sending one once more.

use job_model::{Job, Timestamp, WebhookEvent};
use job_store::Stored;
use job_store::records::{Record, RecordError, RecordQuery};
use serde::Serialize;

use super::delivery::{Attempt, DELIVERY, Delivery, DeliveryState, prefix_of_batch, prefix_of_job};
use crate::app::App;

/// The most deliveries that are shown: a uuid may have been used again and again.
const MOST: usize = 100;
/// How often a delivery is read again that others write.
const TRIES: usize = 10;

/// A delivery as clients see it.
#[derive(Debug, Serialize)]
pub(crate) struct ShownDelivery {
    id: String,
    event: WebhookEvent,
    state: DeliveryState,
    created_at: Timestamp,
    /// When it is sent next; absent while it is being sent, and when it is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
    /// The latest 20, the last one last.
    attempts: Vec<Attempt>,
}

impl ShownDelivery {
    fn of(delivery: Delivery, due_at: Option<Timestamp>) -> Self {
        let waits = delivery.state == DeliveryState::Pending && delivery.claimed_at.is_none();
        Self {
            id: delivery.id,
            event: delivery.event,
            state: delivery.state,
            created_at: delivery.created_at,
            next_at: due_at.filter(|_| waits),
            attempts: delivery.attempts,
        }
    }
}

/// The deliveries of a job, in the order in which they were made.
///
/// # Errors
/// The store could not do its part.
pub(crate) async fn of_job(app: &App, job: &Job) -> Result<Vec<ShownDelivery>, RecordError> {
    shown(app, prefix_of_job(&job.uuid), |delivery| delivery.is_of(job)).await
}

/// The deliveries of a batch.
///
/// # Errors
/// The store could not do its part.
pub(crate) async fn of_batch(app: &App, batch: &str) -> Result<Vec<ShownDelivery>, RecordError> {
    shown(app, prefix_of_batch(batch), |_| true).await
}

async fn shown(
    app: &App,
    prefix: String,
    is_one: impl Fn(&Delivery) -> bool,
) -> Result<Vec<ShownDelivery>, RecordError> {
    let query = RecordQuery { prefix, ..RecordQuery::first(DELIVERY, MOST) };
    let records = app.records.list(query).await?;
    let read = |stored: Stored<Record>| {
        let due_at = stored.value.due_at;
        Delivery::read(stored.value).filter(|delivery| is_one(delivery)).map(|delivery| (delivery, due_at))
    };
    let mut found: Vec<_> = records.into_iter().filter_map(read).collect();
    found.sort_by_key(|(delivery, _)| (delivery.at, delivery.event));
    Ok(found.into_iter().map(|(delivery, due_at)| ShownDelivery::of(delivery, due_at)).collect())
}

/// Has a delivery of a job sent once more, whatever came of it before. `None` when the job has none of this id.
///
/// # Errors
/// The store could not do its part.
pub(crate) async fn redeliver(app: &App, job: &Job, id: &str) -> Result<Option<ShownDelivery>, RecordError> {
    again(app, id, |delivery| delivery.is_of(job), &prefix_of_job(&job.uuid)).await
}

/// As [`redeliver`], of a batch.
///
/// # Errors
/// The store could not do its part.
pub(crate) async fn redeliver_of_batch(app: &App, batch: &str, id: &str) -> Result<Option<ShownDelivery>, RecordError> {
    again(app, id, |_| true, &prefix_of_batch(batch)).await
}

async fn again(
    app: &App,
    id: &str,
    is_one: impl Fn(&Delivery) -> bool,
    prefix: &str,
) -> Result<Option<ShownDelivery>, RecordError> {
    // It is one of theirs by its name alone, which nobody else's has.
    if !id.starts_with(prefix) {
        return Ok(None);
    }
    let mut tries = 0;
    loop {
        let stored = match app.records.get(DELIVERY, id).await {
            Ok(stored) => stored,
            Err(RecordError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (revision, due_at) = (stored.revision, stored.value.due_at);
        let Some(mut delivery) = Delivery::read(stored.value).filter(|delivery| is_one(delivery)) else {
            return Ok(None);
        };
        let now = Timestamp::now();
        if delivery.claimed_at.is_some() && due_at.is_some_and(|until| until > now) {
            // A gateway sends it at this moment.
            return Ok(Some(ShownDelivery::of(delivery, due_at)));
        }
        delivery.renew(now);
        match app.records.replace(&delivery.record(now), &revision).await {
            Ok(_) => {
                app.deliveries_due.notify_one();
                return Ok(Some(ShownDelivery::of(delivery, Some(now))));
            }
            Err(RecordError::Conflict { .. }) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}
