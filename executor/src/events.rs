//! Tells a job's watchers what the job does, as it does it. Best effort: a job never waits for this.
//!
//! All gateways hear where a job is, because they keep account of that. They hear its log lines while somebody watches the job.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use job_model::{JobEvent, JobEventKind, JobStage, LogEntry, Running};
use job_queue::{JobQueue, Topic};

use crate::job_message::JobKey;
use crate::watches::Watches;

/// How many log lines a new watcher gets: as many as a gateway keeps.
const AGAIN: usize = 256;

/// Publishes job events.
pub(crate) struct EventPublisher {
    queue: Arc<dyn JobQueue>,
    watches: Watches,
}

impl EventPublisher {
    /// Publishes to the queue's topic.
    pub(crate) fn new(queue: Arc<dyn JobQueue>, watches: Watches) -> Self {
        Self { queue, watches }
    }

    /// Tells that a job was put on the queue again by the executor that `running` names: gateways that have not heard of the
    /// job before take this for its last sign of life.
    pub(crate) fn put_back(&self, key: JobKey, running: Running) {
        self.log(key).say(0, JobEventKind::Status { status: JobStage::Queued, running: Some(running) });
    }

    /// Opens the log of a job that begins now, as `running` says.
    pub(crate) fn of_job(&self, key: JobKey, running: Running) -> JobLog {
        let log = self.log(key);
        log.say(0, JobEventKind::Status { status: JobStage::Running, running: Some(running) });
        log
    }

    fn log(&self, key: JobKey) -> JobLog {
        let (queue, watches) = (Arc::clone(&self.queue), self.watches.clone());
        JobLog(Arc::new(Shared { key, queue, watches, entries: Mutex::default() }))
    }
}

/// What one job has logged so far, and the way to who watches it. Clones are the same.
#[derive(Clone)]
pub(crate) struct JobLog(Arc<Shared>);

struct Shared {
    key: JobKey,
    queue: Arc<dyn JobQueue>,
    watches: Watches,
    entries: Mutex<Vec<LogEntry>>,
}

impl JobLog {
    /// Returns which job it is.
    pub(crate) fn key(&self) -> &JobKey {
        &self.0.key
    }

    /// Returns who watches which jobs.
    pub(crate) fn watches(&self) -> &Watches {
        &self.0.watches
    }

    /// Keeps a line, and publishes it when somebody watches.
    pub(crate) fn add(&self, entry: LogEntry) {
        // Held while publishing, which does not wait: lines leave in their order.
        let mut entries = self.entries();
        entries.push(entry.clone());
        if self.0.watches.interest(&self.0.key.uuid).log {
            self.say(entries.len() as u64, JobEventKind::Log(entry));
        }
    }

    /// Publishes the last lines for a new watcher.
    pub(crate) fn tell_again(&self) {
        let entries = self.entries();
        let first = entries.len().saturating_sub(AGAIN);
        for (number, entry) in entries.iter().enumerate().skip(first) {
            self.say(number as u64 + 1, JobEventKind::Log(entry.clone()));
        }
    }

    /// Takes all lines, at the end.
    pub(crate) fn take_entries(&self) -> Vec<LogEntry> {
        std::mem::take(&mut *self.entries())
    }

    /// Publishes something with its place in the job's order of such things.
    pub(crate) fn say(&self, seq: u64, what: JobEventKind) {
        let (uuid, instance) = (self.0.key.uuid.clone(), self.0.key.instance.clone());
        let event = JobEvent { uuid, instance, seq, what };
        if let Ok(body) = serde_json::to_vec(&event) {
            self.0.queue.broadcast(Topic::JobEvents, body);
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<LogEntry>> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
