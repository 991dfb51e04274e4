//! Sends what is due, until told to stop.
//!
//! Any gateway sends any delivery. Before it does it takes the delivery over for as long as that can last, by writing over
//! the revision that it read: of several gateways one goes on, and when that one dies the delivery is due again afterwards.
//! So a receiver gets each delivery at least once, under one id, and from one sender at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use job_model::{Job, Timestamp, Webhook};
use job_store::records::{Record, RecordError};
use job_store::{Revision, StoreError, Stored};
use service::{Backoff, Chain};
use tokio::sync::Semaphore;

use super::delivery::{About, Attempt, DELIVERY, Delivery, DeliveryState};
use super::hosts::{Hosts, LONGEST_WAIT, Ticket, Turn};
use super::sender::{Answer, Sender};
use super::{backoff, payload};
use crate::app::App;
use crate::batches::Batch;
use crate::metrics::DeliveryLabels;
use crate::page_start;
use crate::records::record_looks::RecordLooks;
use crate::records::typed_records::TypedRecord;

/// Deliveries of one look.
const PAGE: usize = 200;
/// Deliveries that are taken over at a time.
const TAKEN_AT_ONCE: usize = 32;
/// Deliveries in hand, those that wait for their host included.
const MOST_IN_HAND: usize = 1000;
/// Jobs that are read at a time: each may be as large as the database takes.
const JOBS_AT_ONCE: usize = 8;
/// What the store may take for one delivery, reading its job included.
const FOR_THE_STORE: Duration = Duration::from_secs(20);
/// How often the end of an attempt is written before the delivery is left to come again.
const TRIES_TO_SETTLE: usize = 6;
/// A delivery that is settled is looked at once more after this time, and then ever more rarely: it goes when its job is gone.
const FIRST_LOOK_BACK: Duration = Duration::from_secs(3600);

/// What all sends share.
struct Work {
    app: Arc<App>,
    sender: Sender,
    hosts: Arc<Hosts>,
    in_hand: Arc<Semaphore>,
    reading: Semaphore,
}

/// Sends until `stop`. What is on its way then ends as a task of the gateway.
pub(crate) async fn run(app: Arc<App>) {
    let work = Arc::new(Work {
        sender: Sender::start(&app.settings.webhooks).await,
        hosts: Arc::default(),
        in_hand: Arc::new(Semaphore::new(MOST_IN_HAND)),
        reading: Semaphore::new(JOBS_AT_ONCE),
        app: app.clone(),
    });
    tokio::join!(take_new(&work), look_for_due(&work));
}

/// Takes over what was made here just now.
async fn take_new(work: &Arc<Work>) {
    let new = work.app.new_deliveries.begin().take_until(work.app.stop.clone().cancelled_owned());
    new.for_each_concurrent(TAKEN_AT_ONCE, |record| async {
        // One that could not be taken is due in a moment.
        take(work, record).await;
    })
    .await;
}

/// Looks for what is due: what another gateway left, what failed, what found no room.
async fn look_for_due(work: &Arc<Work>) {
    let app = &work.app;
    let mut failing = false;
    let mut looks = RecordLooks::new(app, DELIVERY, &app.deliveries_due);
    while looks.next().await {
        match look(work).await {
            Ok(()) => failing = false,
            Err(error) => {
                app.metrics.store_errors.inc();
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(error = %Chain(&error), "failed to look for webhooks that are due, trying again");
                }
            }
        }
        work.hosts.tidy(Instant::now());
    }
}

/// Takes over whatever is due now.
async fn look(work: &Arc<Work>) -> Result<(), RecordError> {
    while !work.app.stop.is_cancelled() && work.in_hand.available_permits() > 0 {
        let mut due = work.app.records.due(DELIVERY, Timestamp::now(), PAGE).await?;
        let whole = due.len() == PAGE;
        page_start::anywhere(&mut due);
        let moved = stream::iter(due)
            .map(|record| async move { take(work, record).await })
            .buffer_unordered(TAKEN_AT_ONCE)
            .filter(|moved| std::future::ready(*moved))
            .count()
            .await;
        // A page of which nothing moves would come again at once.
        if !whole || moved == 0 {
            break;
        }
    }
    Ok(())
}

