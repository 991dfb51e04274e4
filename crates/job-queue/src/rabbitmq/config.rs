//! Where the broker is and what things are called there.

use std::sync::Arc;
use std::time::Duration;

use lapin::types::ShortString;
use tokio_rustls::rustls::ClientConfig;

use super::declare::QueueType;
use super::failure::unavailable;
use crate::{Queue, QueueError, Topic};

/// Where the broker is, who we are there, and the names of queues and exchanges. `Debug` leaves the password out.
#[derive(Clone)]
pub struct RabbitMqConfig {
    /// Host name or address; each address behind a name is tried.
    pub host: String,
    /// Port, 5672 by default.
    pub port: u16,
    /// The other nodes, when the broker is a cluster. Each connection begins with one of all nodes at random and goes to
    /// another one when that is lost.
    pub other_nodes: Vec<Node>,
    /// What kind of queue is declared for jobs and results.
    pub queue_type: QueueType,
    /// Whom TLS (amqps) with the broker believes; as text when absent.
    pub tls: Option<Arc<ClientConfig>>,
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Virtual host.
    pub vhost: String,
    /// Name of [`Queue::Jobs`] on the broker. The exchange of [`Topic::Heartbeats`] and the queue of questions are named
    /// after it.
    pub jobs_queue: String,
    /// Name of [`Queue::JobResults`] on the broker.
    pub results_queue: String,
    /// Name of the fanout exchange of [`Topic::JobEvents`].
    pub job_events_exchange: String,
    /// Name of the fanout exchange of [`Topic::JobControl`].
    pub job_control_exchange: String,
    /// Tag of consumers of [`Queue::JobResults`], the predecessor's by default. Tags are per channel: every gateway may
    /// use the same. Consumers of jobs let the broker choose.
    pub results_consumer_tag: String,
    /// What the broker's management page calls our connections.
    pub connection_name: String,
    /// Interval of heartbeats offered to the broker, in whole seconds; a silence of two means the connection is lost.
    pub heartbeat: Duration,
    /// How long one attempt to connect may take.
    pub connect_timeout: Duration,
    /// How long a caller waits for a connection (or for a blocked broker) before it meets an error.
    pub connection_wait: Duration,
    /// How long a publish waits for the broker's confirm.
    pub confirm_timeout: Duration,
    /// How long a delivery may stay unsettled, where the broker lets consumers ask.
    pub ack_timeout: Duration,
}

/// A node of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl RabbitMqConfig {
    /// All nodes, at least one.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        let first = Node { host: self.host.clone(), port: self.port };
        std::iter::once(first).chain(self.other_nodes.iter().cloned())
    }
}

impl Default for RabbitMqConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 5672,
            other_nodes: Vec::new(),
            queue_type: QueueType::Classic,
            tls: None,
            username: "guest".to_owned(),
            password: "guest".to_owned(),
            vhost: "/".to_owned(),
            jobs_queue: Queue::Jobs.default_name().to_owned(),
            results_queue: Queue::JobResults.default_name().to_owned(),
            job_events_exchange: Topic::JobEvents.default_name().to_owned(),
            job_control_exchange: Topic::JobControl.default_name().to_owned(),
            results_consumer_tag: "coordinator".to_owned(),
            connection_name: "puppet-master".to_owned(),
            heartbeat: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            connection_wait: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(30),
            ack_timeout: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl std::fmt::Debug for RabbitMqConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitMqConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("other_nodes", &self.other_nodes)
            .field("queue_type", &self.queue_type)
            .field("username", &self.username)
            .field("vhost", &self.vhost)
            .field("jobs_queue", &self.jobs_queue)
            .field("results_queue", &self.results_queue)
            .finish_non_exhaustive()
    }
}

/// The configured names in AMQP's form, which is at most 255 bytes long.
#[derive(Clone)]
pub(super) struct Names {
    jobs: ShortString,
    jobs_high: ShortString,
    jobs_low: ShortString,
    results: ShortString,
    events: ShortString,
    control: ShortString,
    heartbeats: ShortString,
    questions: ShortString,
    results_tag: ShortString,
}

impl Names {
    pub(super) fn of(config: &RabbitMqConfig) -> Result<Self, QueueError> {
        Ok(Self {
            jobs: short(&config.jobs_queue)?,
            jobs_high: short(&format!("{}{}", config.jobs_queue, Queue::JobsHigh.ending()))?,
            jobs_low: short(&format!("{}{}", config.jobs_queue, Queue::JobsLow.ending()))?,
            results: short(&config.results_queue)?,
            events: short(&config.job_events_exchange)?,
            control: short(&config.job_control_exchange)?,
            // Of those who share the queue of jobs, and of nobody else.
            heartbeats: short(&format!("{}-heartbeats", config.jobs_queue))?,
            questions: short(&format!("{}-questions", config.jobs_queue))?,
            results_tag: short(&config.results_consumer_tag)?,
        })
    }

    /// Those that are declared with each connection. The others are by the first message for them: where nobody gives jobs a
    /// priority there are none.
    pub(super) fn queues(&self) -> [ShortString; 2] {
        [self.jobs.clone(), self.results.clone()]
    }

    pub(super) fn queue(&self, queue: Queue) -> ShortString {
        match queue {
            Queue::Jobs => self.jobs.clone(),
            Queue::JobResults => self.results.clone(),
            Queue::JobsHigh => self.jobs_high.clone(),
            Queue::JobsLow => self.jobs_low.clone(),
        }
    }

    pub(super) fn consumer_tag(&self, queue: Queue) -> ShortString {
        match queue {
            Queue::Jobs | Queue::JobsHigh | Queue::JobsLow => ShortString::default(),
            Queue::JobResults => self.results_tag.clone(),
        }
    }

    pub(super) fn exchange(&self, topic: Topic) -> ShortString {
        match topic {
            Topic::JobEvents => self.events.clone(),
            Topic::JobControl => self.control.clone(),
            Topic::Heartbeats => self.heartbeats.clone(),
        }
    }

    /// The queue of questions. It lives as long as somebody answers.
    pub(super) fn questions(&self) -> ShortString {
        self.questions.clone()
    }
}

fn short(name: &str) -> Result<ShortString, QueueError> {
    ShortString::try_new(name).map_err(|err| unavailable(format!("use {name:?} as a name on RabbitMQ"), err))
}
