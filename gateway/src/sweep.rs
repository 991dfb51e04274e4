//! Picks up what was left behind: jobs that a crash left `created`, and jobs that were lost while `queued`.
//!
//! Safe with any number of gateways: a job is claimed by its revision before it is published, so of several sweeps that
//! see it one goes on. A job may still be published twice (a claim whose gateway was only slow); the first result stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use job_model::{JobResult, JobStatus, Timestamp};
use job_queue::Queue;
use job_store::{LeftoverQuery, StoreError};
use service::Chain;

use crate::app::App;
use crate::collector;
use crate::dispatcher::{self, CONCURRENCY, Job};

/// Jobs looked at in one go.
const PAGE: u64 = 200;
/// Pages of one round at most: then the interval passes, whatever is left.
const PAGES: usize = 50;

/// How far executors have come: when the latest job that has a result was put on the queue.
///
/// The queue is in order, so a job that was put there earlier and is not done is being run, or lost.
#[derive(Default)]
pub(crate) struct Reached(AtomicI64);

impl Reached {
    /// Takes note of a job that has a result.
    pub(crate) fn note(&self, put_on_queue: Timestamp) {
        self.0.fetch_max(put_on_queue.unix_millis(), Ordering::Relaxed);
    }

    fn passed(&self, put_on_queue: Timestamp) -> bool {
        put_on_queue.unix_millis() < self.0.load(Ordering::Relaxed)
    }
}

/// Sweeps until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        round(&app).await;
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(app.settings.sweep_interval) => {}
        }
    }
}

/// One look at what was left behind.
async fn round(app: &Arc<App>) {
    // Without a broker nothing can be published: claims would only hide the jobs from other gateways.
    let waiting = match app.queue.depth(Queue::Jobs).await {
        Ok(waiting) => waiting,
        Err(error) => {
            app.metrics.broker_errors.inc();
            tracing::warn!(error = %Chain(&error), "sweep put off: the queue cannot be used");
            return;
        }
    };
    app.load.sampled(waiting);
    for _ in 0..PAGES {
        if app.stop.is_cancelled() || !publish_created(app).await {
            break;
        }
    }
    if !app.settings.requeue_after().is_zero() {
        requeue_lost(app, waiting).await;
    }
}

/// Publishes a page of jobs that stayed `created`. False when there is no more to do now.
async fn publish_created(app: &Arc<App>) -> bool {
    let Some(found) = leftovers(app, JobStatus::Created, app.settings.publish_after).await else { return false };
    let full = found.len() as u64 == PAGE;
    let due = found.into_iter().filter(|job| noted_before(job, app.settings.publish_after));
    let published = stream::iter(due).map(|job| publish_one(app, job)).buffer_unordered(CONCURRENCY);
    let outcomes: Vec<bool> = published.collect().await;
    full && outcomes.iter().any(|published| *published)
}

async fn publish_one(app: &App, job: Job) -> bool {
    let attempts = job.value.dispatch.map_or(0, |dispatch| dispatch.attempts);
    if attempts >= limit(app, &job) {
        give_up(app, job, attempts).await;
        return true;
    }
    let id = job.value.uuid.clone();
    let Some(job) = dispatcher::claim(app, job, attempts).await else { return false };
    match dispatcher::publish(app, &job.value).await {
        Ok(()) => {
            tracing::info!(job.id = %id, "job that was left created is published");
            app.metrics.swept_created.inc();
            dispatcher::mark_queued(app, job).await;
            true
        }
        Err(error) => {
            app.metrics.broker_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to publish job that was left created");
            if matches!(error, job_queue::QueueError::Refused { .. }) {
                dispatcher::claim(app, job, attempts + 1).await;
            }
            false
        }
    }
}

/// Publishes jobs again that must have been lost: the broker was wiped, a message expired, an executor dropped one.
async fn requeue_lost(app: &Arc<App>, waiting: u64) {
    let Some(found) = leftovers(app, JobStatus::Queued, app.settings.requeue_after()).await else { return };
    let lost = found.into_iter().filter(|job| {
        let longest = Duration::from_secs(job.value.timeout.unwrap_or(0).into()) + Duration::from_secs(60);
        let put_on_queue = job.value.dispatch.map_or(job.value.created_at, |dispatch| dispatch.at);
        noted_before(job, app.settings.requeue_after().max(longest))
            && (waiting == 0 || app.reached.passed(put_on_queue))
    });
    stream::iter(lost).for_each_concurrent(CONCURRENCY, |job| requeue_one(app, job)).await;
}

async fn requeue_one(app: &App, job: Job) {
    // A job of the predecessor carries no note and was published once.
    let attempts = job.value.dispatch.map_or(1, |dispatch| dispatch.attempts);
    if attempts >= limit(app, &job) {
        return give_up(app, job, attempts).await;
    }
    let id = job.value.uuid.clone();
    let Some(job) = dispatcher::claim(app, job, attempts + 1).await else { return };
    match dispatcher::publish(app, &job.value).await {
        Ok(()) => {
            app.metrics.swept_queued.inc();
            tracing::warn!(job.id = %id, attempts = attempts + 1, "job that was lost from the queue is published again");
        }
        Err(error) => {
            app.metrics.broker_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to publish job again");
        }
    }
}

/// Ends a job that nobody seems able to run.
async fn give_up(app: &App, job: Job, attempts: u32) {
    let id = job.value.uuid.clone();
    let reason = format!("the job was put on the queue {attempts} times and no result came back");
    match collector::store_result(app, &id, &JobResult::not_started(id.clone(), reason)).await {
        Ok(_) => {
            app.metrics.given_up.inc();
            tracing::error!(job.id = %id, attempts, "job given up: no result came back");
        }
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => tracing::warn!(job.id = %id, error = %Chain(&error), "failed to give job up"),
    }
}

async fn leftovers(app: &App, status: JobStatus, age: Duration) -> Option<Vec<Job>> {
    let created_until = before(age)?;
    let query = LeftoverQuery { status, created_from: None, created_until, after: None, limit: PAGE };
    match app.store.leftovers(query).await {
        Ok(found) => Some(found),
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(error = %Chain(&error), "sweep put off: failed to look for {status} jobs");
            None
        }
    }
}

/// Whether no gateway has noted anything in the job for so long.
fn noted_before(job: &Job, age: Duration) -> bool {
    let noted = job.value.dispatch.map_or(job.value.created_at, |dispatch| dispatch.at);
    before(age).is_some_and(|limit| noted <= limit)
}

fn before(age: Duration) -> Option<Timestamp> {
    let age = i64::try_from(age.as_millis()).ok()?;
    Timestamp::from_unix_millis(Timestamp::now().unix_millis().checked_sub(age)?)
}

fn limit(app: &App, job: &Job) -> u32 {
    job.value.max_attempts.unwrap_or(app.settings.max_publishes.get())
}
