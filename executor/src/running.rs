//! The jobs that this executor runs now, has ended, or must not begin, by id.
//!
//! A delivery can come a second time while its job runs here: the first one was lost with its channel, because the
//! connection broke or the job took longer than the broker waits for an acknowledgement. The job then takes the second
//! delivery as the one to settle, with the consumer that keeps it valid.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use job_model::JobId;
use job_queue::{Consumer, Delivery};
use tokio_util::sync::CancellationToken;

use crate::recent::Recent;

/// How long the order to cancel a job that is not here is remembered: its delivery may be on the way.
const REMEMBER_CANCELLED: Duration = Duration::from_secs(10 * 60);
/// How long an ended job is remembered: the broker may not have got the acknowledgement.
const REMEMBER_ENDED: Duration = Duration::from_secs(60 * 60);

/// A delivery and the consumer that it can be settled through.
pub struct Held {
    /// The delivery.
    pub delivery: Delivery,
    /// Its consumer.
    pub consumer: Box<dyn Consumer>,
}

/// What a delivery is to this executor.
pub enum Arrival {
    /// A job to be judged and begun.
    New(Registered, Held),
    /// The delivery of a job that runs here, which has taken it over.
    Adopted,
    /// The delivery of a job whose result was published from here: it wants its acknowledgement only.
    Ended(Held),
}

/// All jobs of this executor. Clones share it.
#[derive(Clone)]
pub struct Running(Arc<Mutex<Jobs>>);

struct Jobs {
    running: HashMap<JobId, Entry>,
    cancelled: Recent,
    ended: Recent,
    all_handed_back: bool,
}

struct Entry {
    cancelled: CancellationToken,
    handed_back: CancellationToken,
    adopted: Option<Held>,
}

/// A job's place among the running ones. Dropping it takes the job out.
pub struct Registered {
    running: Running,
    uuid: JobId,
    /// Cancelled when somebody cancels the job, or has before it came.
    pub cancelled: CancellationToken,
    /// Cancelled when the executor ends before the job does.
    pub handed_back: CancellationToken,
}

impl Default for Running {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Jobs {
            running: HashMap::new(),
            cancelled: Recent::new(REMEMBER_CANCELLED),
            ended: Recent::new(REMEMBER_ENDED),
            all_handed_back: false,
        })))
    }
}

impl Running {
    /// Notes a delivery of a job.
    pub fn arrive(&self, uuid: &JobId, held: Held) -> Arrival {
        let mut jobs = self.jobs();
        if let Some(entry) = jobs.running.get_mut(uuid) {
            entry.adopted = Some(held);
            return Arrival::Adopted;
        }
        // Without the broker's flag it is a message of its own, which somebody sent on purpose.
        if held.delivery.redelivered && jobs.ended.contains(uuid) {
            return Arrival::Ended(held);
        }
        let (cancelled, handed_back) = (CancellationToken::new(), CancellationToken::new());
        if jobs.cancelled.contains(uuid) {
            cancelled.cancel();
        }
        if jobs.all_handed_back {
            handed_back.cancel();
        }
        let entry = Entry { cancelled: cancelled.clone(), handed_back: handed_back.clone(), adopted: None };
        jobs.running.insert(uuid.clone(), entry);
        Arrival::New(Registered { running: self.clone(), uuid: uuid.clone(), cancelled, handed_back }, held)
    }

    /// Stops the job if it runs here, else should it come; tells whether it runs here.
    pub fn cancel(&self, uuid: &JobId) -> bool {
        let mut jobs = self.jobs();
        match jobs.running.get(uuid) {
            Some(entry) => {
                entry.cancelled.cancel();
                true
            }
            None => {
                jobs.cancelled.note(uuid);
                false
            }
        }
    }

    /// Stops all jobs, and those that still come, so that their deliveries go back to the queue.
    pub fn hand_all_back(&self) {
        let mut jobs = self.jobs();
        jobs.all_handed_back = true;
        for entry in jobs.running.values() {
            entry.handed_back.cancel();
        }
    }

