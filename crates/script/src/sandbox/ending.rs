//! A job's last step: what it has left, and why it ended.

use std::rc::Rc;
use std::time::Duration;

use job_model::{Level, Outcome, Results};

use super::{Phase, RunReport, Sandbox, thrown_text};
use crate::error_place::ErrorPlace;
use crate::log::clipped;
use crate::meter::Hit;
use crate::results;
use crate::scope::Hook;
use crate::value::hook_text;

/// What the results of a job that was ended may take to be read. The executor kills a slot 600 ms after it asked for a
/// job's end, and 1.2 s after the job's time: the rest is for the result's way to it.
const GRACE: Duration = Duration::from_millis(400);
/// Memory for reading the results of a job that has used up its own.
const RESULTS_MEMORY: usize = 64 << 20;

impl Sandbox {
    pub(super) fn finish(&self) -> RunReport {
        let scope = Rc::clone(&self.scope);
        if scope.whole.get() {
            self.leave();
        }
        let mut end = scope.meter.reason();
        if let Some(hit) = &end {
            // Room first: what is refused from now on would count as another limit that was hit, and the results be lost.
            scope.meter.memory.add_room(RESULTS_MEMORY);
            scope.meter.grace(GRACE);
            self.note_wait();
            if hit.outcome == Outcome::TimedOut {
                self.tell_wait();
            }
            if hit.outcome != Outcome::Succeeded {
                scope.run_times.borrow_mut().stop(&scope.log, &hit.error);
            }
        } else if let Phase::Ended(Some(text)) = &self.phase {
            let shown = scope
                .run_times
                .borrow()
                .place
                .as_ref()
                .filter(|_| scope.tells_places())
                .map(|place| place.stack.clone());
            scope.log.write_last(Level::Error, shown.unwrap_or_else(|| text.clone()));
            end = Some(failed(text.clone()));
        } else {
            end = scope.run_times.borrow().error.clone().map(failed);
        }
        if scope.whole.get() {
            scope.run_times.borrow_mut().end_whole(&scope.log);
        }
        end = end.filter(|hit| hit.outcome != Outcome::Succeeded);
        scope.meter.memory.add_room(RESULTS_MEMORY);
        let results = self.read_results().unwrap_or_else(|hit| {
            if end.is_none() {
                scope.log.write_last(Level::Error, hit.error.clone());
                end = Some(hit);
            }
            Results::new()
        });
        let times = scope.run_times.borrow();
        let place = times.place.clone().filter(|_| end.is_some());
        RunReport {
            outcome: end.as_ref().map_or(Outcome::Succeeded, |hit| hit.outcome),
            error: end.map(|hit| clipped(hit.error)),
            error_at: place.as_ref().map(|place| place.at.clone()),
            error_stack: place.map(|place| place.stack),
            results,
            started_at: times.started_at(),
            finished_at: times.finished_at(),
            duration_ms: times.duration_ms(),
        }
    }

    /// The error of a job that was ended from outside came from where its code waits: of several calls under way that is the
    /// last one.
    fn note_wait(&self) {
        let scope = &self.scope;
        scope.run_times.borrow_mut().place = None;
        let waiting = {
            let promises = scope.promises.borrow();
            let last = promises.waiting.iter().max_by_key(|(number, _)| **number);
            let timer = || scope.timers.borrow().waits_at().map(str::to_owned);
            last.map(|(_, waiting)| waiting.stack.clone()).or_else(timer)
        };
        if let Some(stack) = waiting {
            // Without a place there is nothing to tell.
            let _ = self.enter_once(|ctx| scope.hook(ctx, Hook::NoteWait)?.call::<_, ()>((stack,)));
        }
    }

    /// A line of the log says where the job waited.
    fn tell_wait(&self) {
        let place = self.scope.run_times.borrow().place.clone();
        if let Some(ErrorPlace { at, stack }) = place {
            let what = stack.lines().next().unwrap_or_default();
            let line = format!("{what}: {}, line {}, column {}", at.module, at.line, at.column);
            self.scope.log.write_last(Level::Warn, line);
        }
    }

    /// The last turn of a whole script that has come to its end: the listeners of `exit`, and the code that it leaves.
    fn leave(&self) {
        let scope = &self.scope;
        if !matches!(self.phase, Phase::Ended(None)) || scope.meter.exceeded() {
            return;
        }
        let code = self.enter_once(|ctx| scope.hook(ctx, Hook::Exited)?.call::<_, i32>(()));
        if let Ok(code) = code
            && code != 0
            && scope.run_times.borrow().error.is_none()
        {
            scope.meter.exit(code);
        }
    }

    /// Reads the results under the job's own limits, or what a grace has left of them.
    fn read_results(&self) -> Result<Results, Hit> {
        let scope = &self.scope;
        let limits = &scope.meter.limits;
        let text = self.enter_once(|ctx| {
            let text = hook_text(ctx, scope, Hook::Results, ());
            text.map_err(|error| thrown_text(ctx, scope, error))
        });
        if let Some(hit) = scope.meter.reason() {
            return Err(hit);
        }
        let text = text.map_err(|text| failed(format!("Results cannot be stored: {text}")))?;
        if text.len() > limits.result_bytes {
            return Err(failed(limits.result_bytes_text(text.len())));
        }
        let document = scope.log.document(text.len());
        if document.sum() > limits.document_bytes {
            return Err(failed(limits.document_bytes_text(document)));
        }
        results::parse(&text).map_err(failed)
    }
}

fn failed(error: String) -> Hit {
    Hit { outcome: Outcome::Failed, error }
}
