//! Telling whoever watches a job what it does, as it does it. Best effort: a job never waits for this.

use std::sync::Arc;

use job_model::{JobEvent, JobEventKind, JobId, JobStage, LogEntry};
use job_queue::{JobQueue, Topic};

/// Publishes job events.
pub struct EventPublisher {
    queue: Arc<dyn JobQueue>,
}

impl EventPublisher {
    /// Publishes to the queue's topic.
    pub fn new(queue: Arc<dyn JobQueue>) -> Self {
        Self { queue }
    }

    /// The log of a job that begins now.
    pub fn of_job(&self, uuid: JobId) -> JobLog {
        let log = JobLog { uuid, queue: Arc::clone(&self.queue), entries: Vec::new() };
        log.say(JobEventKind::Status { status: JobStage::Running, running: None });
        log
    }
}

/// What one job has logged so far.
pub struct JobLog {
    uuid: JobId,
    queue: Arc<dyn JobQueue>,
    entries: Vec<LogEntry>,
}

impl JobLog {
    /// Keeps a line and publishes it.
    pub fn add(&mut self, entry: LogEntry) {
        self.entries.push(entry.clone());
        self.say(JobEventKind::Log(entry));
    }

    /// All lines so far.
    pub fn into_entries(self) -> Vec<LogEntry> {
        self.entries
    }

    fn say(&self, what: JobEventKind) {
        let event = JobEvent { uuid: self.uuid.clone(), instance: None, seq: self.entries.len() as u64, what };
        if let Ok(body) = serde_json::to_vec(&event) {
            self.queue.broadcast(Topic::JobEvents, body);
        }
    }
}