/// Takes a delivery over and has it sent, or puts it off. False when it stays due.
async fn take(work: &Arc<Work>, record: Stored<Record>) -> bool {
    let (id, revision) = (record.value.id.clone(), record.revision);
    let Some(delivery) = Delivery::read(record.value) else {
        tracing::error!(delivery.id = %id, "a record of a webhook cannot be read: deleted");
        return work.app.records.delete(DELIVERY, &id, &revision).await.is_ok();
    };
    if delivery.state != DeliveryState::Pending {
        return look_back(work, delivery, &revision).await;
    }
    let ticket = match work.hosts.turn(&delivery.host, Instant::now()) {
        Turn::Soon(ticket) => ticket,
        Turn::Later(wait) => return write(work, &delivery, wait, &revision).await.is_some(),
    };
    let Ok(permit) = Arc::clone(&work.in_hand).try_acquire_owned() else { return false };
    let claimed = Delivery { claimed_at: Some(Timestamp::now()), ..delivery };
    let lease = LONGEST_WAIT + work.app.settings.webhooks.timeout + FOR_THE_STORE;
    let Some(revision) = write(work, &claimed, lease, &revision).await else { return false };
    let until = Instant::now() + lease;
    let work = Arc::clone(work);
    work.app.clone().tasks.spawn(async move {
        deliver(&work, claimed, revision, ticket, until).await;
        drop(permit);
    });
    true
}

/// Writes a delivery that is to be looked at so much later. The new revision; `None` when somebody else has it, or the
/// store cannot be used.
async fn write(work: &Work, delivery: &Delivery, later: Duration, revision: &Revision) -> Option<Revision> {
    let due_at = Timestamp::now().after(later).unwrap_or(delivery.until);
    match work.app.records.replace(&delivery.record(due_at), revision).await {
        Ok(revision) => Some(revision),
        Err(RecordError::Conflict { .. } | RecordError::NotFound { .. }) => None,
        Err(error) => {
            work.app.metrics.store_errors.inc();
            tracing::warn!(delivery.id = %delivery.id, error = %Chain(&error), "failed to write a webhook's delivery");
            None
        }
    }
}

/// Sends a delivery that was taken over until this moment, and writes what came of it.
async fn deliver(work: &Work, delivery: Delivery, revision: Revision, mut ticket: Ticket, until: Instant) {
    let placed = tokio::select! {
        biased;
        placed = ticket.place() => placed,
        () = work.app.stop.cancelled() => false,
    };
    if !placed {
        // Its host has become slow meanwhile, or this gateway ends.
        let delivery = Delivery { claimed_at: None, ..delivery };
        write(work, &delivery, LONGEST_WAIT, &revision).await;
        return;
    }
    let Some((webhook, body)) = read(work, &delivery, &revision).await else { return };
    if Instant::now() + work.app.settings.webhooks.timeout > until {
        // Somebody else may have it by the time that an answer comes.
        return;
    }
    let (at, began) = (Timestamp::now(), Instant::now());
    let answer = work.sender.send(&webhook, &delivery.id, body).await;
    let duration = began.elapsed();
    drop(ticket);
    work.app.metrics.webhook_latency.observe(duration.as_secs_f64());
    let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    settle(work, delivery, revision, &answer, Attempt { at, duration, status: None, error: None }).await;
}

