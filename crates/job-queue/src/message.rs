//! What travels, and where.

use std::collections::BTreeMap;

use job_model::Priority;

/// The durable queues. The names of the first two on the broker are configuration, and the predecessor's by default. The other
/// two are named after that of jobs, and are made by the first message in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Jobs, from gateways to executors: `puppet-master-jobs`.
    Jobs,
    /// Results, from executors to gateways: `puppet-master-job-results`.
    JobResults,
    /// Jobs that begin before others: `puppet-master-jobs-high`.
    JobsHigh,
    /// Jobs that begin when no others wait, as a rule: `puppet-master-jobs-low`.
    JobsLow,
}

impl Queue {
    /// All of them.
    pub const ALL: [Queue; 4] = [Queue::Jobs, Queue::JobResults, Queue::JobsHigh, Queue::JobsLow];

    /// Returns the queue of jobs of a priority.
    pub const fn of_jobs(priority: Priority) -> Self {
        match priority {
            Priority::High => Queue::JobsHigh,
            Priority::Normal => Queue::Jobs,
            Priority::Low => Queue::JobsLow,
        }
    }

    /// What its name has behind that of the queue of jobs.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Queue::Jobs | Queue::JobResults => "",
            Queue::JobsHigh => "-high",
            Queue::JobsLow => "-low",
        }
    }

    /// Returns the predecessor's name of the queue.
    pub const fn default_name(self) -> &'static str {
        match self {
            Queue::Jobs => "puppet-master-jobs",
            Queue::JobResults => "puppet-master-job-results",
            Queue::JobsHigh => "puppet-master-jobs-high",
            Queue::JobsLow => "puppet-master-jobs-low",
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
    /// Returns the topic's name on the broker.
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
    /// Makes a message without headers.
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
