//! Publishing with confirms.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::config::{Names, RabbitMqConfig};
use super::declare::QueueType;
use super::failure::{answered, exceeded_size_limit, unavailable};
use super::link::Link;
use super::wire;
use crate::{Message, Queue, QueueError};

/// How often one message is handed to the broker: once more when the connection broke or the queue had been deleted,
/// and once more when another message took the channel down with it. The first may have arrived: at least once.
const ATTEMPTS: u32 = 3;
/// How long after a nack the message is handed to the broker again, until the time for a connection is over. A nack says nothing of
/// the message: a quorum queue chooses its leader for some seconds, or a queue with a limit is full
/// ([negative acknowledgements](https://www.rabbitmq.com/docs/confirms#server-sent-nacks)).
const NACK_PAUSE: Duration = Duration::from_millis(200);

/// Publishes persistent messages on one channel that all callers share, so that their confirms overlap.
pub(super) struct Publisher {
    link: Arc<Link>,
    names: Names,
    queue_type: QueueType,
    connection_wait: Duration,
    confirm_timeout: Duration,
    channel: tokio::sync::Mutex<Option<Arc<ConfirmChannel>>>,
    /// The largest body the broker takes, once it has told us by closing a channel.
    size_limit: AtomicUsize,
}

impl Publisher {
    pub(super) fn new(link: Arc<Link>, config: &RabbitMqConfig, names: &Names) -> Self {
        Self {
            link,
            names: names.clone(),
            queue_type: config.queue_type,
            connection_wait: config.connection_wait,
            confirm_timeout: config.confirm_timeout,
            channel: tokio::sync::Mutex::new(None),
            size_limit: AtomicUsize::new(usize::MAX),
        }
    }

    pub(super) fn present(&self) -> Result<(), QueueError> {
        self.link.present("reach RabbitMQ").map(drop)
    }

    /// Returns once the broker has the message on disk.
    #[tracing::instrument(
        name = "queue.publish", level = "debug", skip_all,
        fields(queue.name = queue.default_name(), bytes = message.body.len())
    )]
    pub(super) async fn publish(&self, queue: Queue, message: Message) -> Result<(), QueueError> {
        let name = self.names.queue(queue);
        let action = format!("publish {} bytes to {name}", message.body.len());
        let refused = |reason: String| QueueError::Refused { action: action.clone(), reason };
        let id = Uuid::new_v4().to_string();
        let properties = wire::properties(&message.headers, &id).map_err(refused)?;
        let deadline = Instant::now() + self.connection_wait;
        let mut last = None;
        let mut attempts = 0;
        while attempts < ATTEMPTS {
            let limit = self.size_limit.load(Ordering::Relaxed);
            if message.body.len() > limit {
                return Err(refused(format!("the broker takes no more than {limit} bytes")));
            }
            let channel = self.channel(&action, deadline).await?;
            let published = channel.publish(name.clone(), &id, &message.body, properties.clone());
            match timeout(self.confirm_timeout, published).await {
                Ok(Ok(Outcome::Confirmed)) => return Ok(()),
                Ok(Ok(Outcome::Nacked)) => {
                    let nacked =
                        unavailable(&action, "the broker did not keep it: the queue is full or chooses its leader");
                    if Instant::now() + NACK_PAUSE >= deadline {
                        return Err(nacked);
                    }
                    last = Some(nacked);
                    sleep(NACK_PAUSE).await;
                    continue;
                }
                Ok(Ok(Outcome::Returned(reason))) => {
                    // Somebody deleted the queue. It is ours to declare, so the next attempt can find it again.
                    let declared = self.queue_type.declare(&channel.connection, &name);
                    answered(&action, self.connection_wait, declared).await?;
                    last = Some(refused(reason));
                }
                Ok(Err(err)) => {
                    if let Some(limit) = exceeded_size_limit(&err) {
                        self.size_limit.store(limit, Ordering::Relaxed);
                    }
                    last = Some(unavailable(&action, err));
                }
                Err(_elapsed) => {
                    // A broker that became short of something in between has said so.
                    self.link.present(&action)?;
                    let limit = self.confirm_timeout.as_secs();
                    return Err(unavailable(&action, format!("no confirm from the broker within {limit} s")));
                }
            }
            attempts += 1;
        }
        Err(last.unwrap_or_else(|| unavailable(&action, "no attempt was made")))
    }

    /// The channel in use, or a new one when its connection or the channel itself is gone.
    async fn channel(&self, action: &str, deadline: Instant) -> Result<Arc<ConfirmChannel>, QueueError> {
        let mut current = self.channel.lock().await;
        loop {
            let connection = self.link.connection_by(action, deadline).await?;
            if let Some(channel) = current.as_ref().filter(|channel| channel.serves(&connection)) {
                return Ok(Arc::clone(channel));
            }
            match answered(action, self.connection_wait, ConfirmChannel::open(&connection)).await {
                Ok(channel) => return Ok(Arc::clone(current.insert(Arc::new(channel)))),
                Err(err) if Instant::now() >= deadline || connection.status().connected() => return Err(err),
                // Lost before its supervisor saw it.
                Err(_) => self.link.replaced(&connection, deadline).await,
            }
        }
    }
}

enum Outcome {
    Confirmed,
    Nacked,
    Returned(String),
}

/// A channel in confirm mode.
struct ConfirmChannel {
    connection: Arc<Connection>,
    channel: Channel,
    /// Held while a message is numbered and queued. lapin does these two one after the other, so two callers could
    /// queue in the other order than they were numbered, and each would take the other's confirm for its own.
    in_order: Mutex<()>,
    /// Messages that came back because no queue took them. lapin hands a returned message to whichever confirm comes
    /// next, so whoever gets one leaves its id here for the publisher it belongs to.
    returned: Mutex<HashSet<String>>,
}

impl ConfirmChannel {
    async fn open(connection: &Arc<Connection>) -> lapin::Result<Self> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let (in_order, returned) = (Mutex::default(), Mutex::default());
        Ok(Self { connection: Arc::clone(connection), channel, in_order, returned })
    }

    fn serves(&self, connection: &Arc<Connection>) -> bool {
        Arc::ptr_eq(&self.connection, connection) && self.channel.status().connected()
    }

    async fn publish(
        &self,
        queue: ShortString,
        id: &str,
        body: &[u8],
        properties: BasicProperties,
    ) -> lapin::Result<Outcome> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirm = {
            let mut sent = pin!(self.channel.basic_publish(ShortString::default(), queue, options, body, properties));
            poll_fn(|context| {
                let _numbered_and_queued = self.in_order.lock().unwrap_or_else(PoisonError::into_inner);
                sent.as_mut().poll(context)
            })
            .await?
        };
        let confirmation = confirm.await?;
        let nacked = confirmation.is_nack();
        let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message)) = confirmation {
            returned.extend(message.properties.message_id().as_ref().map(ToString::to_string));
        }
        Ok(if returned.remove(id) {
            Outcome::Returned("no such queue".to_owned())
        } else if nacked {
            Outcome::Nacked
        } else {
            Outcome::Confirmed
        })
    }
}
