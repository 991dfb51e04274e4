//! A durable queue in one SQLite file, for a system that is a single process.
//!
//! One thread (`owner`) owns the file and decides who gets what, so there is nothing to lock and an order to everything.
//! It takes whatever commands wait, commits them together, and answers only then: a published message survives a power
//! cut, and many publishers share one flush. Deliveries are marked in the same commit that hands them out; what was
//! unsettled when the process died comes back as redelivered. Marks and acknowledgements survive the process, but wait
//! for the next flush: a power cut may deliver a message once more.

mod file;
mod lock;
mod owner;
mod questions;

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{broadcast, mpsc as async_mpsc, oneshot};

use crate::{
    Consumer, Delivery, JobQueue, Message, Questions, Queue, QueueError, Requeue, Settle, Subscription, Topic,
};
use file::QueueFile;
pub use lock::InUse;
use lock::{Lock, LockError};
use owner::{Command, ConsumerId, Done, Handed, Owner};
use questions::Questioning;

/// The largest body, as on a RabbitMQ with its older default.
const MAX_BODY: usize = 128 * 1024 * 1024;
/// How many broadcasts wait for a slow subscriber; the oldest make room.
const BACKLOG: usize = 4096;

/// A queue in a file. Clones share it; the file is free again when the last clone, consumer and delivery are gone.
#[derive(Clone)]
pub struct EmbeddedQueue {
    shared: Arc<Shared>,
}

struct Shared {
    /// None only while dropping.
    commands: Option<mpsc::Sender<Command>>,
    owner: Option<JoinHandle<()>>,
    next_consumer: AtomicU64,
    events: broadcast::Sender<Arc<[u8]>>,
    control: broadcast::Sender<Arc<[u8]>>,
    heartbeats: broadcast::Sender<Arc<[u8]>>,
    questions: Questioning,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The owner ends when nobody can send to it. Waiting for that takes one commit at most, and whoever opens the
        // file again next finds it unlocked.
        self.commands = None;
        if let Some(owner) = self.owner.take() {
            let _ = owner.join();
        }
    }
}

