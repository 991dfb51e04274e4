//! The time, for what is compared with what executors and the queue say.

use job_model::Timestamp;

/// Milliseconds since the Unix epoch.
pub(crate) type Millis = i64;

/// The system clock's time.
pub(crate) fn now() -> Millis {
    Timestamp::now().unix_millis()
}
