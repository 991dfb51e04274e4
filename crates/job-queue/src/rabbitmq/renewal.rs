//! Messages that come again so often that their quorum queue would soon drop them.
//!
//! A quorum queue counts the deliveries of a message that were not settled, and drops the message beyond a limit: 20 since
//! RabbitMQ 4, or what a [policy](https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling) says. How often a job may
//! begin is for gateways to decide, and they say so in the job. So a message is replaced by a copy, which counts from zero,
//! well before the limit. The copy is known to have been delivered before, as the message was.

use std::sync::Arc;

use lapin::Acker;
use lapin::options::{BasicAckOptions, BasicNackOptions};

use super::Broker;
use crate::{Message, Queue};

/// The broker's count of deliveries that were not settled. Classic queues have none.
const COUNT: &str = "x-delivery-count";
/// How often a message is delivered before it is replaced.
const LIMIT: u32 = 10;
/// Marks a copy.
const RENEWED: &str = "x-puppet-master-renewed";

/// Takes our own marks off a message that was delivered. Whether it is a copy.
pub(super) fn take_mark(message: &mut Message) -> bool {
    message.headers.remove(COUNT);
    message.headers.remove(RENEWED).is_some()
}

/// Whether a message is to be replaced now.
pub(super) fn is_due(message: &Message) -> bool {
    message.headers.get(COUNT).and_then(|count| count.parse().ok()).is_some_and(|count: u32| count >= LIMIT)
}

/// Puts a copy into the queue and settles the message. The message is given back when nobody waits for the end of this.
pub(super) async fn renew(broker: Arc<Broker>, queue: Queue, mut message: Message, acker: Acker) {
    message.headers.remove(COUNT);
    message.headers.insert(RENEWED.to_owned(), "1".to_owned());
    // A lost channel gives the message back by itself.
    let _ = match broker.publisher.publish(queue, message).await {
        Ok(()) => acker.ack(BasicAckOptions::default()).await,
        Err(_) => acker.nack(BasicNackOptions { multiple: false, requeue: true }).await,
    };
}
