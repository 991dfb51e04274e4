//! The time, for what is compared with what executors and the queue say.

use std::time::Duration;

use job_model::Timestamp;

/// Milliseconds since the Unix epoch.
pub(crate) type Millis = i64;

/// The system clock's time.
pub(crate) fn now() -> Millis {
    Timestamp::now().unix_millis()
}

/// The time so long ago; `None` before all times.
pub(crate) fn before(age: Duration) -> Option<Timestamp> {
    let age = i64::try_from(age.as_millis()).ok()?;
    Timestamp::from_unix_millis(now().checked_sub(age)?)
}
