//! What an executor asks a gateway before it begins a job of which it cannot know by itself whether somebody wants it.

use serde::{Deserialize, Serialize};

use crate::{InstanceId, JobId, Timestamp};

/// A question about one delivery of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobQuestion {
    /// The job.
    pub uuid: JobId,
    /// Its instance, when the message says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// When the job was created, when the message says: tells instances apart where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The attempt that the message stands for, counted from 1.
    pub attempt: u32,
}

/// The answer to a [`JobQuestion`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAnswer {
    /// Whether the job is to run: its document is there, is of this instance, and is not done.
    pub wanted: bool,
    /// Whether an executor began this attempt or a later one. `None` when the gateway cannot vouch for either, because
    /// it has not listened since the job was put on the queue.
    #[serde(default)]
    pub begun: Option<bool>,
}
