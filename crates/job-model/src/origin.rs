//! What made a job, where it was not a client's own `POST /jobs`.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The script that a job runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptVersion {
    /// Its name.
    pub name: String,
    /// Which version of it, counted from 1.
    pub version: u32,
}

/// The schedule that made a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleTick {
    /// Its name.
    pub name: String,
    /// The time that the schedule names, without its jitter.
    pub tick: Timestamp,
}
