//! A delivery: one event of one job or batch that is to be told, and what came of it. It is a record of the store.
//!
//! Its id is derived from what it tells, so that whoever makes it again makes none. Whoever writes it names the revision
//! that was read: of several gateways that want to send it, one does.

use job_model::{InstanceId, Job, JobId, Timestamp, Webhook, WebhookEvent};
use job_store::records::{Record, RecordKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::backoff::TRIED_FOR;

/// Deliveries among the records.
pub(crate) const DELIVERY: RecordKind = RecordKind("delivery");
/// How many attempts are kept, the latest ones.
const KEPT_ATTEMPTS: usize = 20;
/// What an id begins with.
const PREFIX: &str = "msg_";

/// What is to be told, and how that went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) about: About,
    pub(crate) event: WebhookEvent,
    /// When that happened.
    pub(crate) at: Timestamp,
    /// Where it goes, `host:port`.
    pub(super) host: String,
    pub(crate) state: DeliveryState,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Until when it is tried.
    pub(super) until: Timestamp,
    /// Attempts that failed since it was made, or asked for again.
    pub(super) failures: u32,
    /// Since when a gateway has it in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) claimed_at: Option<Timestamp>,
    /// The latest attempts, the last one last.
    pub(crate) attempts: Vec<Attempt>,
}

/// Whose event it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum About {
    /// A job's: where it goes and what it says stands in the job.
    Job {
        /// The job.
        uuid: JobId,
        /// Which creation of its uuid; all its tries share it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        creation: Option<InstanceId>,
    },
    /// A batch's: all of it stands here.
    Batch {
        /// The batch.
        id: String,
        /// Where it goes.
        webhook: Webhook,
        /// What the event says of the batch.
        data: Value,
    },
}

/// What came of a delivery so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// It is to be sent, for the first time or again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// The receiver did not take it within a day.
    Failed,
    /// The receiver wants no more: it answered 410.
    Gone,
}

/// One try to send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// When it began.
    pub(crate) at: Timestamp,
    /// How long it took, in milliseconds.
    pub(crate) duration: u64,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Why the receiver does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Delivery {
    /// A new one of a job.
    pub(super) fn of_job(job: &Job, event: WebhookEvent, at: Timestamp, host: String, now: Timestamp) -> Self {
        let creation = job.instance.as_ref().map(InstanceId::creation);
        let id = id(&key_of_job(&job.uuid), creation.as_ref().map_or("", InstanceId::as_str), event);
        let about = About::Job { uuid: job.uuid.clone(), creation };
        Self::new(id, about, event, at, host, now)
    }

    /// A new one of a batch's end, and which of its ends.
    pub(super) fn of_batch(
        (batch, end): (&str, u32),
        webhook: Webhook,
        data: Value,
        host: String,
        now: Timestamp,
    ) -> Self {
        let event = WebhookEvent::BatchDone;
        let about = About::Batch { id: batch.to_owned(), webhook, data };
        let which = if end == 0 { String::new() } else { end.to_string() };
        Self::new(id(&key_of_batch(batch), &which, event), about, event, now, host, now)
    }

    fn new(id: String, about: About, event: WebhookEvent, at: Timestamp, host: String, now: Timestamp) -> Self {
        Self {
            id,
            about,
            event,
            at,
            host,
            state: DeliveryState::Pending,
            created_at: now,
            until: now.after(TRIED_FOR).unwrap_or(now),
            failures: 0,
            claimed_at: None,
            attempts: Vec::new(),
        }
    }

    /// Reads a record; `None` for what is not a delivery.
    pub(super) fn read(record: Record) -> Option<Self> {
        let delivery: Self = serde_json::from_value(record.body).ok()?;
        Some(Self { id: record.id, ..delivery })
    }

    /// The record that it is, to be looked at again at this time.
    pub(super) fn record(&self, due_at: Timestamp) -> Record {
        let body = serde_json::to_value(self).expect("a delivery has string keys only");
        Record { kind: DELIVERY, id: self.id.clone(), due_at: Some(due_at), body }
    }

    /// Adds an attempt. The oldest are forgotten.
    pub(super) fn note(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
        let forgotten = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..forgotten);
    }

    /// Has it sent once more, and tried for a day, whatever came of it before.
    pub(super) fn renew(&mut self, now: Timestamp) {
        (self.state, self.failures, self.claimed_at) = (DeliveryState::Pending, 0, None);
        self.until = now.after(TRIED_FOR).unwrap_or(now);
    }

    /// Whether it is one of this creation of a job.
    pub(crate) fn is_of(&self, job: &Job) -> bool {
        let of_job = job.instance.as_ref().map(InstanceId::creation);
        matches!(&self.about, About::Job { uuid, creation } if *uuid == job.uuid && *creation == of_job)
    }
}

