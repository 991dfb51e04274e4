//! How the worker publishes: until it works, as long as that makes sense.

use std::time::Duration;

use job_model::{Outcome, Running, Timestamp};
use job_queue::{Message, Queue, QueueError, Requeue};
use service::{Backoff, Chain};

use super::Worker;
use super::ended::Ended;
use super::settling::{OpenConsumer, settled};
use crate::job_message::JobMessage;
use crate::job_registry::Held;
use crate::message_headers;
use crate::metrics::DeliveryEnd;
use crate::result_message::{self, Origin};

/// How long a message is tried to be published after the executor was told to stop.
const LAST_PUBLISH: Duration = Duration::from_secs(8);
/// How long a job that is handed back is, before its delivery goes back as it is.
const HAND_BACK: Duration = Duration::from_secs(3);

impl Worker {
    /// Publishes a result, or in its place an error when the broker takes no message that large.
    pub(super) async fn publish_result(&self, origin: &Origin, ended: &Ended) -> Result<(), QueueError> {
        let message =
            |ended: &Ended| result_message::write(origin, &ended.logs, &ended.end, ended.crashed, ended.files.as_ref());
        let published = self.publish(Queue::JobResults, message(ended)).await;
        let Err(QueueError::Refused { reason, .. }) = published else { return published };
        tracing::error!(job.id = %origin.key.uuid, reason, "the broker refused a result");
        let text = format!("The job's result could not be delivered: {reason}");
        self.publish(Queue::JobResults, message(&ended.without_content(text))).await
    }

    /// Sends a lost job round again, or ends it when the broker does not take it.
    pub(super) async fn send_round(&self, held: Held, job: JobMessage, copy: Message) -> Option<OpenConsumer> {
        let attempt = message_headers::MessageHeaders::of(&held.delivery.message).attempt;
        match self.publish(held.queue, copy).await {
            Err(QueueError::Refused { reason, .. }) => {
                let text = format!("The job was lost with its executor and could not be sent round again: {reason}");
                let counts_as = DeliveryEnd::Job(Outcome::Failed);
                self.finish(held, job.key, attempt, Ended::not_started(counts_as, Outcome::Failed, text)).await
            }
            published => {
                if published.is_ok() {
                    let executor = self.executor.clone();
                    self.events.put_back(job.key, Running { since: Timestamp::now(), executor, attempt });
                }
                self.settle(held, published).await
            }
        }
    }

    /// Puts a job back on the queue for another executor, as the attempt that it is, and ends the consumer: the copy must not
    /// come here. Given back plainly the job would count as begun once more.
    pub(super) async fn hand_back(&self, held: Held, attempt: u32) {
        let Held { delivery, mut consumer, queue, .. } = held;
        if let Err(error) = consumer.cancel().await {
            return tracing::warn!(error = %Chain(&error), "failed to hand a job back, its delivery will come again");
        }
        let copy = message_headers::copy(&delivery.message, attempt);
        match tokio::time::timeout(HAND_BACK, self.publish(queue, copy)).await {
            Ok(Ok(())) => settled(delivery.ack().await),
            Ok(Err(_)) | Err(_) => settled(delivery.nack(Requeue::Yes).await),
        }
    }

    /// Puts a job back that was not begun here. One that may have been begun before stays marked so.
    pub(super) async fn hand_back_as_it_came(&self, held: Held, attempt: u32) {
        // Not settled, it goes back with its consumer.
        if !held.delivery.redelivered {
            self.hand_back(held, attempt).await;
        }
    }

    /// Publishes until it works, or until the executor ends and a last while has passed: an unpublished message's
    /// delivery stays unsettled, so nothing is lost.
    pub(super) async fn publish(&self, queue: Queue, message: Message) -> Result<(), QueueError> {
        let mut backoff = Backoff::for_servers();
        let gave_up = async {
            self.stop.cancelled().await;
            tokio::time::sleep(LAST_PUBLISH).await;
        };
        tokio::pin!(gave_up);
        loop {
            let error = match self.queue.publish(queue, message.clone()).await {
                Ok(()) => return Ok(()),
                Err(error @ QueueError::Refused { .. }) => return Err(error),
                Err(error) => error,
            };
            tracing::warn!(queue.name = queue.default_name(), error = %Chain(&error), "failed to publish, trying again");
            tokio::select! {
                () = tokio::time::sleep(backoff.next_delay()) => {}
                () = &mut gave_up => return Err(error),
            }
        }
    }
}
