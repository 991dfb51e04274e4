//! How the worker publishes: until it works, as long as that makes sense.

use job_model::JobResult;
use job_queue::{Consumer, Message, Queue, QueueError};
use service::{Backoff, Chain};

use super::{LAST_PUBLISH, Worker};
use crate::job_message::JobMessage;
use crate::running::Held;

impl Worker {
    /// Publishes a result, or in its place an error when the broker takes no message that large.
    pub(super) async fn publish_result(&self, result: &JobResult) -> Result<(), QueueError> {
        let published = self.publish(Queue::JobResults, message(result)).await;
        let Err(QueueError::Refused { reason, .. }) = published else { return published };
        let text = format!("The job's result could not be delivered: {reason}");
        tracing::error!(job.id = %result.uuid, reason, "the broker refused a result");
        let instead = JobResult {
            started_at: result.started_at,
            finished_at: result.finished_at,
            duration: result.duration,
            ..JobResult::not_started(result.uuid.clone(), text)
        };
        self.publish(Queue::JobResults, message(&instead)).await
    }

    /// Sends a lost job round again, or ends it when the broker does not take it.
    pub(super) async fn send_round(&self, held: Held, job: JobMessage, copy: Message) -> Option<Box<dyn Consumer>> {
        match self.publish(Queue::Jobs, copy).await {
            Err(QueueError::Refused { reason, .. }) => {
                let text = format!("The job was lost with its executor and could not be sent round again: {reason}");
                self.finish(held, JobResult::not_started(job.uuid, text)).await
            }
            published => self.settle(held, published).await,
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

fn message(result: &JobResult) -> Message {
    Message::new(serde_json::to_vec(result).expect("a result has string keys only"))
}
