//! The jobs that run here now, by id: to stop one, and to know a lost delivery of one when it comes again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use job_model::JobId;
use job_queue::Delivery;
use tokio_util::sync::CancellationToken;

/// All jobs that run in this executor. Clones share it.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<HashMap<JobId, Entry>>>);

struct Entry {
    cancelled: CancellationToken,
    handed_back: CancellationToken,
    /// The live delivery of a job whose first one was lost with its connection.
    adopted: Option<Delivery>,
}

/// A job's place among the running ones. Dropping it takes the job out.
pub struct Registered {
    running: Running,
    uuid: JobId,
    /// Cancelled when somebody cancels the job.
    pub cancelled: CancellationToken,
    /// Cancelled when the executor ends before the job does.
    pub handed_back: CancellationToken,
}

impl Running {
    /// Notes that the job runs. `Err` gives the delivery's fate away: the job runs here already.
    pub fn register(&self, uuid: &JobId) -> Option<Registered> {
        let mut jobs = self.jobs();
        if jobs.contains_key(uuid) {
            return None;
        }
        let (cancelled, handed_back) = (CancellationToken::new(), CancellationToken::new());
        let entry = Entry { cancelled: cancelled.clone(), handed_back: handed_back.clone(), adopted: None };
        jobs.insert(uuid.clone(), entry);
        Some(Registered { running: self.clone(), uuid: uuid.clone(), cancelled, handed_back })
    }

    /// Gives a running job the delivery that came again after its own was lost; gives it back when the job ended just now.
    pub fn adopt(&self, uuid: &JobId, delivery: Delivery) -> Option<Delivery> {
        match self.jobs().get_mut(uuid) {
            Some(entry) => {
                entry.adopted = Some(delivery);
                None
            }
            None => Some(delivery),
        }
    }

    /// Stops the job if it runs here; tells whether it does.
    pub fn cancel(&self, uuid: &JobId) -> bool {
        self.jobs().get(uuid).map(|entry| entry.cancelled.cancel()).is_some()
    }

    /// Stops all jobs so that their deliveries go back to the queue.
    pub fn hand_all_back(&self) {
        for entry in self.jobs().values() {
            entry.handed_back.cancel();
        }
    }

    /// How many jobs run.
    pub fn count(&self) -> usize {
        self.jobs().len()
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Entry>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Registered {
    /// Takes the job out; the delivery to settle when another than its first one.
    pub fn end(self) -> Option<Delivery> {
        self.running.jobs().get_mut(&self.uuid).and_then(|entry| entry.adopted.take())
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.running.jobs().remove(&self.uuid);
    }
}

#[cfg(test)]
mod tests {
    use super::Running;
    use job_model::JobId;

    #[test]
    fn a_job_runs_once_at_a_time_and_can_be_cancelled() {
        let running = Running::default();
        let uuid = JobId::parse("j").unwrap();
        let registered = running.register(&uuid).unwrap();
        assert!(running.register(&uuid).is_none());
        assert!(running.cancel(&uuid) && registered.cancelled.is_cancelled());
        drop(registered);
        assert!(!running.cancel(&uuid));
        assert_eq!(running.count(), 0);
    }
}
