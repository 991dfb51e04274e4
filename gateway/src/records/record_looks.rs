//! When to look for records of a kind that are due: every second while there are some, and at once when there is a new one.

use std::time::Duration;

use job_store::records::{RecordKind, RecordQuery};
use tokio::sync::Notify;

use crate::app::App;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// The same while there is no record of the kind.
const IDLE_INTERVAL: Duration = Duration::from_secs(5);

/// The looks for records of one kind.
pub(crate) struct RecordLooks<'a> {
    app: &'a App,
    kind: RecordKind,
    /// Tells that there is a new record.
    changed: &'a Notify,
    has_begun: bool,
    there_are_some: bool,
}

impl<'a> RecordLooks<'a> {
    pub(crate) fn new(app: &'a App, kind: RecordKind, changed: &'a Notify) -> Self {
        Self { app, kind, changed, has_begun: false, there_are_some: false }
    }

    /// Waits until it is time to look. False when the gateway stops.
    pub(crate) async fn next(&mut self) -> bool {
        loop {
            if std::mem::replace(&mut self.has_begun, true) {
                tokio::select! {
                    () = self.app.stop.cancelled() => return false,
                    () = self.changed.notified() => self.there_are_some = true,
                    () = tokio::time::sleep(if self.there_are_some { INTERVAL } else { IDLE_INTERVAL }) => {}
                }
            }
            if !self.there_are_some {
                let first = self.app.records.list(RecordQuery::first(self.kind, 1)).await;
                self.there_are_some = first.is_ok_and(|first| !first.is_empty());
            }
            if self.there_are_some {
                return true;
            }
        }
    }
}
