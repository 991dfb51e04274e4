//! The line of stored jobs that wait to be published: bounded in number and in bytes.

use std::sync::Arc;
use std::time::Instant;

use job_model::Job;
use job_store::Stored;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Jobs that wait in memory to be published; more than these are left to the sweep.
const WAITING: usize = 4096;
/// What these jobs may weigh together, in bytes of their texts.
const WAITING_BYTES: usize = 64 * 1024 * 1024;

/// Where jobs are put that are to be published. The dispatcher has the other end.
pub(crate) struct PublishLine {
    sender: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

/// A job in the line.
pub(crate) struct Waiting {
    /// The job as it is stored.
    pub(crate) job: Stored<Job>,
    /// Since when it waits.
    pub(crate) since: Instant,
    /// Its part of the room, given back when it is dropped.
    pub(crate) room: OwnedSemaphorePermit,
}

impl PublishLine {
    /// A line and its end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Waiting>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender, room: Arc::new(Semaphore::new(WAITING_BYTES)) }, receiver)
    }

    /// Publishes a stored job soon. Never waits: what does not fit is left to the sweep.
    pub(crate) fn push(&self, job: Stored<Job>) {
        let id = job.value.uuid.clone();
        let room = self.room.clone().try_acquire_many_owned(weight(&job.value)).ok();
        let waiting = room.map(|room| Waiting { job, since: Instant::now(), room });
        if waiting.is_none_or(|waiting| self.sender.try_send(waiting).is_err()) {
            tracing::debug!(job.id = %id, "too many jobs wait to be published: left to the sweep");
        }
    }
}

/// About how many bytes a job takes that has no result yet.
pub(crate) fn weight(job: &Job) -> u32 {
    let texts = job.vars.iter().chain(&job.modules).map(|(key, value)| key.len() + value.len());
    u32::try_from(1024 + job.code.len() + texts.sum::<usize>()).unwrap_or(u32::MAX)
}
