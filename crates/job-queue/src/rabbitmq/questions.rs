//! Questions to whoever answers them, over a queue that lives as long as somebody does, with RabbitMQ's
//! [direct reply-to](https://www.rabbitmq.com/docs/direct-reply-to) for the answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::Broker;
use super::failure::{answered, unavailable};
use crate::{Question, Questions, QueueError};

/// The pseudo-queue that brings answers back to the channel that asked.
const REPLIES: &str = "amq.rabbitmq.reply-to";
/// How long a question may lie in its queue, in milliseconds: nobody waits for its answer any longer.
const KEPT: i32 = 10_000;
/// How many questions are on their way to one who answers.
const PREFETCH: u16 = 64;
/// How long an answer of the broker may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The asking half: one channel that all callers share.
#[derive(Default)]
pub(super) struct Asker {
    channel: tokio::sync::Mutex<Option<Arc<AskChannel>>>,
}

/// Who waits for which answer. An answer of `None`: there is nobody who answers.
type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<Option<Vec<u8>>>>>>;

/// A channel that asks, with the task that hands out what comes back.
struct AskChannel {
    connection: Arc<Connection>,
    channel: Channel,
    waiting: Waiting,
    _replies: AbortOnDropHandle<()>,
}

/// One question's place among the waiting ones, given up when dropped.
struct Place<'a> {
    waiting: &'a Waiting,
    id: String,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(self.waiting).remove(&self.id);
    }
}

impl Asker {
    /// Asks and waits for the answer.
    pub(super) async fn ask(
        &self,
        broker: &Broker,
        question: &[u8],
        limit: Duration,
    ) -> Result<Option<Vec<u8>>, QueueError> {
        let action = "ask a gateway";
        let deadline = Instant::now() + limit;
        // A connection that is lost for so long is an error; a silent gateway is not.
        let connection = broker.consuming.connection_by(action, deadline).await?;
        let asked = self.try_ask(broker, action, connection, question);
        timeout_at(deadline, asked).await.unwrap_or(Ok(None))
    }

    async fn try_ask(
        &self,
        broker: &Broker,
        action: &str,
        connection: Arc<Connection>,
        question: &[u8],
    ) -> Result<Option<Vec<u8>>, QueueError> {
        let asking = self.channel(action, connection).await?;
        let id = Uuid::new_v4().to_string();
        let (sender, answer) = oneshot::channel();
        lock(&asking.waiting).insert(id.clone(), sender);
        let place = Place { waiting: &asking.waiting, id };
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_reply_to(REPLIES.into())
            .with_correlation_id(place.id.as_str().into())
            .with_expiration(KEPT.to_string().into());
        // Without anybody who answers there is no such queue, and the broker gives the question back.
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let queue = broker.names.questions();
        let sent = asking.channel.basic_publish(ShortString::default(), queue, options, question, properties).await;
        let confirm = sent.map_err(|err| unavailable(action, err))?;
        let waiting = Arc::clone(&asking.waiting);
        // Beside the answer, which may be first.
        let _returned = AbortOnDropHandle::new(tokio::spawn(async move {
            if let Ok(Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message))) = confirm.await
                && let Some(id) = message.properties.correlation_id()
                && let Some(asked) = lock(&waiting).remove(id.as_str())
            {
                let _ = asked.send(None);
            }
        }));
        answer.await.map_err(|_| unavailable(action, "the channel was closed"))
    }

    async fn channel(&self, action: &str, connection: Arc<Connection>) -> Result<Arc<AskChannel>, QueueError> {
        let mut current = self.channel.lock().await;
        if let Some(asking) = current.as_ref()
            && Arc::ptr_eq(&asking.connection, &connection)
            && asking.channel.status().connected()
        {
            return Ok(Arc::clone(asking));
        }
        let asking = answered(action, ANSWER_LIMIT, AskChannel::open(connection)).await?;
        Ok(Arc::clone(current.insert(Arc::new(asking))))
    }
}

impl AskChannel {
    async fn open(connection: Arc<Connection>) -> lapin::Result<Self> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let mut replies =
            channel.basic_consume(REPLIES.into(), ShortString::default(), options, FieldTable::default()).await?;
        let waiting = Waiting::default();
        let asked = Arc::clone(&waiting);
        let task = tokio::spawn(async move {
            while let Some(Ok(reply)) = replies.next().await {
                let id = reply.properties.correlation_id().as_ref().map(ToString::to_string).unwrap_or_default();
                if let Some(asked) = lock(&asked).remove(&id) {
                    let _ = asked.send(Some(reply.data));
                }
            }
            // Whoever still waits hears that the channel is gone.
            lock(&asked).clear();
        });
        Ok(Self { connection, channel, waiting, _replies: AbortOnDropHandle::new(task) })
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Option<Vec<u8>>>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to take questions on a channel of its own.
pub(super) async fn answer(broker: &Arc<Broker>) -> Result<AmqpQuestions, QueueError> {
    let name = broker.names.questions();
    let action = format!("answer questions from {name}");
    let channel = broker.consuming.channel(&action).await?;
    let begun = async {
        let mut arguments = FieldTable::default();
        arguments.insert("x-message-ttl".into(), AMQPValue::LongInt(KEPT));
        // Durable, though nothing in it is: newer brokers know no other shared queues.
        let options = QueueDeclareOptions { durable: true, auto_delete: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.clone(), options, arguments).await?;
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        channel.basic_consume(name, ShortString::default(), options, FieldTable::default()).await
    };
    let questions = answered(&action, ANSWER_LIMIT, begun).await?;
    Ok(AmqpQuestions { questions: Some(questions), channel, action, _broker: Arc::clone(broker) })
}

/// Questions on a channel of their own, which answers too.
pub(super) struct AmqpQuestions {
    /// None once it is over.
    questions: Option<lapin::Consumer>,
    channel: Channel,
    action: String,
    _broker: Arc<Broker>,
}

#[async_trait]
impl Questions for AmqpQuestions {
    async fn next(&mut self) -> Result<Question, QueueError> {
        let ended = QueueError::Ended { queue: "the questions" };
        let Some(questions) = self.questions.as_mut() else { return Err(ended) };
        match questions.next().await {
            Some(Ok(delivery)) => {
                let channel = self.channel.clone();
                let (reply_to, id) =
                    (delivery.properties.reply_to().clone(), delivery.properties.correlation_id().clone());
                Ok(Question::new(delivery.data, move |body| {
                    let Some(reply_to) = reply_to else { return };
                    tokio::spawn(async move {
                        let properties = BasicProperties::default().with_correlation_id(id.unwrap_or_default());
                        let options = BasicPublishOptions::default();
                        let _ =
                            channel.basic_publish(ShortString::default(), reply_to, options, &body, properties).await;
                    });
                }))
            }
            Some(Err(err)) => {
                self.questions = None;
                Err(unavailable(self.action.clone(), err))
            }
            None => {
                self.questions = None;
                Err(ended)
            }
        }
    }
}
