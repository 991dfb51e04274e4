//! The jobs that this executor has: those that run, wait for their slot or for their result's confirm, and those that ended.
//!
//! A delivery can come a second time while its job runs here: the first one was lost with its channel, because the
//! connection broke or the job took longer than the broker waits for an acknowledgement. The job then takes the second
//! delivery as the one to settle, with the consumer that keeps it valid.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use job_model::{HeldJob, JobControl, Timestamp};
use job_queue::{Consumer, Delivery, Queue};
use tokio_util::sync::CancellationToken;

use crate::job_message::JobKey;
use crate::recent_ids::RecentIds;

/// How long an ended job is remembered: the broker may not have got the acknowledgement.
const REMEMBER_ENDED: Duration = Duration::from_secs(60 * 60);
/// How many ended jobs are.
const MOST_ENDED: usize = 4096;

/// A delivery and the consumer that it can be settled through.
pub(crate) struct Held {
    /// The delivery.
    pub(crate) delivery: Delivery,
    /// Its consumer.
    pub(crate) consumer: Box<dyn Consumer>,
    /// Where it came from, and its copies go.
    pub(crate) queue: Queue,
    /// Whether the consumer brings more.
    pub(crate) brings: Brings,
}

/// What comes from a consumer after a delivery is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brings {
    /// The next delivery.
    More,
    /// Nothing: it was cancelled, or is of one delivery only.
    Nothing,
}

/// What a delivery is to this executor.
pub(crate) enum Arrival {
    /// A job to be judged and begun.
    New(Registered, Held),
    /// The delivery of a job that runs here, which has taken it over.
    Adopted,
    /// The delivery of a job whose result was published from here: it wants its acknowledgement only.
    Ended(Held),
}

/// All jobs of this executor. Clones share it.
#[derive(Clone)]
pub(crate) struct JobRegistry(Arc<Mutex<Jobs>>);

struct Jobs {
    present: HashMap<JobKey, Entry>,
    /// Deliveries that wait for a slot before anything is made of them, by a number of their own.
    waiting: HashMap<u64, HeldJob>,
    waited: u64,
    ended: RecentIds,
    all_handed_back: bool,
}

struct Entry {
    cancelled: CancellationToken,
    handed_back: CancellationToken,
    adopted: Option<Held>,
    attempt: u32,
    since: Option<Timestamp>,
}

/// A job's place among the present ones. Dropping it takes the job out.
pub(crate) struct Registered {
    registry: JobRegistry,
    key: JobKey,
    /// Cancelled when somebody cancels the job.
    pub(crate) cancelled: CancellationToken,
    /// Cancelled when the executor ends before the job does.
    pub(crate) handed_back: CancellationToken,
    /// Whether the same job has ended here before: its message was put on the queue twice.
    pub(crate) ended_before: bool,
}

/// A delivery that waits for a slot. Dropping it takes the delivery out.
pub(crate) struct Waiting {
    registry: JobRegistry,
    number: u64,
}

impl Default for JobRegistry {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Jobs {
            present: HashMap::new(),
            waiting: HashMap::new(),
            waited: 0,
            ended: RecentIds::new(MOST_ENDED, REMEMBER_ENDED),
            all_handed_back: false,
        })))
    }
}

impl JobRegistry {
    /// Notes a delivery that waits for a slot.
    pub(crate) fn wait(&self, key: &JobKey, attempt: u32) -> Waiting {
        let mut jobs = self.jobs();
        jobs.waited += 1;
        let number = jobs.waited;
        jobs.waiting.insert(number, held_job(key, attempt, None));
        Waiting { registry: self.clone(), number }
    }

