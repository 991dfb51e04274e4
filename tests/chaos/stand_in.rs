//! Stands in for an executor where it is the others that are looked at.

use std::num::NonZeroU16;
use std::time::Duration;

use job_model::Job;
use job_queue::rabbitmq::RabbitMqQueue;
use job_queue::{JobQueue, Message, Queue};
use serde_json::{Value, json};
use tokio::time::sleep;

/// Time after which a result that was not published is tried again.
const PUBLISHED_AGAIN: Duration = Duration::from_millis(100);

/// Answers every delivery with these results after some work, until the task is aborted.
pub(crate) async fn execute(
    queue: RabbitMqQueue,
    prefetch: u16,
    work: Duration,
    mut results: impl FnMut(&Job) -> Value,
) {
    let prefetch = NonZeroU16::new(prefetch).expect("not 0");
    loop {
        let Ok(mut deliveries) = queue.consume(Queue::Jobs, prefetch).await else { continue };
        // Lost with its connection: what is unsettled comes again, here or there.
        while let Ok(delivery) = deliveries.next().await {
            let job: Job = serde_json::from_slice(&delivery.message.body).expect("a job");
            let results = results(&job);
            sleep(work).await;
            let result =
                json!({"uuid": job.uuid, "instance": job.instance, "logs": [], "error": null, "results": results});
            let result = Message::new(result.to_string().into_bytes());
            // As executors do: what is not published is not settled.
            while queue.publish(Queue::JobResults, result.clone()).await.is_err() {
                sleep(PUBLISHED_AGAIN).await;
            }
            let _ = delivery.ack().await;
        }
    }
}
