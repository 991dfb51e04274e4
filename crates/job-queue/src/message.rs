//! What travels, and where.

use std::collections::BTreeMap;

/// The two durable queues. Their names on the broker are configuration; the default is the predecessor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Jobs, from gateways to executors: `puppet-master-jobs`.
    Jobs,
    /// Results, from executors to gateways: `puppet-master-job-results`.
    JobResults,
}

impl Queue {
    /// The predecessor's name of the queue.
    pub const fn default_name(self) -> &'static str {
        match self {
            Queue::Jobs => "puppet-master-jobs",
            Queue::JobResults => "puppet-master-job-results",
        }
    }
}

/// What can be broadcast: heard by whoever listens now, kept for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Status changes and log lines of running jobs, from executors and gateways to gateways.
    JobEvents,
    /// Orders to executors: cancel a job.
    JobControl,
    /// What executors tell of themselves at short intervals, to gateways.
    Heartbeats,
}

impl Topic {
    /// The topic's name on the broker.
    pub const fn default_name(self) -> &'static str {
        match self {
            Topic::JobEvents => "puppet-master-job-events",
            Topic::JobControl => "puppet-master-job-control",
            Topic::Heartbeats => "puppet-master-jobs-heartbeats",
        }
    }
}

/// A body of JSON with text headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The JSON text. Kept as bytes: what a foreign sender put there is not known to be JSON, or text.
    pub body: Vec<u8>,
    /// Application headers. A header of another type than text arrives as its text.
    pub headers: BTreeMap<String, String>,
}

impl Message {
    /// A message without headers.
    pub fn new(body: Vec<u8>) -> Self {
        Self { body, headers: BTreeMap::new() }
    }
}

/// Whether a message that was not dealt with goes back to its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeue {
    /// Deliver it again, to anybody.
    Yes,
    /// Drop it; the broker dead-letters it where configured.
    No,
}
