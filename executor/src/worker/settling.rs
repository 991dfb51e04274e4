//! How the worker settles deliveries: once what they led to is published, and never before.

use job_queue::{Consumer, QueueError, Requeue};
use service::Chain;

use super::Worker;
use super::ended::Ended;
use crate::job_message::JobKey;
use crate::job_registry::{Brings, Held};
use crate::result_message::Origin;

impl Worker {
    /// Publishes the end of a job that did not run here, and settles its delivery. Returns the consumer to go on with.
    pub(super) async fn finish(
        &self,
        held: Held,
        key: JobKey,
        attempt: u32,
        ended: Ended,
    ) -> Option<Box<dyn Consumer>> {
        self.metrics.ended(ended.counts_as);
        let published = self.publish_result(&Origin::of(&held.delivery, key, attempt), &ended).await;
        self.settle(held, published).await
    }

    /// Settles a delivery according to what became of its message. Returns the consumer to go on with.
    pub(super) async fn settle(&self, held: Held, published: Result<(), QueueError>) -> Option<Box<dyn Consumer>> {
        let Held { delivery, mut consumer, mut brings, .. } = held;
        // Others may go first now: acknowledged, the next ordinary job would be here before anybody could ask.
        if published.is_ok()
            && brings == Brings::More
            && self.priorities.others_wait()
            && consumer.cancel().await.is_ok()
        {
            brings = Brings::Nothing;
        }
        match published {
            Ok(()) => settled(delivery.ack().await),
            // Nothing of it can be published, now or later: it must not block the queue.
            Err(QueueError::Refused { .. }) => settled(delivery.nack(Requeue::No).await),
            // The executor ends; the delivery goes back with its consumer.
            Err(_) => return None,
        }
        (brings == Brings::More).then_some(consumer)
    }
}

/// Logs that a delivery could not be settled: it comes back by itself, and is known then.
pub(super) fn settled(outcome: Result<(), QueueError>) {
    if let Err(error) = outcome {
        tracing::warn!(error = %Chain(&error), "failed to settle a delivery, it will come again");
    }
}
