//! When a queued job counts as lost: only on evidence.
//!
//! The evidence is that the queue has passed the place where the job's message lay, so long ago that whoever took the
//! message would have ended the job, and that nobody says to hold the job. How long the job waits proves nothing.

use std::time::Duration;

use job_model::{Priority, Timestamp};

use crate::app::App;
use crate::clock::{self, Millis};
use crate::fleet::Sighting;
use crate::memory::watermark::Watermark;

/// What is known about one queued job.
pub(super) struct Evidence<'a> {
    /// How far the queue has come.
    pub(super) watermark: &'a Watermark,
    /// Since when this gateway hears everything; `None` when it does not.
    pub(super) listening_since: Option<Millis>,
    /// What executors said of the job.
    pub(super) sighting: &'a Sighting,
    /// When the job was put on the queue, and begun, as its document says: the later of both.
    pub(super) noted_at: Millis,
    /// How long ago the queue must have passed it.
    pub(super) wait: Duration,
}

impl Evidence<'_> {
    /// Whether the job is lost.
    pub(super) fn shows_loss(&self, now: Millis) -> bool {
        let (false, Some(listening_since)) = (self.sighting.held, self.listening_since) else { return false };
        // While nobody listened anything may have happened to the job, its message may have been sent round.
        let alive = self.noted_at.max(listening_since).max(self.sighting.sign_of_life.unwrap_or(Millis::MIN));
        let wait = Millis::try_from(self.wait.as_millis()).unwrap_or(Millis::MAX);
        self.watermark.at(now.saturating_sub(wait)).is_some_and(|passed| passed > alive)
    }
}

/// How long ago the queue must have passed a job that may run for `timeout` seconds.
pub(super) fn wait(requeue_after: Duration, timeout: Option<u32>, margin: Duration) -> Duration {
    requeue_after.max(Duration::from_secs(timeout.unwrap_or(0).into()) + margin)
}

/// The position that is proven by a delivery of a message that was put on the queue then, or by an empty queue then.
///
/// Clocks of hosts differ: the position lies a little before.
pub(super) fn proven(queued_at: Millis, requeue_after: Duration) -> Millis {
    let margin = requeue_after.min(Duration::from_secs(60)).as_millis();
    queued_at.saturating_sub(Millis::try_from(margin).unwrap_or(Millis::MAX))
}

/// No message waited in the queue of this priority then: all of them had been delivered.
pub(crate) fn queue_was_empty(app: &App, priority: Priority, at: Millis) {
    app.watermarks().of_mut(priority).note(at, proven(at, app.settings.requeue_after()));
}

/// The time at which a job must have been created at the latest to be lost now, whatever its priority; `None` when none can
/// be.
pub(crate) fn loss_horizon(app: &App) -> Option<Timestamp> {
    let shortest = Millis::try_from(wait(app.settings.requeue_after(), None, app.settings.requeue_margin).as_millis());
    let passed = app.watermarks().furthest_at(clock::now().checked_sub(shortest.ok()?)?)?;
    Timestamp::from_unix_millis(passed)
}
