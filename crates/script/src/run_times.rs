//! When the code began and ended, and how.

use job_model::{Level, Timestamp};
use tokio::time::Instant;

use crate::error_place::ErrorPlace;
use crate::log::Log;

/// The times of one job's code, and its error.
#[derive(Debug, Default)]
pub(crate) struct RunTimes {
    began: Option<(Timestamp, Instant)>,
    ended: Option<(Timestamp, u64)>,
    /// The code has a variable `results` of its own, into which the predecessor wrote the times.
    pub(crate) shadowed: bool,
    /// The text of what the code threw.
    pub(crate) error: Option<String>,
    /// Where that was thrown, and the error with its places.
    pub(crate) place: Option<ErrorPlace>,
    /// The line that tells how long the code took is written.
    told: bool,
}

impl RunTimes {
    pub(crate) fn begin(&mut self) {
        self.began.get_or_insert((Timestamp::now(), Instant::now()));
    }

    /// Notes the end; answers how long it took, in milliseconds.
    pub(crate) fn end(&mut self) -> u64 {
        let Some((_, began)) = self.began else { return 0 };
        let millis = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.ended.get_or_insert_with(|| (Timestamp::now(), millis())).1
    }

    /// Whether the line that tells how long the code took is still to be written; asked once.
    pub(crate) fn take_last_line(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Ends a job that a limit has stopped: the same last lines as if the code had thrown it.
    pub(crate) fn stop(&mut self, log: &Log, reason: &str) {
        if self.began.is_some() && self.ended.is_none() {
            log.write_last(Level::Error, reason.to_owned());
            let millis = self.end();
            log.write_last(Level::Info, format!("Code took {millis}ms to execute."));
        }
        log.write_last(Level::Error, reason.to_owned());
    }

    /// Ends a whole script, which has no wrapper that knows when it does.
    pub(crate) fn end_whole(&mut self, log: &Log) {
        if self.began.is_some() && self.ended.is_none() {
            let millis = self.end();
            log.write_last(Level::Info, format!("Code took {millis}ms to execute."));
        }
    }

    pub(crate) fn started_at(&self) -> Option<Timestamp> {
        self.began.filter(|_| !self.shadowed).map(|(time, _)| time)
    }

    pub(crate) fn finished_at(&self) -> Option<Timestamp> {
        self.ended.filter(|_| !self.shadowed).map(|(time, _)| time)
    }

    pub(crate) fn duration_ms(&self) -> u64 {
        self.ended.filter(|_| !self.shadowed).map_or(0, |(_, millis)| millis)
    }
}