    /// How many jobs run.
    pub fn count(&self) -> usize {
        self.jobs().running.len()
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Registered {
    /// Takes a job out whose result is published. The delivery to settle, when it is another than the first one.
    pub fn end(self) -> Option<Held> {
        let mut jobs = self.running.jobs();
        jobs.ended.note(&self.uuid);
        jobs.running.remove(&self.uuid).and_then(|entry| entry.adopted)
    }

    /// Takes a job out that is not done. The delivery to settle, when it is another than the first one.
    pub fn leave(self) -> Option<Held> {
        self.running.jobs().running.remove(&self.uuid).and_then(|entry| entry.adopted)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let entry = self.running.jobs().running.remove(&self.uuid);
        // Outside the lock: an adopted consumer may go with it, and its delivery back to the queue.
        drop(entry);
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use job_model::JobId;
    use job_queue::{Consumer, Delivery, Message, QueueError, Requeue, Settle};

    use super::{Arrival, Held, Registered, Running};

    struct Nowhere;

    #[async_trait]
    impl Settle for Nowhere {
        async fn ack(self: Box<Self>) -> Result<(), QueueError> {
            Ok(())
        }
        async fn nack(self: Box<Self>, _: Requeue) -> Result<(), QueueError> {
            Ok(())
        }
    }

    #[async_trait]
    impl Consumer for Nowhere {
        async fn next(&mut self) -> Result<Delivery, QueueError> {
            std::future::pending().await
        }
    }

    fn held(body: &str, redelivered: bool) -> Held {
        let message = Message::new(body.as_bytes().to_vec());
        Held { delivery: Delivery::new(message, redelivered, Box::new(Nowhere)), consumer: Box::new(Nowhere) }
    }

    fn begin(running: &Running, uuid: &JobId) -> Registered {
        match running.arrive(uuid, held("first", false)) {
            Arrival::New(registered, _) => registered,
            _ => panic!("it is not new"),
        }
    }

    #[test]
    fn a_second_delivery_of_a_running_job_is_the_one_to_settle() {
        let (running, uuid) = (Running::default(), JobId::parse("j").unwrap());
        let registered = begin(&running, &uuid);
        assert!(matches!(running.arrive(&uuid, held("second", true)), Arrival::Adopted));
        assert_eq!(registered.end().unwrap().delivery.message.body, b"second");
        assert_eq!(running.count(), 0);
    }

    #[test]
    fn a_lost_acknowledgement_is_made_up_for_and_a_new_message_is_a_new_job() {
        let (running, uuid) = (Running::default(), JobId::parse("j").unwrap());
        assert!(begin(&running, &uuid).end().is_none());
        assert!(matches!(running.arrive(&uuid, held("again", true)), Arrival::Ended(_)));
        assert!(matches!(running.arrive(&uuid, held("anew", false)), Arrival::New(..)));
    }

    #[test]
    fn a_job_that_was_not_done_is_new_when_it_comes_again() {
        let (running, uuid) = (Running::default(), JobId::parse("j").unwrap());
        assert!(begin(&running, &uuid).leave().is_none());
        assert!(matches!(running.arrive(&uuid, held("again", true)), Arrival::New(..)));
    }

    #[test]
    fn a_job_can_be_cancelled_while_it_runs_and_before_it_comes() {
        let (running, uuid, early) = (Running::default(), JobId::parse("j").unwrap(), JobId::parse("k").unwrap());
        let registered = begin(&running, &uuid);
        assert!(running.cancel(&uuid) && registered.cancelled.is_cancelled());
        drop(registered);
        assert!(!running.cancel(&early));
        assert!(begin(&running, &early).cancelled.is_cancelled());
    }

    #[test]
    fn what_comes_after_all_was_handed_back_is_handed_back_too() {
        let running = Running::default();
        let first = begin(&running, &JobId::parse("j").unwrap());
        running.hand_all_back();
        let late = begin(&running, &JobId::parse("k").unwrap());
        assert!(first.handed_back.is_cancelled() && late.handed_back.is_cancelled());
    }
}