impl EmbeddedQueue {
    /// Opens or creates the file. Fails when it is open already; the source of the error is [`InUse`] then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, QueueError> {
        let path = path.as_ref();
        let action = || format!("open the queue in {}", path.display());
        let lock = Lock::take(path).map_err(|err| match err {
            LockError::InUse(in_use) => unavailable(action(), in_use),
            err @ LockError::Io { .. } => unavailable(action(), err),
        })?;
        let file = QueueFile::open(path).map_err(|err| unavailable(action(), err))?;
        let owner = Owner::load(file).map_err(|err| unavailable(action(), err))?;
        Self::start(owner, Some(lock)).map_err(|err| unavailable(action(), err))
    }

    fn start(owner: Owner, lock: Option<Lock>) -> std::io::Result<Self> {
        let (commands, inbox) = mpsc::channel();
        let run = move || {
            owner.run(&inbox);
            drop(lock);
        };
        let thread = std::thread::Builder::new().name("embedded-queue".to_owned()).spawn(run)?;
        let shared = Shared {
            commands: Some(commands),
            owner: Some(thread),
            next_consumer: AtomicU64::new(1),
            events: broadcast::Sender::new(BACKLOG),
            control: broadcast::Sender::new(BACKLOG),
            heartbeats: broadcast::Sender::new(BACKLOG),
            questions: Questioning::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Shared {
    /// Asks the owner and waits for its answer.
    async fn ask<T>(&self, action: &str, command: impl FnOnce(Done<T>) -> Command) -> Result<T, QueueError> {
        let (done, answer) = oneshot::channel();
        self.tell(command(done));
        match answer.await {
            Ok(result) => result.map_err(|err| unavailable(action, err)),
            Err(_dropped) => Err(unavailable(action, "the queue's thread has ended")),
        }
    }

    /// Tells the owner. One that has ended drops the command, and with it the way to answer.
    fn tell(&self, command: Command) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
    }

    fn topic(&self, topic: Topic) -> &broadcast::Sender<Arc<[u8]>> {
        match topic {
            Topic::JobEvents => &self.events,
            Topic::JobControl => &self.control,
            Topic::Heartbeats => &self.heartbeats,
        }
    }
}

#[async_trait]
impl JobQueue for EmbeddedQueue {
    async fn ping(&self) -> Result<(), QueueError> {
        self.shared.ask("reach the queue's file", |done| Command::Ping { done }).await
    }

    #[tracing::instrument(
        name = "queue.publish", level = "debug", skip_all,
        fields(queue.name = queue.default_name(), bytes = message.body.len())
    )]
    async fn publish(&self, queue: Queue, message: Message) -> Result<(), QueueError> {
        let action = format!("publish {} bytes to {}", message.body.len(), queue.default_name());
        if message.body.len() > MAX_BODY {
            return Err(QueueError::Refused { action, reason: format!("more than {MAX_BODY} bytes") });
        }
        self.shared.ask(&action, |done| Command::Publish { queue, message, done }).await
    }

    async fn consume(&self, queue: Queue, prefetch: NonZeroU16) -> Result<Box<dyn Consumer>, QueueError> {
        let (sender, deliveries) = async_mpsc::unbounded_channel();
        let id = ConsumerId(self.shared.next_consumer.fetch_add(1, Ordering::Relaxed));
        // Made before the owner knows of it: a caller that gives up here takes its registration back all the same.
        let consumer = EmbeddedConsumer { shared: Arc::clone(&self.shared), id, queue, deliveries };
        let action = format!("consume from {}", queue.default_name());
        self.shared.ask(&action, |done| Command::Consume { queue, id, prefetch, sender, done }).await?;
        Ok(Box::new(consumer))
    }

    async fn take(&self, queue: Queue) -> Result<Option<(Delivery, Box<dyn Consumer>)>, QueueError> {
        let (_, deliveries) = async_mpsc::unbounded_channel();
        let id = ConsumerId(self.shared.next_consumer.fetch_add(1, Ordering::Relaxed));
        // Made before the owner knows of it: a caller that gives up here gives the message back all the same.
        let consumer = EmbeddedConsumer { shared: Arc::clone(&self.shared), id, queue, deliveries };
        let action = format!("take a message from {}", queue.default_name());
        let handed = self.shared.ask(&action, |done| Command::Take { queue, id, done }).await?;
        Ok(handed.map(|handed| (consumer.delivery(handed), Box::new(consumer) as Box<dyn Consumer>)))
    }

    async fn depth(&self, queue: Queue) -> Result<u64, QueueError> {
        let action = format!("count the messages of {}", queue.default_name());
        self.shared.ask(&action, |done| Command::Depth { queue, done }).await
    }

    fn broadcast(&self, topic: Topic, body: Vec<u8>) {
        // Fails when nobody listens, which is not a failure.
        let _ = self.shared.topic(topic).send(body.into());
    }

    async fn broadcasts_sent(&self) {}

    async fn subscribe(&self, topic: Topic) -> Result<Box<dyn Subscription>, QueueError> {
        let bodies = self.shared.topic(topic).subscribe();
        Ok(Box::new(EmbeddedSubscription { bodies, topic, _shared: Arc::clone(&self.shared) }))
    }

    async fn ask(&self, question: Vec<u8>, limit: Duration) -> Result<Option<Vec<u8>>, QueueError> {
        Ok(self.shared.questions.ask(question, limit).await)
    }

    async fn answer_questions(&self) -> Result<Box<dyn Questions>, QueueError> {
        Ok(Box::new(self.shared.questions.answerer()))
    }
}

struct EmbeddedConsumer {
    shared: Arc<Shared>,
    id: ConsumerId,
    queue: Queue,
    deliveries: async_mpsc::UnboundedReceiver<Handed>,
}

