//! What an executor tells every gateway of itself, at short intervals.

use serde::{Deserialize, Serialize};

use crate::{InstanceId, JobId, Timestamp};

/// An executor is alive, and holds these jobs. Broadcast on the topic of heartbeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The executor's name: unique among those that run, new with each start.
    pub executor: String,
    /// When it started.
    pub started_at: Timestamp,
    /// How many jobs it runs at a time.
    pub slots: u16,
    /// Every delivery that it has not settled, whether its job runs, waits for a slot or waits for its result's confirm.
    pub jobs: Vec<HeldJob>,
    /// Whether it takes no more jobs because it was told to stop.
    #[serde(default)]
    pub stopping: bool,
    /// Whether it takes no more jobs because a gateway said so: see [`DrainOrder`](crate::DrainOrder).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draining: bool,
    /// The safeguards that its jobs run without, because its system or its operator does not have them: `chromium_sandbox`,
    /// `network_namespace`, `landlock`, `seccomp`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

/// A job that an executor holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldJob {
    /// The job.
    pub uuid: JobId,
    /// Its instance, when its message says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// When its code began to run here; `None` while it waits.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// The number of this attempt, counted from 1.
    pub attempt: u32,
}
