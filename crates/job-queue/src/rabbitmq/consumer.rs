//! Consuming with manual acknowledgement.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions, BasicQosOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Acker, Channel};

use super::failure::{answered, is_not_found, is_precondition_failure, unavailable};
use super::{Broker, renewal, wire};
use crate::{Consumer, Delivery, Queue, QueueError, Requeue, Settle};

/// How long an answer of the broker on a living connection may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What consumers ask for: a longer acknowledgement timeout, unless the broker has refused that. Versions that know the
/// argument for other kinds of queue only refuse it for ours; they have no timeout for ours either.
pub(super) struct Arguments {
    ack_timeout: Duration,
    refused: AtomicBool,
}

impl Arguments {
    pub(super) fn new(ack_timeout: Duration) -> Self {
        Self { ack_timeout, refused: AtomicBool::new(false) }
    }

    fn table(&self) -> FieldTable {
        let mut table = FieldTable::default();
        if !self.refused.load(Ordering::Relaxed) {
            let milliseconds = i64::try_from(self.ack_timeout.as_millis()).unwrap_or(i64::MAX);
            table.insert("x-consumer-timeout".into(), AMQPValue::LongLongInt(milliseconds));
        }
        table
    }

    /// Whether this is news.
    fn refuse(&self) -> bool {
        !self.refused.swap(true, Ordering::Relaxed)
    }
}

/// Begins to consume on a channel of its own.
pub(super) async fn consume(
    broker: &Arc<Broker>,
    queue: Queue,
    prefetch: NonZeroU16,
) -> Result<AmqpConsumer, QueueError> {
    let name = broker.names.queue(queue);
    let action = format!("consume from {name}");
    let mut declared = false;
    loop {
        let channel = broker.consuming.channel(&action).await?;
        let started = async {
            channel.basic_qos(prefetch.get(), BasicQosOptions::default()).await?;
            let (tag, options) = (broker.names.consumer_tag(queue), BasicConsumeOptions::default());
            channel.basic_consume(name.clone(), tag, options, broker.consumer_arguments.table()).await
        };
        let started = tokio::time::timeout(ANSWER_LIMIT, started).await;
        match started {
            Ok(Ok(deliveries)) => {
                let (deliveries, broker) = (Some(deliveries), Arc::clone(broker));
                return Ok(AmqpConsumer { deliveries, channel, queue, action, broker });
            }
            Ok(Err(err)) if is_precondition_failure(&err) && broker.consumer_arguments.refuse() => {}
            Ok(Err(err)) if is_not_found(&err) && !declared => {
                let connection = broker.consuming.present(&action)?;
                answered(&action, ANSWER_LIMIT, broker.config.queue_type.declare(&connection, &name)).await?;
                declared = true;
            }
            Ok(Err(err)) => return Err(unavailable(action, err)),
            Err(elapsed) => return Err(unavailable(action, elapsed)),
        }
    }
}

/// Takes the first message, if one waits, on a channel of its own.
pub(super) async fn take(
    broker: &Arc<Broker>,
    queue: Queue,
) -> Result<Option<(Delivery, Box<dyn Consumer>)>, QueueError> {
    let name = broker.names.queue(queue);
    let action = format!("take a message from {name}");
    let channel = broker.consuming.channel(&action).await?;
    loop {
        let taken = channel.basic_get(name.clone(), BasicGetOptions::default());
        let arrived = match tokio::time::timeout(ANSWER_LIMIT, taken).await {
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(err)) if is_not_found(&err) => return Ok(None),
            Ok(Ok(Some(message))) => message.delivery,
            Ok(Err(err)) => return Err(unavailable(action, err)),
            Err(elapsed) => return Err(unavailable(action, elapsed)),
        };
        match delivery(broker, queue, arrived) {
            Ok(delivery) => {
                let consumer = AmqpConsumer { deliveries: None, channel, queue, action, broker: Arc::clone(broker) };
                return Ok(Some((delivery, Box::new(consumer))));
            }
            Err(renewal) => renewal.await,
        }
    }
}

