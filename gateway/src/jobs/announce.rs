//! Reports a move: to watchers at this gateway at once, to all others by broadcast.

use job_model::{InstanceId, Job, JobEvent, JobEventKind, JobId, JobStage};
use job_queue::Topic;

use crate::app::App;
use crate::fleet::Creation;

/// Tells gateways that publish jobs of one that this gateway stored and leaves to them.
pub(super) fn created(app: &App, job: &Job) {
    stage(app, job.uuid.clone(), job.instance.clone(), 0, JobStage::Created);
}

/// The broker has confirmed the job.
pub(super) fn queued(app: &App, job: &Job) {
    app.feeds.queued(&job.uuid, job.instance.as_ref());
    stage(app, job.uuid.clone(), job.instance.clone(), 0, JobStage::Queued);
}

/// A try of the job has failed: this is the job as it waits for the next one.
pub(super) fn retrying(app: &App, job: &Job) {
    let what = JobEventKind::Status { status: JobStage::Retrying, running: None };
    app.feeds.hear(JobEvent { uuid: job.uuid.clone(), instance: job.instance.clone(), seq: 0, what });
    stage(app, job.uuid.clone(), job.instance.clone(), 0, JobStage::Retrying);
}

/// The job's result is stored.
pub(super) fn done(app: &App, job: Job) {
    app.fleet.forget(&Creation::of(&job));
    let (uuid, instance) = (job.uuid.clone(), job.instance.clone());
    let lines = job.logs.as_ref().map_or(0, Vec::len) as u64;
    app.dependents.ended(&uuid);
    app.feeds.done(job);
    stage(app, uuid, instance, lines, JobStage::Done);
}

/// The job's document is gone.
pub(super) fn deleted(app: &App, id: &JobId, instance: Option<InstanceId>) {
    app.fleet.forget(&Creation::new(id.clone(), instance));
    app.dependents.ended(id);
    app.feeds.deleted(id);
}

/// Tells whichever executor has the job to stop it, and all others not to begin it.
pub(super) fn order_cancel(app: &App, id: JobId, instance: Option<InstanceId>) {
    app.orders.cancel(app.queue.as_ref(), id, instance);
}

fn stage(app: &App, uuid: JobId, instance: Option<InstanceId>, seq: u64, status: JobStage) {
    let event = JobEvent { uuid, instance, seq, what: JobEventKind::Status { status, running: None } };
    let body = serde_json::to_vec(&event).expect("events have string keys only");
    app.queue.broadcast(Topic::JobEvents, body);
}
