//! Broadcasts: a fanout exchange per topic, and a short-lived queue per subscription.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{FutureExt, StreamExt};
use lapin::Acker;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ExchangeKind};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::Broker;
use super::config::Names;
use super::failure::{answered, unavailable};
use super::link::Link;
use crate::{QueueError, Subscription, Topic};

/// How many broadcasts wait for a slow subscriber; the oldest make room.
const BACKLOG: i32 = 10_000;
/// How many are on their way to a subscriber at once.
const PREFETCH: u16 = 1_000;
/// How many are acknowledged together at most.
const ACK_EVERY: usize = 200;
/// Broadcasts that wait for a slow broker; more than these are lost.
const WAITING: usize = 4_096;
/// How long after it was said a broadcast may leave, and how long one waits for all of them to.
const BROADCAST_LIMIT: Duration = Duration::from_secs(1);
/// How long an answer of the broker may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Takes broadcasts and never makes its caller wait.
pub(super) struct Broadcaster(mpsc::Sender<Outgoing>);

/// What the sending half is handed.
pub(super) enum Outgoing {
    /// What is to be broadcast, and until when.
    Body { topic: Topic, body: Vec<u8>, deadline: Instant },
    /// Everything before it has been sent or is lost.
    Mark(oneshot::Sender<()>),
}

impl Broadcaster {
    /// A broadcaster, and what [`Sender::run`] is to send.
    pub(super) fn new() -> (Self, mpsc::Receiver<Outgoing>) {
        let (sender, outgoing) = mpsc::channel(WAITING);
        (Self(sender), outgoing)
    }

    pub(super) fn broadcast(&self, topic: Topic, body: Vec<u8>) {
        let deadline = Instant::now() + BROADCAST_LIMIT;
        if self.0.try_send(Outgoing::Body { topic, body, deadline }).is_err() {
            tracing::debug!(topic = topic.default_name(), "a broadcast was lost: too many wait");
        }
    }

    pub(super) async fn sent(&self) {
        let (mark, sent) = oneshot::channel();
        let all = async {
            if self.0.send(Outgoing::Mark(mark)).await.is_ok() {
                let _ = sent.await;
            }
        };
        let _ = timeout(BROADCAST_LIMIT, all).await;
    }
}

/// Sends broadcasts without confirms, in order. Whatever goes wrong loses the message and nothing else.
pub(super) struct Sender {
    link: Arc<Link>,
    names: Names,
    channel: Option<(Arc<Connection>, Channel)>,
}

impl Sender {
    pub(super) fn new(link: Arc<Link>, names: &Names) -> Self {
        Self { link, names: names.clone(), channel: None }
    }

    /// Sends until the broadcaster is gone.
    pub(super) async fn run(mut self, mut outgoing: mpsc::Receiver<Outgoing>) {
        while let Some(next) = outgoing.recv().await {
            match next {
                Outgoing::Body { topic, body, deadline } => self.broadcast(topic, &body, deadline).await,
                Outgoing::Mark(mark) => drop(mark.send(())),
            }
        }
    }

