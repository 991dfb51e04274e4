//! Telling whoever watches a job what it does, as it does it. Best effort: a job never waits for this.

use std::sync::Arc;

use job_model::{JobEvent, JobEventKind, JobId, JobStage, LogEntry};
use job_queue::{JobQueue, Topic};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Events that wait to be sent; more than these are lost.
const BACKLOG: usize = 4096;

/// Publishes job events from a task of its own, which ends with it.
pub struct EventPublisher {
    outgoing: mpsc::Sender<JobEvent>,
    _task: AbortOnDropHandle<()>,
}

impl EventPublisher {
    /// Begins to publish to the queue's topic.
    pub fn new(queue: Arc<dyn JobQueue>) -> Self {
        let (outgoing, mut events) = mpsc::channel::<JobEvent>(BACKLOG);
        let task = tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                let Ok(body) = serde_json::to_vec(&event) else { continue };
                if let Err(error) = queue.broadcast(Topic::JobEvents, body).await {
                    tracing::debug!(job.id = %event.uuid, %error, "a job event was lost");
                }
            }
        });
        Self { outgoing, _task: AbortOnDropHandle::new(task) }
    }

    /// The log of a job that begins now.
    pub fn of_job(&self, uuid: JobId) -> JobLog {
        let log = JobLog { uuid, outgoing: self.outgoing.clone(), entries: Vec::new() };
        log.say(JobEventKind::Status { status: JobStage::Running });
        log
    }
}

/// What one job has logged so far.
pub struct JobLog {
    uuid: JobId,
    outgoing: mpsc::Sender<JobEvent>,
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
        // A full backlog loses the event: the job goes on.
        let _ = self.outgoing.try_send(JobEvent { uuid: self.uuid.clone(), seq: self.entries.len() as u64, what });
    }
}
