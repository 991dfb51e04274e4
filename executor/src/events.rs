//! Telling whoever watches a job what it does, as it does it. Best effort: a job never waits for this.

use std::sync::Arc;

use job_model::{JobEvent, JobEventKind, JobStage, LogEntry, Running};
use job_queue::{JobQueue, Topic};

use crate::job_message::JobKey;

/// Publishes job events.
pub(crate) struct EventPublisher {
    queue: Arc<dyn JobQueue>,
}

impl EventPublisher {
    /// Publishes to the queue's topic.
    pub(crate) fn new(queue: Arc<dyn JobQueue>) -> Self {
        Self { queue }
    }

    /// Tells that a job was put on the queue again by the executor that `running` names: gateways that have not heard of the
    /// job before take this for its last sign of life.
    pub(crate) fn put_back(&self, key: JobKey, running: Running) {
        let log = JobLog { key, queue: Arc::clone(&self.queue), entries: Vec::new() };
        log.say(JobEventKind::Status { status: JobStage::Queued, running: Some(running) });
    }

    /// The log of a job that begins now, as `running` says.
    pub(crate) fn of_job(&self, key: JobKey, running: Running) -> JobLog {
        let log = JobLog { key, queue: Arc::clone(&self.queue), entries: Vec::new() };
        log.say(JobEventKind::Status { status: JobStage::Running, running: Some(running) });
        log
    }
}

/// What one job has logged so far.
pub(crate) struct JobLog {
    key: JobKey,
    queue: Arc<dyn JobQueue>,
    entries: Vec<LogEntry>,
}

impl JobLog {
    /// Keeps a line and publishes it.
    pub(crate) fn add(&mut self, entry: LogEntry) {
        self.entries.push(entry.clone());
        self.say(JobEventKind::Log(entry));
    }

    /// All lines so far.
    pub(crate) fn into_entries(self) -> Vec<LogEntry> {
        self.entries
    }

    fn say(&self, what: JobEventKind) {
        let (uuid, instance) = (self.key.uuid.clone(), self.key.instance.clone());
        let event = JobEvent { uuid, instance, seq: self.entries.len() as u64, what };
        if let Ok(body) = serde_json::to_vec(&event) {
            self.queue.broadcast(Topic::JobEvents, body);
        }
    }
}