/// Where a delivery goes, and what it says. `None` when it is not to be sent now; when its job is gone so is the delivery.
async fn read(work: &Work, delivery: &Delivery, revision: &Revision) -> Option<(Webhook, Vec<u8>)> {
    match &delivery.about {
        About::Batch { webhook, .. } => Some((webhook.clone(), payload::body(delivery, None))),
        About::Job { uuid, .. } => {
            let _turn = work.reading.acquire().await.ok()?;
            let reading = tokio::time::timeout(FOR_THE_STORE, work.app.store.get(uuid)).await;
            let job = match reading {
                Ok(Ok(stored)) => with_owner(work, stored.value),
                Ok(Err(StoreError::NotFound { .. })) => {
                    drop_of_gone(work, delivery, revision).await;
                    return None;
                }
                Ok(Err(error)) => {
                    work.app.metrics.store_errors.inc();
                    tracing::warn!(job.id = %uuid, error = %Chain(&error), "failed to read the job of a webhook");
                    return None;
                }
                Err(_) => return None,
            };
            match job.webhook.clone().filter(|_| delivery.is_of(&job)) {
                Some(webhook) => Some((webhook, payload::body(delivery, Some(&job)))),
                None => {
                    drop_of_gone(work, delivery, revision).await;
                    None
                }
            }
        }
    }
}

fn with_owner(work: &Work, mut job: Job) -> Job {
    job.owner = work.app.created_here.owner(&job);
    job
}

/// The job was deleted: no event of it is sent any more.
async fn drop_of_gone(work: &Work, delivery: &Delivery, revision: &Revision) {
    match work.app.records.delete(DELIVERY, &delivery.id, revision).await {
        Ok(()) | Err(RecordError::Conflict { .. } | RecordError::NotFound { .. }) => {}
        Err(error) => {
            work.app.metrics.store_errors.inc();
            tracing::warn!(delivery.id = %delivery.id, error = %Chain(&error), "failed to delete a webhook's delivery");
        }
    }
}

/// Writes what came of an attempt. When the store cannot take that, the delivery comes again, under the same id.
async fn settle(work: &Work, mut delivery: Delivery, revision: Revision, answer: &Answer, attempt: Attempt) {
    let later = conclude(&mut delivery, answer, attempt, work.app.settings.webhooks.retry_first);
    work.app.metrics.webhook_attempts.get_or_create(&DeliveryLabels { result: result(answer, &delivery) }).inc();
    let mut backoff = Backoff::for_servers();
    for _ in 0..TRIES_TO_SETTLE {
        let due_at = Timestamp::now().after(later).unwrap_or(delivery.until);
        match work.app.records.replace(&delivery.record(due_at), &revision).await {
            Ok(_) => {
                if delivery.state == DeliveryState::Failed || delivery.state == DeliveryState::Gone {
                    tracing::warn!(delivery.id = %delivery.id, state = ?delivery.state, "webhook given up");
                }
                return;
            }
            // It went with its job, or the time it was taken over for is up and somebody else has it.
            Err(RecordError::NotFound { .. } | RecordError::Conflict { .. }) => return,
            Err(error) => {
                work.app.metrics.store_errors.inc();
                tracing::warn!(delivery.id = %delivery.id, error = %Chain(&error), "failed to note what came of a webhook");
            }
        }
        if backoff.wait(&work.app.stop).await.is_err() {
            return;
        }
    }
}

/// Takes an answer over into the delivery. How much later it is to be looked at.
fn conclude(delivery: &mut Delivery, answer: &Answer, attempt: Attempt, first: Duration) -> Duration {
    delivery.claimed_at = None;
    let now = Timestamp::now();
    let (status, error, retry_after) = match answer {
        Answer::Accepted { status } | Answer::Gone { status } => (Some(*status), None, None),
        Answer::Refused { status, retry_after } => (Some(*status), None, *retry_after),
        Answer::Failed(reason) => (None, Some(reason.clone()), None),
    };
    delivery.note(Attempt { status, error, ..attempt });
    match answer {
        Answer::Accepted { .. } => delivery.state = DeliveryState::Delivered,
        Answer::Gone { .. } => delivery.state = DeliveryState::Gone,
        Answer::Refused { .. } | Answer::Failed(_) => {
            delivery.failures = delivery.failures.saturating_add(1);
            let wait = backoff::wait(first, delivery.failures, retry_after, random());
            if now.after(wait).is_some_and(|next| next < delivery.until) {
                return wait;
            }
            delivery.state = DeliveryState::Failed;
        }
    }
    FIRST_LOOK_BACK
}