/// A message as it arrived; what is to be done instead of delivering it when its renewal is due.
fn delivery(
    broker: &Arc<Broker>,
    queue: Queue,
    arrived: lapin::message::Delivery,
) -> Result<Delivery, BoxFuture<'static, ()>> {
    let mut message = wire::message(&arrived.properties, arrived.data);
    if renewal::is_due(&message) {
        return Err(renewal::renew(Arc::clone(broker), queue, message, arrived.acker).boxed());
    }
    let redelivered = arrived.redelivered | renewal::take_mark(&mut message);
    Ok(Delivery::new(message, redelivered, Box::new(AmqpSettle { acker: arrived.acker, queue })))
}

/// How many messages wait. A queue that is made by its first message has none before.
pub(super) async fn depth(broker: &Broker, queue: Queue) -> Result<u64, QueueError> {
    let name = broker.names.queue(queue);
    let action = format!("count the messages of {name}");
    let channel = broker.consuming.channel(&action).await?;
    let options = QueueDeclareOptions::durable().passive();
    let declared = channel.queue_declare(name, options, FieldTable::default());
    match tokio::time::timeout(ANSWER_LIMIT, declared).await {
        Ok(Ok(declared)) => Ok(declared.message_count().into()),
        Ok(Err(err)) if is_not_found(&err) && !queue.ending().is_empty() => Ok(0),
        Ok(Err(err)) => Err(unavailable(action, err)),
        Err(elapsed) => Err(unavailable(action, elapsed)),
    }
}

/// A consumer on its own channel. Dropping it closes the channel, and the broker takes everything unsettled back.
pub(super) struct AmqpConsumer {
    /// None once it is over. lapin closes the channel when its last handle goes: this and the next are all there are.
    deliveries: Option<lapin::Consumer>,
    channel: Channel,
    queue: Queue,
    action: String,
    broker: Arc<Broker>,
}

#[async_trait]
impl Consumer for AmqpConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        let ended = QueueError::Ended { queue: self.queue.default_name() };
        let Some(deliveries) = self.deliveries.as_mut() else { return Err(ended) };
        loop {
            match deliveries.next().await {
                Some(Ok(arrived)) => match delivery(&self.broker, self.queue, arrived) {
                    Ok(delivery) => return Ok(delivery),
                    Err(renewal) => {
                        // In a task of its own: whoever waits here may give up.
                        tokio::spawn(renewal);
                    }
                },
                Some(Err(err)) => {
                    self.deliveries = None;
                    return Err(unavailable(&self.action, err));
                }
                None => {
                    self.deliveries = None;
                    return Err(ended);
                }
            }
        }
    }

    async fn cancel(&mut self) -> Result<(), QueueError> {
        let Some(deliveries) = &self.deliveries else { return Ok(()) };
        let action = format!("stop consuming from {}", self.queue.default_name());
        let cancelled = self.channel.basic_cancel(deliveries.tag(), BasicCancelOptions::default());
        answered(&action, ANSWER_LIMIT, cancelled).await
    }
}

/// Settles one delivery, from whatever task, while its channel lives.
struct AmqpSettle {
    acker: Acker,
    queue: Queue,
}

#[async_trait]
impl Settle for AmqpSettle {
    async fn ack(self: Box<Self>) -> Result<(), QueueError> {
        self.settled("acknowledge", self.acker.ack(BasicAckOptions::default())).await
    }

    async fn nack(self: Box<Self>, requeue: Requeue) -> Result<(), QueueError> {
        let options = BasicNackOptions { multiple: false, requeue: requeue == Requeue::Yes };
        self.settled("nack", self.acker.nack(options)).await
    }
}

impl AmqpSettle {
    async fn settled(&self, verb: &str, sent: impl Future<Output = lapin::Result<bool>>) -> Result<(), QueueError> {
        let action = format!("{verb} a delivery of {}", self.queue.default_name());
        if answered(&action, ANSWER_LIMIT, sent).await? {
            return Ok(());
        }
        Err(unavailable(action, "its channel is closed: the broker has taken it back"))
    }
}
