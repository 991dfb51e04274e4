//! What passes between a slot and the executor about the slot's Chromiums: one JSON value a packet.

use serde::{Deserialize, Serialize};

/// The descriptor that a slot process inherits its socket as.
pub(crate) const SOCKET: i32 = 3;

/// What a slot asks for. It gives each of its Chromiums a number of its own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Start one. Answered by `Started` or `NotStarted`.
    Start {
        /// Which.
        number: u32,
    },
    /// Say how much memory one uses. Answered by `Weighs`.
    Weigh {
        /// Which.
        number: u32,
    },
    /// End one, whether it has started or not. Answered by `Ended`, at once.
    End {
        /// Which.
        number: u32,
        /// Why.
        why: End,
    },
}

/// Why a Chromium is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// It crashed, or does not answer.
    Crashed,
    /// It has served enough.
    Recycled,
    /// Nobody needs it.
    Unneeded,
}

/// What the executor says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It serves. Our end of its debugging pipe comes with this.
    Started {
        /// Which.
        number: u32,
        /// Its process.
        process_id: i32,
    },
    /// It does not start.
    NotStarted {
        /// Which.
        number: u32,
        /// Why.
        reason: String,
    },
    /// How much memory it uses.
    Weighs {
        /// Which.
        number: u32,
        /// Private memory of all its processes, in bytes.
        bytes: u64,
    },
    /// It is being ended.
    Ended {
        /// Which.
        number: u32,
    },
    /// A connection to the guard of the network, for which the slot has asked through its pipe. It comes with this, unless there is none.
    Connection {
        /// The number that the slot has given to its wish.
        number: u32,
    },
    /// A job uses more than it may: the slot stops the job.
    Exceeded {
        /// Which job: they are counted from 1, in the order in which they were given to the slot.
        job: u64,
        /// The error that it ends with.
        limit: String,
    },
}