/// What the ids of a job's deliveries begin with.
pub(super) fn prefix_of_job(job: &JobId) -> String {
    prefix(&key_of_job(job))
}

/// What the ids of a batch's deliveries begin with.
pub(super) fn prefix_of_batch(batch: &str) -> String {
    prefix(&key_of_batch(batch))
}

fn key_of_job(job: &JobId) -> String {
    format!("job {job}")
}

fn key_of_batch(batch: &str) -> String {
    format!("batch {batch}")
}

/// The id is a header of each request, where a uuid of a client's own may not be able to stand; and it holds no full stop,
/// which separates it from what else is signed.
fn id(key: &str, creation: &str, event: WebhookEvent) -> String {
    format!("{}{}", prefix(key), hexadecimal(&format!("{creation} {event}"), 8))
}

fn prefix(key: &str) -> String {
    format!("{PREFIX}{}", hexadecimal(key, 12))
}

fn hexadecimal(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes()).iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use job_model::{Job, NewJob, Timestamp, WebhookEvent};

    use super::{Attempt, Delivery, KEPT_ATTEMPTS, prefix_of_job};

    fn job() -> Job {
        Job::create(NewJob { uuid: "a b/é".replace('/', ""), ..NewJob::default() }, Timestamp::now()).unwrap()
    }

    fn delivery(job: &Job, event: WebhookEvent) -> Delivery {
        Delivery::of_job(job, event, Timestamp::now(), "a:80".to_owned(), Timestamp::now())
    }

    #[test]
    fn an_id_is_that_of_what_it_tells() {
        let job = job();
        let done = delivery(&job, WebhookEvent::JobDone);
        assert_eq!(done.id, delivery(&job, WebhookEvent::JobDone).id);
        assert_ne!(done.id, delivery(&job, WebhookEvent::JobStarted).id);
        let again = Job { instance: Some(job_model::InstanceId::fresh()), ..job.clone() };
        assert_ne!(done.id, delivery(&again, WebhookEvent::JobDone).id, "another creation of the uuid");
        let next_try = Job { instance: job.instance.as_ref().map(|first| first.of_try(2)), ..job.clone() };
        assert!(done.id == delivery(&next_try, WebhookEvent::JobDone).id && done.is_of(&next_try), "another try");
        assert!(done.id.starts_with(&prefix_of_job(&job.uuid)) && done.id.len() == 44, "{}", done.id);
        assert!(done.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        assert!(done.is_of(&job) && !done.is_of(&again));
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut delivery = delivery(&job(), WebhookEvent::JobDone);
        for duration in 0..30 {
            let (at, error) = (Timestamp::now(), Some("no answer".to_owned()));
            delivery.note(Attempt { at, duration, status: None, error });
        }
        assert_eq!((delivery.attempts.len(), delivery.attempts[0].duration), (KEPT_ATTEMPTS, 10));
        assert_eq!(Delivery::read(delivery.record(Timestamp::now())), Some(delivery));
    }
}
