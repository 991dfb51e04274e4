//! A job is on the queue: noted in its document, a little later.
//!
//! Watchers hear of it at once. The mark itself is held for a second (see [`crate::memory::held_marks`]).

use std::time::Instant;

use futures::{StreamExt, stream};
use job_model::{Dispatch, Job, JobStatus, Timestamp};
use job_store::{StoreError, Stored};
use service::{Backoff, Chain};

use super::rows::{self, Row};
use super::{announce, instance};
use crate::app::App;

/// How often the mark is tried against a store in trouble before the sweep gets the job.
const TRIES: usize = 5;
/// Marks that are written at a time: the store writes them in groups.
const CONCURRENCY: usize = 256;

/// Notes a confirmed publish of a job that nobody else has published, and holds the mark.
pub(super) async fn hold(app: &App, mut job: Stored<Job>, published_at: Timestamp) {
    announce::queued(app, &job.value);
    if !apply(&mut job.value, published_at) {
        return;
    }
    if let Err(job) = app.held_marks.hold(job, Instant::now()) {
        write(app, *job).await;
    }
}

/// Notes a confirmed publish at once.
pub(super) async fn write_now(app: &App, mut job: Stored<Job>, published_at: Timestamp) {
    announce::queued(app, &job.value);
    if apply(&mut job.value, published_at) {
        write(app, job).await;
    }
}

/// Writes the marks whose time has come.
pub(crate) async fn write_due(app: &App) {
    write_all(app, app.held_marks.take_due(Instant::now())).await;
}

/// Writes all marks that are held: the gateway ends.
pub(crate) async fn write_held(app: &App) {
    write_all(app, app.held_marks.take_all()).await;
}

async fn write_all(app: &App, jobs: Vec<Stored<Job>>) {
    stream::iter(jobs).for_each_concurrent(CONCURRENCY, |job| write(app, job)).await;
}

/// Puts the mark into the job. False when the job is done.
fn apply(job: &mut Job, published_at: Timestamp) -> bool {
    let attempts = job.dispatch.map_or(0, |dispatch| dispatch.attempts);
    job.dispatch = Some(Dispatch { at: published_at, attempts: attempts.saturating_add(1) });
    job.mark_queued().is_ok()
}

/// Writes a job that has its mark. A job that moved on meanwhile, or is gone, is fine as it is.
async fn write(app: &App, mut job: Stored<Job>) {
    let (id, instance, created_at) = (job.value.uuid.clone(), job.value.instance.clone(), job.value.created_at);
    let published_at = job.value.dispatch.map_or_else(Timestamp::now, |dispatch| dispatch.at);
    let mut backoff = Backoff::for_servers();
    for _ in 0..TRIES {
        match rows::update(app, Row::Queued, &job.value, &job.revision).await {
            Ok(_) => {
                tracing::debug!(job.id = %id, "job marked queued");
                return;
            }
            Err(StoreError::NotFound { .. }) => return,
            Err(StoreError::Conflict { .. }) => {
                let Some(newer) = rows::reload(app, &id).await else { return };
                job = newer;
                let other = instance::same(instance.as_ref(), Some(created_at), &job.value) == Some(false);
                if other || job.value.status != JobStatus::Created || !apply(&mut job.value, published_at) {
                    return;
                }
            }
            Err(error) => {
                app.metrics.store_errors.inc();
                tracing::warn!(job.id = %id, error = %Chain(&error), "failed to mark job queued");
                if backoff.wait(&app.stop).await.is_err() {
                    break;
                }
            }
        }
    }
    tracing::warn!(job.id = %id, "job is published and not marked queued: the sweep may publish it again");
}