impl Drop for EmbeddedConsumer {
    fn drop(&mut self) {
        self.shared.tell(Command::Leave { id: self.id });
    }
}

impl EmbeddedConsumer {
    fn delivery(&self, handed: Handed) -> Delivery {
        let settle = EmbeddedSettle { shared: Arc::clone(&self.shared), consumer: self.id, message: handed.id };
        Delivery::new(handed.message, handed.redelivered, Box::new(settle))
    }
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        let Some(handed) = self.deliveries.recv().await else {
            return Err(QueueError::Ended { queue: self.queue.default_name() });
        };
        Ok(self.delivery(handed))
    }

    async fn cancel(&mut self) -> Result<(), QueueError> {
        let action = format!("stop consuming from {}", self.queue.default_name());
        let id = self.id;
        self.shared.ask(&action, |done| Command::Cancel { id, done }).await
    }
}

struct EmbeddedSettle {
    shared: Arc<Shared>,
    consumer: ConsumerId,
    message: i64,
}

impl EmbeddedSettle {
    async fn settle(&self, action: &str, requeue: Requeue) -> Result<(), QueueError> {
        let (consumer, message) = (self.consumer, self.message);
        let settled = self.shared.ask(action, |done| Command::Settle { consumer, message, requeue, done }).await?;
        if settled { Ok(()) } else { Err(unavailable(action, "its consumer is gone: the message went back")) }
    }
}

#[async_trait]
impl Settle for EmbeddedSettle {
    async fn ack(self: Box<Self>) -> Result<(), QueueError> {
        self.settle("acknowledge a delivery", Requeue::No).await
    }

    async fn nack(self: Box<Self>, requeue: Requeue) -> Result<(), QueueError> {
        self.settle("nack a delivery", requeue).await
    }
}

struct EmbeddedSubscription {
    bodies: broadcast::Receiver<Arc<[u8]>>,
    topic: Topic,
    _shared: Arc<Shared>,
}

#[async_trait]
impl Subscription for EmbeddedSubscription {
    async fn next(&mut self) -> Result<Vec<u8>, QueueError> {
        loop {
            match self.bodies.recv().await {
                Ok(body) => return Ok(body.to_vec()),
                Err(broadcast::error::RecvError::Lagged(count)) => {
                    tracing::debug!(
                        topic = self.topic.default_name(),
                        count,
                        "broadcasts were lost to a slow listener"
                    );
                }
                Err(broadcast::error::RecvError::Closed) => {
                    return Err(QueueError::Ended { queue: self.topic.default_name() });
                }
            }
        }
    }
}

fn unavailable(action: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> QueueError {
    QueueError::Unavailable { action: action.into(), source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_fails_the_publish_and_ends_the_consumers_but_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = QueueFile::open(&directory.path().join("queue.sqlite")).unwrap();
        file.limit_size().unwrap();
        let queue = EmbeddedQueue::start(Owner::load(file).unwrap(), None).unwrap();
        queue.publish(Queue::Jobs, Message::new(b"small".to_vec())).await.unwrap();
        let mut jobs = queue.consume(Queue::Jobs, NonZeroU16::MIN).await.unwrap();
        let held = jobs.next().await.unwrap();

        let too_much = queue.publish(Queue::Jobs, Message::new(vec![0; 1_000_000])).await;

        assert!(matches!(too_much, Err(QueueError::Unavailable { .. })), "{too_much:?}");
        assert!(matches!(jobs.next().await, Err(QueueError::Ended { .. })));
        assert!(held.ack().await.is_err());
        let mut jobs = queue.consume(Queue::Jobs, NonZeroU16::MIN).await.unwrap();
        let again = jobs.next().await.unwrap();
        assert!(again.redelivered);
        again.ack().await.unwrap();
        assert_eq!(queue.depth(Queue::Jobs).await.unwrap(), 0);
    }
}
