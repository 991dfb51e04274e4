//! Declaring the two queues, and what type they have.

use lapin::Connection;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};

/// What kind of queue carries jobs and results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueType {
    /// A [classic queue](https://www.rabbitmq.com/docs/classic-queues), as the predecessor declares it: on one node, and away
    /// with that node until the node is back.
    #[default]
    Classic,
    /// A [quorum queue](https://www.rabbitmq.com/docs/quorum-queues), for clusters: on several nodes, and there while most of
    /// them are.
    Quorum,
}

impl QueueType {
    /// Returns the broker's word for the type.
    pub fn as_str(self) -> &'static str {
        match self {
            QueueType::Classic => "classic",
            QueueType::Quorum => "quorum",
        }
    }

    /// Declares a queue of this type, on a channel of its own: a refused declaration closes its channel.
    ///
    /// What is declared must be what is there, to the last argument. Classic queues are declared exactly as the predecessor
    /// does. Quorum queues are declared without `x-delivery-limit`: -1, which lifts the limit of RabbitMQ 4, makes RabbitMQ 3
    /// drop a message the second time that it is delivered. `renewal` lives with any limit.
    pub(super) async fn declare(self, connection: &Connection, name: &ShortString) -> lapin::Result<()> {
        let mut arguments = FieldTable::default();
        if self == QueueType::Quorum {
            arguments.insert("x-queue-type".into(), AMQPValue::LongString(self.as_str().into()));
        }
        let channel = connection.create_channel().await?;
        channel.queue_declare(name.clone(), QueueDeclareOptions::durable(), arguments).await.map(drop)
    }
}