    async fn broadcast(&mut self, topic: Topic, body: &[u8], deadline: Instant) {
        let sent = timeout_at(deadline, self.send(topic, body, deadline)).await;
        let lost = match sent {
            Ok(Ok(())) => return,
            Ok(Err(err)) => err.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::debug!(topic = topic.default_name(), cause = lost, "a broadcast was lost");
    }

    async fn send(&mut self, topic: Topic, body: &[u8], deadline: Instant) -> Result<(), QueueError> {
        let action = "broadcast";
        let channel = self.channel(action, deadline).await?;
        let (exchange, options) = (self.names.exchange(topic), BasicPublishOptions::default());
        let properties = BasicProperties::default().with_content_type("application/json".into());
        let sent = channel.basic_publish(exchange, ShortString::default(), options, body, properties).await;
        sent.map(drop).map_err(|err| unavailable(action, err))
    }

    async fn channel(&mut self, action: &str, deadline: Instant) -> Result<Channel, QueueError> {
        let connection = self.link.connection_by(action, deadline).await?;
        if let Some((owner, channel)) = self.channel.as_ref()
            && Arc::ptr_eq(owner, &connection)
            && channel.status().connected()
        {
            return Ok(channel.clone());
        }
        let opened = async {
            let channel = connection.create_channel().await?;
            for topic in [Topic::JobEvents, Topic::JobControl, Topic::Heartbeats] {
                declare_exchange(&channel, self.names.exchange(topic)).await?;
            }
            Ok(channel)
        };
        let channel = answered(action, ANSWER_LIMIT, opened).await?;
        self.channel = Some((connection, channel.clone()));
        Ok(channel)
    }
}

/// Not deleted with its last subscriber: broadcasting to an exchange that is gone would close the channel.
async fn declare_exchange(channel: &Channel, name: ShortString) -> lapin::Result<()> {
    channel.exchange_declare(name, ExchangeKind::Fanout, ExchangeDeclareOptions::default(), FieldTable::default()).await
}

/// Listens on a queue of its own, which the broker deletes with the subscription.
pub(super) async fn subscribe(broker: &Arc<Broker>, topic: Topic) -> Result<AmqpSubscription, QueueError> {
    let exchange = broker.names.exchange(topic);
    let action = format!("subscribe to {exchange}");
    let channel = broker.consuming.channel(&action).await?;
    let subscribed = async {
        declare_exchange(&channel, exchange.clone()).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongInt(BACKLOG));
        arguments.insert("x-overflow".into(), AMQPValue::LongString("drop-head".into()));
        let options = QueueDeclareOptions::exclusive().auto_delete();
        let queue = channel.queue_declare(ShortString::default(), options, arguments).await?;
        let (bind, nothing) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue.name().clone(), exchange, ShortString::default(), bind, nothing).await?;
        // Acknowledged by hand, though nobody needs to know: without, the broker sends everything at once, and the
        // backlog of a slow subscriber grows in its own memory instead of in the bounded queue.
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let (tag, options) = (ShortString::default(), BasicConsumeOptions::default());
        channel.basic_consume(queue.name().clone(), tag, options, FieldTable::default()).await
    };
    let deliveries = answered(&action, ANSWER_LIMIT, subscribed).await?;
    Ok(AmqpSubscription { deliveries: Some(deliveries), unsettled: None, topic, _broker: Arc::clone(broker) })
}

pub(super) struct AmqpSubscription {
    /// None once it is over; dropping it closes the channel.
    deliveries: Option<lapin::Consumer>,
    /// The last delivery that was not acknowledged, and how many there are up to it.
    unsettled: Option<(Acker, usize)>,
    topic: Topic,
    _broker: Arc<Broker>,
}

#[async_trait]
impl Subscription for AmqpSubscription {
    async fn next(&mut self) -> Result<Vec<u8>, QueueError> {
        let ended = QueueError::Ended { queue: self.topic.default_name() };
        let Some(deliveries) = self.deliveries.as_mut() else { return Err(ended) };
        let delivery = match deliveries.next().now_or_never() {
            Some(delivery) => delivery,
            None => {
                settle(&mut self.unsettled).await;
                deliveries.next().await
            }
        };
        match delivery {
            Some(Ok(delivery)) => {
                let count = self.unsettled.take().map_or(1, |(_, count)| count + 1);
                self.unsettled = Some((delivery.acker, count));
                if count >= ACK_EVERY {
                    settle(&mut self.unsettled).await;
                }
                Ok(delivery.data)
            }
            Some(Err(err)) => {
                self.deliveries = None;
                Err(unavailable(format!("listen to {}", self.topic.default_name()), err))
            }
            None => {
                self.deliveries = None;
                Err(ended)
            }
        }
    }
}

/// Acknowledges everything up to the last delivery. A failure is the channel's end, which the next delivery tells.
async fn settle(unsettled: &mut Option<(Acker, usize)>) {
    if let Some((acker, _)) = unsettled.take() {
        let _ = acker.ack(BasicAckOptions { multiple: true }).await;
    }
}
