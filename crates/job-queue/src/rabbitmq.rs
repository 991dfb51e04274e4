//! AMQP to RabbitMQ through lapin.
//!
//! Two connections with one duty each, as RabbitMQ advises: a broker short of memory or disk stops reading from
//! connections that publish, and the acknowledgements that would relieve it must still get through. Each is kept by a
//! supervisor (`link`) that reconnects for ever and declares the two queues anew. lapin's own tasks, heartbeats among
//! them, run on a thread of this module: they live whatever the application does to its runtime.
//!
//! Jobs longer than the broker's acknowledgement timeout (30 minutes by default, checked once a minute): the broker
//! closes the consumer's channel and delivers everything unsettled of that channel again. [`RabbitMqConfig::ack_timeout`]
//! asks for a longer one per consumer, which RabbitMQ honours from 3.11.15 on; older ones ignore it (seen with 3.10)
//! and need `consumer_timeout` in their configuration. Who works longer than that must expect its acknowledgement to
//! fail with [`QueueError::Unavailable`] and the message to come again, redelivered, to itself or another: publish the
//! result all the same, know by the job's id what is running here, and take a second delivery of it as the one to settle.
//! A consumer per slot, each with a prefetch of one, keeps one late delivery from taking its neighbours along.

mod config;
mod connect;
mod consumer;
mod declare;
mod failure;
mod link;
mod nodes;
mod publisher;
mod questions;
mod renewal;
mod topics;
mod transport;
mod wire;

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

pub use config::{Node, RabbitMqConfig};
pub use declare::QueueType;

use crate::{Consumer, Delivery, JobQueue, Message, Questions, Queue, QueueError, Subscription, Topic};
use config::Names;
use link::Link;
use publisher::Publisher;
use questions::Asker;
use topics::Broadcaster;

/// A queue on a RabbitMQ broker. Clones share its connections, which close when the last clone, consumer and
/// subscription are gone.
#[derive(Clone)]
pub struct RabbitMqQueue {
    broker: Arc<Broker>,
}

/// What clones, consumers and subscriptions share.
struct Broker {
    config: RabbitMqConfig,
    names: Names,
    consuming: Arc<Link>,
    publisher: Publisher,
    broadcaster: Broadcaster,
    asker: Asker,
    consumer_arguments: consumer::Arguments,
    closing: CancellationToken,
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

impl RabbitMqQueue {
    /// Begins to connect and returns at once. Fails on names AMQP cannot carry, or when no thread can be started.
    pub fn new(config: RabbitMqConfig) -> Result<Self, QueueError> {
        let names = Names::of(&config)?;
        let closing = CancellationToken::new();
        let (broadcaster, broadcasts) = Broadcaster::new();
        let (publishing, consuming) =
            link::start(&config, &names, closing.clone(), |link| topics::Sender::new(link, &names).run(broadcasts))?;
        let broker = Broker {
            publisher: Publisher::new(publishing, &config, &names),
            broadcaster,
            asker: Asker::default(),
            consumer_arguments: consumer::Arguments::new(config.ack_timeout),
            consuming,
            config,
            names,
            closing,
        };
        Ok(Self { broker: Arc::new(broker) })
    }
}

impl std::fmt::Debug for RabbitMqQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RabbitMqQueue").field(&self.broker.config).finish()
    }
}

#[async_trait]
impl JobQueue for RabbitMqQueue {
    async fn ping(&self) -> Result<(), QueueError> {
        self.broker.publisher.present()?;
        self.broker.consuming.ping().await
    }

    async fn publish(&self, queue: Queue, message: Message) -> Result<(), QueueError> {
        self.broker.publisher.publish(queue, message).await
    }

    async fn consume(&self, queue: Queue, prefetch: NonZeroU16) -> Result<Box<dyn Consumer>, QueueError> {
        Ok(Box::new(consumer::consume(&self.broker, queue, prefetch).await?))
    }

    async fn take(&self, queue: Queue) -> Result<Option<(Delivery, Box<dyn Consumer>)>, QueueError> {
        consumer::take(&self.broker, queue).await
    }

    async fn depth(&self, queue: Queue) -> Result<u64, QueueError> {
        consumer::depth(&self.broker, queue).await
    }

    fn broadcast(&self, topic: Topic, body: Vec<u8>) {
        self.broker.broadcaster.broadcast(topic, body);
    }

    async fn broadcasts_sent(&self) {
        self.broker.broadcaster.sent().await;
    }

    async fn subscribe(&self, topic: Topic) -> Result<Box<dyn Subscription>, QueueError> {
        Ok(Box::new(topics::subscribe(&self.broker, topic).await?))
    }

    async fn ask(&self, question: Vec<u8>, limit: Duration) -> Result<Option<Vec<u8>>, QueueError> {
        self.broker.asker.ask(&self.broker, &question, limit).await
    }

    async fn answer_questions(&self) -> Result<Box<dyn Questions>, QueueError> {
        Ok(Box::new(questions::answer(&self.broker).await?))
    }
}
