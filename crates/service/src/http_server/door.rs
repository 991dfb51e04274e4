//! What a server lets through its door, and what it tells of it.

use std::sync::Arc;
use std::time::Duration;

/// How long connections may be held, and how many.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// The longest time from the first byte of a request to the end of its head, and from the connection to that byte.
    pub header_timeout: Duration,
    /// The longest pause between two requests of a connection.
    pub idle_timeout: Duration,
    /// Connections at the same time, without those for health checks.
    pub most_connections: usize,
}

/// What happens at a door, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorEvent {
    /// A connection begins.
    Opened,
    /// A connection has ended.
    Closed,
    /// There were too many: this one is for health checks alone, or closed at once.
    TurnedAway,
    /// A connection was closed because its head or its next request did not come.
    TimedOut,
}

/// Hears of each [`DoorEvent`].
pub type OnDoorEvent = Arc<dyn Fn(DoorEvent) + Send + Sync>;
