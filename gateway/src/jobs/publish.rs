//! A job goes on the queue: the first time, and again when it was left behind or lost.
//!
//! A job is `created` in the store before it comes here, and is marked `queued` after the broker confirmed it. Whatever
//! goes wrong in between leaves it `created`, and the sweep picks it up: nothing here has to be remembered.

use std::time::Duration;

use job_model::{Dispatch, Job, JobId, JobStatus, Priority, Timestamp};
use job_queue::{Message, Queue, QueueError};
use job_store::{StoreError, Stored};
use service::Chain;

use super::loss::{self, Evidence};
use super::rows::{self, Row};
use super::{finish, mark};
use crate::app::App;
use crate::clock::{self, Millis};
use crate::fleet::Creation;
use crate::memory::publish_line::Waiting;
use crate::metrics::PriorityLabels;

/// The header with the number of the attempt that a copy of the message stands for; 1 when absent.
const ATTEMPT: &str = "x-puppet-master-attempt";
/// The header with the time at which the copy was put on the queue.
const QUEUED_AT: &str = "x-puppet-master-queued-at";
/// The header that tells an executor to ask before it begins: another copy may have been published before.
const ASK: &str = "x-puppet-master-ask";

/// Which copy of a job's message is published.
#[derive(Clone, Copy)]
enum Copy {
    First,
    /// One more, which stands for this attempt.
    Again(u32),
}

/// Publishes a job that waited in the line, unless the sweep may have it by now.
pub(crate) async fn publish_waiting(app: &App, waiting: Waiting) {
    let Waiting { mut job, since, room } = waiting;
    if since.elapsed() > app.settings.publish_after / 2 {
        tracing::debug!(job.id = %job.value.uuid, "job waited too long in line: left to the sweep");
        return;
    }
    match put_on_queue(app, &mut job.value, Copy::First).await {
        Ok(at) => {
            app.metrics.publish_latency.observe(since.elapsed().as_secs_f64());
            drop(room);
            mark::hold(app, job, at).await;
        }
        Err(error) => {
            app.metrics.broker_errors.inc();
            tracing::warn!(job.id = %job.value.uuid, error = %Chain(&error), "job not published: left to the sweep");
        }
    }
}

/// Claims and publishes a job that another gateway stored and does not publish itself.
pub(crate) async fn adopt(app: &App, id: &JobId) {
    if let Some(job) = rows::reload(app, id).await {
        take_over(app, job).await;
    }
}

/// As [`adopt`] for a document that may be anybody's: a job of a gateway of ours carries an instance, and is published by
/// that gateway or by the sweep. What was created before `oldest` is left to the sweep, too.
pub(crate) async fn adopt_foreign(app: &App, id: &JobId, oldest: Millis) {
    let Some(job) = rows::reload(app, id).await else { return };
    if job.value.instance.is_none() && job.value.created_at.unix_millis() >= oldest {
        take_over(app, job).await;
    }
}

async fn take_over(app: &App, job: Stored<Job>) {
    app.due_times.ring(job.value.wake_at);
    if job.value.status != JobStatus::Created || job.value.dispatch.is_some() || job.value.waits_for.is_some() {
        return;
    }
    let (Some(job), Some(line)) = (claim(app, job, 0).await, &app.publish_line) else { return };
    line.push(job);
}

/// Publishes a job that stayed `created` for too long. True when it moved on.
pub(crate) async fn publish_left(app: &App, mut job: Stored<Job>) -> bool {
    if !noted_before(&job.value, app.settings.publish_after) {
        return false;
    }
    let publishes = job.value.dispatch.map_or(0, |dispatch| dispatch.attempts);
    let sighting = app.fleet.sighting(&Creation::of(&job.value), clock::now());
    if sighting.held {
        // The gateway that published it died before it could say so.
        mark::write_now(app, job, Timestamp::now()).await;
        return true;
    }
    if let Some(reason) = spent(app, &job.value, publishes, sighting.begun) {
        finish::give_up(app, &job.value, sighting.begun, reason).await;
        return true;
    }
    let id = job.value.uuid.clone();
    job = match claim(app, job, publishes).await {
        Some(job) => job,
        None => return false,
    };
    match put_on_queue(app, &mut job.value, Copy::Again(sighting.begun + 1)).await {
        Ok(at) => {
            tracing::info!(job.id = %id, "job that was left created is published");
            app.metrics.swept_created.inc();
            mark::write_now(app, job, at).await;
            true
        }
        Err(error) => {
            app.metrics.broker_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to publish job that was left created");
            if matches!(error, QueueError::Refused { .. }) {
                claim(app, job, publishes + 1).await;
            }
            false
        }
    }
}

