//! What an executor tells every gateway of itself, at short intervals.

use std::collections::BTreeMap;

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
    /// What else people may want to see; absent from executors of earlier versions.
    #[serde(flatten)]
    pub facts: ExecutorFacts,
}

/// What an executor tells of itself for people, and nothing decides by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutorFacts {
    /// Its slots that have started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slot_states: Vec<SlotState>,
    /// Its settings that differ from what they are as delivered, by the names of their variables; without passwords.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// A slot as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// The job that it runs.
    pub job: Option<JobId>,
    /// The private memory of its process and its Chromium, in bytes, measured every five seconds.
    pub memory: u64,
    /// When its Chromium was started; `None` while it has none.
    pub browser_since: Option<Timestamp>,
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