    /// Notes a delivery of a job, and the attempt that it stands for.
    pub(crate) fn arrive(&self, key: &JobKey, attempt: u32, held: Held) -> Arrival {
        let mut jobs = self.jobs();
        if let Some(entry) = jobs.present.get_mut(key) {
            entry.adopted = Some(held);
            return Arrival::Adopted;
        }
        let ended_before = jobs.ended.contains(key);
        // Without the broker's flag it is a message of its own, which somebody sent on purpose.
        if held.delivery.redelivered && ended_before {
            return Arrival::Ended(held);
        }
        let (cancelled, handed_back) = (CancellationToken::new(), CancellationToken::new());
        if jobs.all_handed_back {
            handed_back.cancel();
        }
        let (cancel, hand_back) = (cancelled.clone(), handed_back.clone());
        let entry = Entry { cancelled: cancel, handed_back: hand_back, adopted: None, attempt, since: None };
        jobs.present.insert(key.clone(), entry);
        let (registry, key) = (self.clone(), key.clone());
        Arrival::New(Registered { registry, key, cancelled, handed_back, ended_before }, held)
    }

    /// Stops the jobs that are here and that the order means; tells whether there are any.
    pub(crate) fn cancel(&self, order: &JobControl) -> bool {
        let jobs = self.jobs();
        let meant = |key: &JobKey| {
            order.cancel.as_ref() == Some(&key.uuid)
                && order.instance.as_ref().is_none_or(|instance| key.instance.as_ref() == Some(instance))
        };
        let mut any = false;
        for (_, entry) in jobs.present.iter().filter(|(key, _)| meant(key)) {
            entry.cancelled.cancel();
            any = true;
        }
        any
    }

    /// Stops all jobs, and those that still come, so that their deliveries go back to the queue.
    pub(crate) fn hand_all_back(&self) {
        let mut jobs = self.jobs();
        jobs.all_handed_back = true;
        for entry in jobs.present.values() {
            entry.handed_back.cancel();
        }
    }

    /// Returns how many jobs are here.
    pub(crate) fn count(&self) -> usize {
        self.jobs().present.len()
    }

