//! Puts jobs on the queue: at once after they are stored, from a bounded line in memory.
//!
//! A job is `created` in the store before it comes here, and is marked `queued` after the broker confirmed it. Whatever
//! goes wrong in between leaves it `created`, and the sweep picks it up: nothing here has to be remembered.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use futures::stream;
use job_model::{Dispatch, JobId, JobStage, JobStatus, Timestamp};
use job_queue::{Message, Queue, QueueError};
use job_store::{StoreError, Stored};
use service::{Backoff, Chain};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::app::App;

/// Jobs that wait in memory to be published; more than these are left to the sweep.
const WAITING: usize = 4096;
/// What these jobs may weigh together, in bytes of their texts.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// Jobs on their way at a time. Each waits for its confirm, then for its mark; both go in groups.
pub(crate) const CONCURRENCY: usize = 256;
/// How often the `queued` mark is tried against a store in trouble before the sweep gets the job.
const MARK_TRIES: usize = 5;

/// A job on its way to the queue.
pub(crate) type Job = Stored<job_model::Job>;

/// The line of jobs to publish.
pub(crate) struct Dispatcher {
    sender: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

/// A job in the line.
pub(crate) struct Waiting {
    job: Job,
    since: Instant,
    /// Its part of the room, given back when it is published.
    _room: OwnedSemaphorePermit,
}

impl Dispatcher {
    /// A dispatcher and the end of its line that [`run`] empties.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Waiting>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender, room: Arc::new(Semaphore::new(WAITING_BYTES)) }, receiver)
    }

    /// Publishes a stored job soon. Never waits: what does not fit is left to the sweep.
    pub(crate) fn dispatch(&self, job: Job) {
        let id = job.value.uuid.clone();
        let room = self.room.clone().try_acquire_many_owned(weight(&job.value)).ok();
        let waiting = room.map(|room| Waiting { job, since: Instant::now(), _room: room });
        if waiting.is_none_or(|waiting| self.sender.try_send(waiting).is_err()) {
            tracing::debug!(job.id = %id, "too many jobs wait to be published: left to the sweep");
        }
    }
}

/// About how many bytes a job takes.
fn weight(job: &job_model::Job) -> u32 {
    let texts = job.vars.iter().chain(&job.modules).map(|(key, value)| key.len() + value.len());
    u32::try_from(1024 + job.code.len() + texts.sum::<usize>()).unwrap_or(u32::MAX)
}

/// Publishes the line until the last request is answered, then what is left of it.
pub(crate) async fn run(app: Arc<App>, receiver: mpsc::Receiver<Waiting>) {
    let jobs = stream::unfold((receiver, app.served.clone()), |(mut receiver, served)| async move {
        let waiting = tokio::select! {
            biased;
            waiting = receiver.recv() => waiting,
            () = served.cancelled() => {
                receiver.close();
                receiver.recv().await
            }
        };
        Some((waiting?, (receiver, served)))
    });
    jobs.for_each_concurrent(CONCURRENCY, |waiting| {
        let app = &app;
        async move {
            let Waiting { job, since, _room } = waiting;
            let id = job.value.uuid.clone();
            if since.elapsed() > app.settings.publish_after / 2 {
                tracing::debug!(job.id = %id, "job waited too long in line: left to the sweep, which may have it by now");
                return;
            }
            match publish(app, &job.value).await {
                Ok(()) => {
                    app.metrics.publish_latency.observe(since.elapsed().as_secs_f64());
                    mark_queued(app, job).await;
                }
                Err(error) => {
                    app.metrics.broker_errors.inc();
                    tracing::warn!(job.id = %id, error = %Chain(&error), "job not published: left to the sweep");
                }
            }
        }
    })
    .await;
}

/// Puts a job on the queue and waits until it is durable there.
pub(crate) async fn publish(app: &App, job: &job_model::Job) -> Result<(), QueueError> {
    let body = serde_json::to_vec(&job.clone().published()).map_err(|error| QueueError::Refused {
        action: format!("encode job {}", job.uuid),
        reason: error.to_string(),
    })?;
    app.queue.publish(Queue::Jobs, Message::new(body)).await
}

/// Notes a confirmed publish. A job that moved on meanwhile, or is gone, is fine as it is.
pub(crate) async fn mark_queued(app: &App, mut job: Job) {
    let id = job.value.uuid.clone();
    let mut backoff = Backoff::for_servers();
    for _ in 0..MARK_TRIES {
        if job.value.status == JobStatus::Done {
            return;
        }
        let attempts = job.value.dispatch.map_or(0, |dispatch| dispatch.attempts);
        job.value.dispatch = Some(Dispatch { at: Timestamp::now(), attempts: attempts.saturating_add(1) });
        if job.value.status == JobStatus::Created && job.value.mark_queued().is_err() {
            return;
        }
        match app.store.update(&job.value, &job.revision).await {
            Ok(_) => {
                app.feeds.queued(&id);
                app.announce_stage(id.clone(), 0, JobStage::Queued);
                tracing::debug!(job.id = %id, "job queued");
                return;
            }
            Err(StoreError::NotFound { .. }) => return,
            Err(StoreError::Conflict { .. }) => match reload(app, &id).await {
                Some(newer) => job = newer,
                None => return,
            },
            Err(error) => {
                app.metrics.store_errors.inc();
                tracing::warn!(job.id = %id, error = %Chain(&error), "failed to mark job queued");
                if backoff.wait(&app.stop).await.is_err() {
                    return;
                }
            }
        }
    }
    tracing::warn!(job.id = %id, "job is published and not marked queued: the sweep may publish it again");
}

/// Writes a note into a job before touching the queue: of all gateways that try on one revision, one succeeds.
pub(crate) async fn claim(app: &App, mut job: Job, attempts: u32) -> Option<Job> {
    let id = job.value.uuid.clone();
    job.value.dispatch = Some(Dispatch { at: Timestamp::now(), attempts });
    match app.store.update(&job.value, &job.revision).await {
        Ok(revision) => Some(Stored { revision, ..job }),
        Err(StoreError::Conflict { .. } | StoreError::NotFound { .. }) => None,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to claim job");
            None
        }
    }
}

/// Claims and publishes a job that another gateway stored and does not publish itself.
pub(crate) async fn adopt(app: &App, id: &JobId) {
    let Some(job) = reload(app, id).await else { return };
    if job.value.status != JobStatus::Created || job.value.dispatch.is_some() {
        return;
    }
    let (Some(job), Some(dispatcher)) = (claim(app, job, 0).await, &app.dispatcher) else { return };
    dispatcher.dispatch(job);
}

/// The job as it is now; `None` when it is gone or the store is in trouble.
async fn reload(app: &App, id: &JobId) -> Option<Stored<job_model::Job>> {
    match app.store.get(id).await {
        Ok(job) => Some(job),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %id, error = %Chain(&error), "failed to read job");
            None
        }
    }
}
