//! How the worker settles deliveries: once what they led to is published, and never before. While another lane is free, that of an
//! ordinary job waits until its own lane has a slot for the next one, which comes then.

use job_queue::{Consumer, Delivery, QueueError, Requeue};
use service::Chain;

use super::Worker;
use super::ended::Ended;
use crate::job_message::JobKey;
use crate::job_registry::{Brings, Held};
use crate::result_message::Origin;

/// A consumer that has more, and the delivery whose end lets the next one come.
pub(super) struct OpenConsumer {
    pub(super) consumer: Box<dyn Consumer>,
    /// Absent when it is settled.
    pub(super) ended: Option<Delivery>,
}

impl OpenConsumer {
    /// That of a delivery which is settled.
    pub(super) fn settled(consumer: Box<dyn Consumer>, brings: Brings) -> Option<Self> {
        (brings == Brings::More).then_some(Self { consumer, ended: None })
    }
}

impl Worker {
    /// Publishes the end of a job that did not run here, and settles its delivery. Returns the consumer to go on with.
    pub(super) async fn finish(&self, held: Held, key: JobKey, attempt: u32, ended: Ended) -> Option<OpenConsumer> {
        self.metrics.ended(ended.counts_as);
        let published = self.publish_result(&Origin::of(&held.delivery, key, attempt), &ended).await;
        self.settle(held, published).await
    }

    /// Settles a delivery according to what became of its message. Returns the consumer to go on with.
    pub(super) async fn settle(&self, held: Held, published: Result<(), QueueError>) -> Option<OpenConsumer> {
        let Held { delivery, consumer, brings, .. } = held;
        match published {
            Ok(()) if brings == Brings::More => return Some(OpenConsumer { consumer, ended: Some(delivery) }),
            Ok(()) => settled(delivery.ack().await),
            // Nothing of it can be published, now or later: it must not block the queue.
            Err(QueueError::Refused { .. }) => settled(delivery.nack(Requeue::No).await),
            // The executor ends; the delivery goes back with its consumer.
            Err(_) => return None,
        }
        OpenConsumer::settled(consumer, brings)
    }
}

/// Logs that a delivery could not be settled: it comes back by itself, and is known then.
pub(super) fn settled(outcome: Result<(), QueueError>) {
    if let Err(error) = outcome {
        tracing::warn!(error = %Chain(&error), "failed to settle a delivery, it will come again");
    }
}