fn result(answer: &Answer, delivery: &Delivery) -> &'static str {
    match (answer, delivery.state) {
        (Answer::Accepted { .. }, _) => "delivered",
        (Answer::Gone { .. }, _) => "gone",
        (_, DeliveryState::Failed) => "given_up",
        _ => "failed",
    }
}

/// Looks whether the job of a settled delivery is still there. False when it has to be looked at again soon.
async fn look_back(work: &Work, delivery: Delivery, revision: &Revision) -> bool {
    let is_gone = match &delivery.about {
        About::Job { uuid, .. } => match work.app.store.get(uuid).await {
            Ok(stored) => !delivery.is_of(&stored.value),
            Err(StoreError::NotFound { .. }) => true,
            Err(_) => return false,
        },
        About::Batch { id, .. } => {
            matches!(work.app.records.get(Batch::KIND, id).await, Err(RecordError::NotFound { .. }))
        }
    };
    if is_gone {
        drop_of_gone(work, &delivery, revision).await;
        return true;
    }
    let age = Timestamp::now().unix_millis().saturating_sub(delivery.created_at.unix_millis());
    let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
    write(work, &delivery, age.max(FIRST_LOOK_BACK), revision).await.is_some()
}

/// From 0 to 1.
fn random() -> f64 {
    let mut bytes = [0; 2];
    // Without a random number the waits are all alike.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use job_model::{Job, NewJob, Timestamp, WebhookEvent};

    use super::{Answer, Attempt, FIRST_LOOK_BACK, conclude};
    use crate::webhooks::delivery::{Delivery, DeliveryState};

    const FIRST: Duration = Duration::from_secs(5);

    fn after(answer: &Answer, created_at: Timestamp) -> (Delivery, Duration) {
        let job = Job::create(NewJob::default(), created_at).unwrap();
        let mut delivery = Delivery::of_job(&job, WebhookEvent::JobDone, created_at, "a:80".to_owned(), created_at);
        let attempt = Attempt { at: Timestamp::now(), duration: 5, status: None, error: None };
        let later = conclude(&mut delivery, answer, attempt, FIRST);
        (delivery, later)
    }

    #[test]
    fn an_answer_decides_what_becomes_of_a_delivery() {
        let now = Timestamp::now();
        let (delivery, later) = after(&Answer::Accepted { status: 204 }, now);
        assert_eq!(
            (delivery.state, later, delivery.attempts[0].status),
            (DeliveryState::Delivered, FIRST_LOOK_BACK, Some(204))
        );
        assert_eq!(after(&Answer::Gone { status: 410 }, now).0.state, DeliveryState::Gone);
        let hour = Duration::from_secs(3600);
        let (delivery, later) = after(&Answer::Refused { status: 503, retry_after: Some(hour) }, now);
        assert_eq!((delivery.state, delivery.failures, later), (DeliveryState::Pending, 1, hour));
        let (delivery, later) = after(&Answer::Failed("no answer".to_owned()), now);
        assert!(later >= FIRST.mul_f64(0.8) && later <= FIRST.mul_f64(1.2), "{later:?}");
        assert_eq!(delivery.attempts[0].error.as_deref(), Some("no answer"));
    }

    #[test]
    fn nothing_is_tried_for_longer_than_a_day() {
        let yesterday = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - 24 * 3_600_000 + 1_000).unwrap();
        let (delivery, _) = after(&Answer::Refused { status: 500, retry_after: None }, yesterday);
        assert_eq!(delivery.state, DeliveryState::Failed);
        let (delivery, _) = after(&Answer::Accepted { status: 200 }, yesterday);
        assert_eq!(delivery.state, DeliveryState::Delivered);
    }
}
