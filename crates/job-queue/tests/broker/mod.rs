//! The tests' way to a broker: unique names, and a plain client beside ours.

use std::error::Error;
use std::time::Duration;

use job_queue::rabbitmq::{RabbitMqConfig, RabbitMqQueue};
use job_queue::{Consumer, Delivery, JobQueue};
use lapin::message::BasicGetMessage;
use lapin::options::{BasicGetOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use testkit::services::RabbitMq;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(120);

/// Names of its own on a broker. Patient: brokers of tests take their time to come back.
pub(crate) fn config(broker: &RabbitMq) -> RabbitMqConfig {
    let name = testkit::names::unique("rabbitmq");
    RabbitMqConfig {
        host: broker.host.clone(),
        port: broker.port,
        username: broker.username.clone(),
        password: broker.password.clone(),
        jobs_queue: format!("{name}-jobs"),
        results_queue: format!("{name}-results"),
        job_events_exchange: format!("{name}-events"),
        job_control_exchange: format!("{name}-control"),
        connection_wait: PATIENCE,
        ..RabbitMqConfig::default()
    }
}

/// A queue whose connections are up.
pub(crate) async fn connected(config: RabbitMqConfig) -> RabbitMqQueue {
    let queue = RabbitMqQueue::new(config).expect("good names");
    up(&queue).await;
    queue
}

/// Waits until both connections are up.
pub(crate) async fn up(queue: &RabbitMqQueue) {
    let up = async {
        while queue.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, up).await.expect("a connection in time");
}

pub(crate) async fn next(consumer: &mut Box<dyn Consumer>) -> Delivery {
    timeout(PATIENCE, consumer.next()).await.expect("a delivery in time").expect("a delivery")
}

/// What an error and its causes say.
pub(crate) fn chain(err: &dyn Error) -> String {
    let causes = std::iter::successors(Some(err), |err: &&dyn Error| (*err).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Another client of the same broker, as the predecessor or an operator is.
pub(crate) struct Raw {
    channel: Channel,
    _connection: Connection,
}

impl Raw {
    pub(crate) async fn connect(config: &RabbitMqConfig) -> Self {
        let RabbitMqConfig { host, port, username, password, .. } = config;
        let uri = format!("amqp://{username}:{password}@{host}:{port}/%2f");
        let connection = Connection::connect(&uri, ConnectionProperties::default()).await.expect("connect");
        Self { channel: connection.create_channel().await.expect("a channel"), _connection: connection }
    }

    pub(crate) async fn declare_as_the_predecessor(&self, queue: &str) {
        let declared = self.channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), FieldTable::default());
        declared.await.expect("declare");
    }

    pub(crate) async fn declare_bounded(&self, queue: &str) {
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongInt(5));
        self.channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments).await.expect("declare");
    }

    /// Transient, unconfirmed, and with a header that is not text.
    pub(crate) async fn publish_as_the_predecessor(&self, queue: &str, body: &[u8]) {
        let mut headers = FieldTable::default();
        headers.insert("attempt".into(), AMQPValue::LongInt(3));
        let properties = BasicProperties::default().with_content_type("application/json".into()).with_headers(headers);
        let options = BasicPublishOptions::default();
        self.channel.basic_publish("".into(), queue.into(), options, body, properties).await.expect("publish");
    }

    pub(crate) async fn get(&self, queue: &str) -> BasicGetMessage {
        let message = self.channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await;
        message.expect("get").expect("a message")
    }

    /// What a consumer has just given back may still be on its way.
    pub(crate) async fn get_when_it_comes(&self, queue: &str) -> BasicGetMessage {
        let came = async {
            loop {
                let message = self.channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await;
                if let Some(message) = message.expect("get") {
                    return message;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, came).await.expect("a message in time")
    }

    pub(crate) async fn delete(&self, queue: &str) {
        self.channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.expect("delete");
    }

    pub(crate) async fn consumers(&self, queue: &str) -> u32 {
        let options = QueueDeclareOptions::durable().passive();
        let declared = self.channel.queue_declare(queue.into(), options, FieldTable::default()).await;
        declared.expect("declare").consumer_count()
    }
}