    /// Returns every delivery that is not settled.
    pub(crate) fn held_jobs(&self) -> Vec<HeldJob> {
        let jobs = self.jobs();
        let present = jobs.present.iter().map(|(key, entry)| held_job(key, entry.attempt, entry.since));
        present.chain(jobs.waiting.values().cloned()).collect()
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn held_job(key: &JobKey, attempt: u32, since: Option<Timestamp>) -> HeldJob {
    HeldJob { uuid: key.uuid.clone(), instance: key.instance.clone(), since, attempt }
}

impl Registered {
    /// Notes that the job's code begins now.
    pub(crate) fn begin(&self, since: Timestamp) {
        if let Some(entry) = self.registry.jobs().present.get_mut(&self.key) {
            entry.since = Some(since);
        }
    }

    /// Takes a job out whose result is published. The delivery to settle, when it is another than the first one.
    pub(crate) fn end(self) -> Option<Held> {
        let mut jobs = self.registry.jobs();
        jobs.ended.note(&self.key);
        jobs.present.remove(&self.key).and_then(|entry| entry.adopted)
    }

    /// Takes a job out that is not done. The delivery to settle, when it is another than the first one.
    pub(crate) fn leave(self) -> Option<Held> {
        self.registry.jobs().present.remove(&self.key).and_then(|entry| entry.adopted)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let entry = self.registry.jobs().present.remove(&self.key);
        // Outside the lock: an adopted consumer may go with it, and its delivery back to the queue.
        drop(entry);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.registry.jobs().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use job_model::{InstanceId, JobControl, JobId, Timestamp};
    use job_queue::{Consumer, Delivery, Message, Queue, QueueError, Requeue, Settle};

    use super::{Arrival, Brings, Held, JobRegistry, Registered};
    use crate::job_message::JobKey;

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
        async fn cancel(&mut self) -> Result<(), QueueError> {
            Ok(())
        }
    }

    fn held(body: &str, redelivered: bool) -> Held {
        let message = Message::new(body.as_bytes().to_vec());
        let delivery = Delivery::new(message, redelivered, Box::new(Nowhere));
        Held { delivery, consumer: Box::new(Nowhere), queue: Queue::Jobs, brings: Brings::More }
    }

    fn key(uuid: &str, instance: Option<InstanceId>) -> JobKey {
        JobKey { uuid: JobId::parse(uuid).unwrap(), instance, created_at: None }
    }

    fn begin(registry: &JobRegistry, key: &JobKey) -> Registered {
        match registry.arrive(key, 1, held("first", false)) {
            Arrival::New(registered, _) => registered,
            _ => panic!("it is not new"),
        }
    }

    #[test]
    fn a_second_delivery_of_a_present_job_is_the_one_to_settle() {
        let (registry, key) = (JobRegistry::default(), key("j", None));
        let registered = begin(&registry, &key);
        assert!(matches!(registry.arrive(&key, 1, held("second", true)), Arrival::Adopted));
        assert_eq!(registered.end().unwrap().delivery.message.body, b"second");
        assert_eq!(registry.count(), 0);
    }

    #[test]
    fn a_lost_acknowledgement_is_made_up_for_and_a_new_message_is_a_new_job() {
        let (registry, key) = (JobRegistry::default(), key("j", None));
        let first = begin(&registry, &key);
        assert!(!first.ended_before && first.end().is_none());
        assert!(matches!(registry.arrive(&key, 1, held("again", true)), Arrival::Ended(_)));
        assert!(begin(&registry, &key).ended_before);
    }

    #[test]
    fn a_job_that_was_not_done_is_new_when_it_comes_again() {
        let (registry, key) = (JobRegistry::default(), key("j", None));
        assert!(begin(&registry, &key).leave().is_none());
        assert!(matches!(registry.arrive(&key, 1, held("again", true)), Arrival::New(..)));
    }

    #[test]
    fn another_creation_of_the_same_uuid_is_another_job() {
        let registry = JobRegistry::default();
        let old = key("j", Some(InstanceId::fresh()));
        let new = key("j", Some(InstanceId::fresh()));
        let (first, second) = (begin(&registry, &old), begin(&registry, &new));
        let cancel = |instance| JobControl { cancel: Some(old.uuid.clone()), instance, ..JobControl::default() };
        assert!(registry.cancel(&cancel(old.instance.clone())));
        assert!(first.cancelled.is_cancelled() && !second.cancelled.is_cancelled());
        first.end();
        assert!(!registry.cancel(&cancel(old.instance.clone())));
        assert!(registry.cancel(&cancel(None)) && second.cancelled.is_cancelled());
        drop(second);
        assert!(!begin(&registry, &new).ended_before && begin(&registry, &old).ended_before);
        let of_the_predecessor =
            |created_at| JobKey { created_at: Timestamp::from_unix_millis(created_at), ..key("j", None) };
        let _running = begin(&registry, &of_the_predecessor(1));
        begin(&registry, &of_the_predecessor(2));
    }

    #[test]
    fn every_delivery_that_is_not_settled_is_told() {
        let (registry, running, waiting) =
            (JobRegistry::default(), key("j", Some(InstanceId::fresh())), key("k", None));
        let registered = begin(&registry, &running);
        let place = registry.wait(&waiting, 2);
        let since = Timestamp::now();
        registered.begin(since);
        let mut held = registry.held_jobs();
        held.sort_by(|one, other| one.uuid.cmp(&other.uuid));
        let told: Vec<_> = held.iter().map(|job| (job.uuid.as_str(), job.since, job.attempt)).collect();
        assert_eq!(told, [("j", Some(since), 1), ("k", None, 2)]);
        assert_eq!(held[0].instance, running.instance);
        drop((registered, place));
        assert!(registry.held_jobs().is_empty());
    }

    #[test]
    fn what_comes_after_all_was_handed_back_is_handed_back_too() {
        let registry = JobRegistry::default();
        let first = begin(&registry, &key("j", None));
        registry.hand_all_back();
        let late = begin(&registry, &key("k", None));
        assert!(first.handed_back.is_cancelled() && late.handed_back.is_cancelled());
    }
}
