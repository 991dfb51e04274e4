//! What every part of a running gateway shares.

use std::sync::Arc;

use job_model::{Job, JobControl, JobEvent, JobEventKind, JobId, JobStage};
use job_queue::{JobQueue, Topic};
use job_store::JobStore;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Settings;
use crate::dispatcher::Dispatcher;
use crate::feed::Feeds;
use crate::http::auth::Tokens;
use crate::load::Load;
use crate::metrics::Metrics;
use crate::sweep::Reached;

/// The parts of one gateway. Cheap to share: everybody holds it in an `Arc`.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) store: Arc<dyn JobStore>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) feeds: Feeds,
    /// None in a gateway that leaves publishing to others.
    pub(crate) dispatcher: Option<Dispatcher>,
    pub(crate) load: Load,
    pub(crate) reached: Reached,
    pub(crate) metrics: Metrics,
    /// Cancelled when the process should end: nothing new begins, what waits stops waiting.
    pub(crate) stop: CancellationToken,
    /// Cancelled when the last request is answered: no more jobs come in.
    pub(crate) served: CancellationToken,
    /// Work that outlives the request or delivery it came from; the gateway ends after it.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// Tells everybody who watches, here and at other gateways, that a job's result is stored.
    pub(crate) fn announce_done(&self, job: Job) {
        let uuid = job.uuid.clone();
        let lines = job.logs.as_ref().map_or(0, Vec::len) as u64;
        self.feeds.done(job);
        self.announce_stage(uuid, lines, JobStage::Done);
    }

    /// Tells other gateways where a job is.
    pub(crate) fn announce_stage(&self, uuid: JobId, seq: u64, status: JobStage) {
        let event = JobEvent { uuid, instance: None, seq, what: JobEventKind::Status { status, running: None } };
        self.broadcast(Topic::JobEvents, &event);
    }

    /// Tells whichever executor has the job to stop it.
    pub(crate) fn order_cancel(&self, uuid: JobId) {
        self.broadcast(Topic::JobControl, &JobControl { cancel: Some(uuid), ..JobControl::default() });
    }

    fn broadcast(&self, topic: Topic, message: &impl Serialize) {
        let body = serde_json::to_vec(message).expect("events and orders have string keys only");
        self.queue.broadcast(topic, body);
    }
}
