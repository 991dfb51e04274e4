//! How jobs and results travel between gateways and executors.
//!
//! [`JobQueue`] is one of the project's two trait seams: [`rabbitmq`] speaks AMQP to the predecessor's queues,
//! `embedded` is a durable queue in one SQLite file for a system that is a single process. Both deliver at least once:
//! what is unsettled when its consumer drops comes back. Every promise of this module is a test in [`contract`].
//! `embedded` is behind the feature of that name, so that SQLite is no part of the services.

pub mod contract;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
pub mod message;
pub mod rabbitmq;

use std::num::NonZeroU16;
use std::time::Duration;

use async_trait::async_trait;

pub use error::QueueError;
pub use message::{Message, Queue, Requeue, Topic};

/// Carries messages. Every method may be called from many tasks at once, and waits out a lost connection by itself up
/// to a bound of its own: callers meet an error only when waiting longer is theirs to decide.
#[async_trait]
pub trait JobQueue: Send + Sync + 'static {
    /// Whether the queue can be used now. The one method that does not wait for a lost connection to come back.
    async fn ping(&self) -> Result<(), QueueError>;

    /// Puts a message at the end of a queue. Returns once it is durable there (a publisher confirm in RabbitMQ).
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), QueueError>;

    /// Begins to take messages off a queue, at most `prefetch` of them unsettled at a time.
    async fn consume(&self, queue: Queue, prefetch: NonZeroU16) -> Result<Box<dyn Consumer>, QueueError>;

    /// Takes the first message off a queue, if one waits, with the consumer that it is settled on and that brings no other.
    async fn take(&self, queue: Queue) -> Result<Option<(Delivery, Box<dyn Consumer>)>, QueueError>;

    /// How many messages wait in a queue, unsettled deliveries not counted. None in a queue that nobody has put one in yet.
    async fn depth(&self, queue: Queue) -> Result<u64, QueueError>;

    /// Tells every present subscriber of a topic, soon and in the order of the calls. Never waits and never fails: nobody
    /// there, a lost connection, or too many broadcasts in front of a slow broker lose the message.
    fn broadcast(&self, topic: Topic, body: Vec<u8>);

    /// Returns when everything broadcast before has left this process or is lost, within a second.
    async fn broadcasts_sent(&self);

    /// Begins to listen to a topic. What was broadcast before is not heard.
    async fn subscribe(&self, topic: Topic) -> Result<Box<dyn Subscription>, QueueError>;

    /// Asks whoever answers questions; one of them does. `None` when nobody answers questions, which is known at once, or
    /// nobody answered this one within `limit`.
    async fn ask(&self, question: Vec<u8>, limit: Duration) -> Result<Option<Vec<u8>>, QueueError>;

    /// Begins to answer questions, beside others who do.
    async fn answer_questions(&self) -> Result<Box<dyn Questions>, QueueError>;
}

/// A flow of questions. Those that were not answered when it drops are lost: whoever asked gets `None`.
#[async_trait]
pub trait Questions: Send {
    /// The next question. After an error the flow is over: answer anew.
    async fn next(&mut self) -> Result<Question, QueueError>;
}

/// A question that waits for its answer.
pub struct Question {
    /// What is asked.
    pub body: Vec<u8>,
    reply: Box<dyn FnOnce(Vec<u8>) + Send>,
}

impl Question {
    /// Joins a question and how to reply to it, for implementations.
    pub fn new(body: Vec<u8>, reply: impl FnOnce(Vec<u8>) + Send + 'static) -> Self {
        Self { body, reply: Box::new(reply) }
    }

    /// Replies. Best effort: whoever asked may have given up.
    pub fn answer(self, body: Vec<u8>) {
        (self.reply)(body);
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// A flow of deliveries. Dropping it gives everything unsettled back to the queue.
#[async_trait]
pub trait Consumer: Send {
    /// The next delivery. After an error (a lost connection) the consumer is over: consume again.
    async fn next(&mut self) -> Result<Delivery, QueueError>;

    /// Takes no more deliveries. What has come until then is still to be had from [`next`](Self::next), which ends after
    /// it, and everything unsettled can be settled: until the consumer drops it is not given back.
    async fn cancel(&mut self) -> Result<(), QueueError>;
}

/// A flow of broadcasts.
#[async_trait]
pub trait Subscription: Send {
    /// The next body. After an error the subscription is over: subscribe again.
    async fn next(&mut self) -> Result<Vec<u8>, QueueError>;
}

/// A message taken off a queue, to be settled exactly once. Dropped unsettled, it comes back when its consumer drops.
pub struct Delivery {
    /// What was published.
    pub message: Message,
    /// Whether the message may have been delivered before.
    pub redelivered: bool,
    settle: Box<dyn Settle>,
}

/// The settling half of a [`Delivery`], which each implementation brings.
#[async_trait]
pub trait Settle: Send {
    /// Tells the queue that the message is dealt with.
    async fn ack(self: Box<Self>) -> Result<(), QueueError>;
    /// Gives the message back, or drops it (dead-lettered where configured).
    async fn nack(self: Box<Self>, requeue: Requeue) -> Result<(), QueueError>;
}

impl Delivery {
    /// Joins a delivery and how to settle it, for implementations.
    pub fn new(message: Message, redelivered: bool, settle: Box<dyn Settle>) -> Self {
        Self { message, redelivered, settle }
    }

    /// Tells the queue that the message is dealt with. Acknowledge last.
    pub async fn ack(self) -> Result<(), QueueError> {
        self.settle.ack().await
    }

    /// Gives the message back, or drops it (dead-lettered where configured).
    pub async fn nack(self, requeue: Requeue) -> Result<(), QueueError> {
        self.settle.nack(requeue).await
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("bytes", &self.message.body.len())
            .field("redelivered", &self.redelivered)
            .finish()
    }
}