/// Publishes a queued job again if it is lost: the broker was wiped, a message expired, an executor dropped one.
pub(crate) async fn publish_lost(app: &App, mut job: Stored<Job>) {
    let sighting = app.fleet.sighting(&Creation::of(&job.value), clock::now());
    let put_on_queue_at = job.value.dispatch.map_or(job.value.created_at, |dispatch| dispatch.at).unix_millis();
    let begun_at = job.value.running.as_ref().map_or(i64::MIN, |running| running.since.unix_millis());
    let lost = Evidence {
        watermark: app.watermarks().of(job.value.queue_priority()),
        listening_since: app.fleet.listening_since(),
        sighting: &sighting,
        noted_at: put_on_queue_at.max(begun_at),
        wait: loss::wait(app.settings.requeue_after(), job.value.timeout, app.settings.requeue_margin),
    }
    .shows_loss(clock::now());
    if !lost {
        return;
    }
    // A job of the predecessor carries no note and was published once.
    let publishes = job.value.dispatch.map_or(1, |dispatch| dispatch.attempts);
    let begun = sighting.begun.max(job.value.running.as_ref().map_or(0, |running| running.attempt));
    if let Some(reason) = spent(app, &job.value, publishes, begun) {
        return finish::give_up(app, &job.value, begun, reason).await;
    }
    let id = job.value.uuid.clone();
    job.value.running = None;
    let Some(mut job) = claim(app, job, publishes + 1).await else { return };
    match put_on_queue(app, &mut job.value, Copy::Again(begun + 1)).await {
        Ok(at) => {
            app.fleet.requeued(&Creation::of(&job.value), at.unix_millis());
            app.metrics.swept_queued.inc();
            tracing::warn!(job.id = %id, publishes = publishes + 1, "job that was lost from the queue is published again");
        }
        Err(error) => {
            app.metrics.broker_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to publish job again");
        }
    }
}

/// Why a job may not be published once more; `None` when it may.
fn spent(app: &App, job: &Job, publishes: u32, begun: u32) -> Option<String> {
    if job.max_attempts.is_some_and(|most| begun > 0 && begun >= most) {
        return Some(format!("the job was begun {begun} times and no result came back"));
    }
    let most = app.settings.max_publishes.get();
    (publishes >= most).then(|| format!("the job was put on the queue {publishes} times and no result came back"))
}

/// Puts a job on the queue and waits until it is durable there. Tells when it was put there.
async fn put_on_queue(app: &App, job: &mut Job, copy: Copy) -> Result<Timestamp, QueueError> {
    // The gateways' own note stays theirs, and so does what only they need to know.
    let begin_by = job.begin_by();
    let expires_at = std::mem::replace(&mut job.expires_at, begin_by);
    let kept = (job.dispatch.take(), job.webhook.take(), job.wake_at.take(), job.attempts.take(), job.trace.take());
    let body = serde_json::to_vec(job);
    (job.dispatch, job.webhook, job.wake_at, job.attempts, job.trace) = kept;
    job.expires_at = expires_at;
    let mut message = Message::new(body.map_err(|error| QueueError::Refused {
        action: format!("encode job {}", job.uuid),
        reason: error.to_string(),
    })?);
    let at = Timestamp::now();
    message.headers.insert(QUEUED_AT.to_owned(), at.to_string());
    if let Copy::Again(attempt) = copy {
        message.headers.insert(ASK.to_owned(), "1".to_owned());
        if attempt > 1 {
            message.headers.insert(ATTEMPT.to_owned(), attempt.to_string());
        }
    }
    app.job_traces.mark(job, &mut message);
    let priority = job.queue_priority();
    app.queue.publish(Queue::of_jobs(priority), message).await?;
    app.metrics.published.get_or_create(&PriorityLabels { priority: priority.as_str() }).inc();
    if priority != Priority::Normal {
        app.watermarks().note_use(priority);
        app.orders.published(app.queue.as_ref());
    }
    Ok(at)
}

/// Writes a note into a job before touching the queue: of all gateways that try on one revision, one succeeds.
async fn claim(app: &App, mut job: Stored<Job>, publishes: u32) -> Option<Stored<Job>> {
    job.value.dispatch = Some(Dispatch { at: Timestamp::now(), attempts: publishes });
    match rows::update(app, Row::Claimed, &job.value, &job.revision).await {
        Ok(revision) => Some(Stored { revision, ..job }),
        Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => None,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %job.value.uuid, error = %Chain(&error), "failed to claim job");
            None
        }
    }
}

/// Whether no gateway has noted anything in the job for so long.
fn noted_before(job: &Job, age: Duration) -> bool {
    let noted = job.dispatch.map_or(job.created_at, |dispatch| dispatch.at);
    clock::now() - noted.unix_millis() >= i64::try_from(age.as_millis()).unwrap_or(i64::MAX)
}
