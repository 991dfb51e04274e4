//! What a job has used of its limits.
//!
//! The engine asks [`Meter::interrupt`] every few thousand steps while it runs, and as often as `poll_timer` wants it to. The sandbox asks [`Meter::exceeded`]
//! between microtasks and waits no longer than [`Meter::deadline`]. The first limit that is hit ends the job and is kept.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use job_model::Outcome;
use tokio::time::Instant;

use crate::limits::Limits;
use crate::memory::Memory;
use crate::stop::Stop;

/// The clock and the counters of one job.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) limits: Limits,
    /// What the engine and the calls under way hold.
    pub(crate) memory: Rc<Memory>,
    deadline: Cell<Instant>,
    entered: Cell<Option<Instant>>,
    used: Cell<Duration>,
    cpu: Cell<Duration>,
    hit: RefCell<Option<Hit>>,
    stop: Stop,
    /// The job has been ended and its results are read: its stop is past.
    in_grace: Cell<bool>,
    /// The engine has been interrupted since it was entered last.
    interrupted: Cell<bool>,
}

/// Whether running code is to be interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// It may go on.
    No,
    /// It must end.
    Yes,
    /// It must end, and did not when it was interrupted before.
    Again,
}

/// Memory for the error that an interruption is, and for what it takes to get there.
const ERROR_BYTES: usize = 1 << 20;

/// What ended a job before its code did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) outcome: Outcome,
    /// The job's error.
    pub(crate) error: String,
}

impl Meter {
    pub(crate) fn new(limits: Limits, stop: Stop) -> Self {
        let deadline = Instant::now() + limits.deadline;
        let cpu = limits.cpu;
        Self {
            limits,
            memory: Rc::default(),
            deadline: Cell::new(deadline),
            entered: Cell::new(None),
            used: Cell::new(Duration::ZERO),
            cpu: Cell::new(cpu),
            hit: RefCell::new(None),
            stop,
            in_grace: Cell::new(false),
            interrupted: Cell::new(false),
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline.get()
    }

    /// Counts the time of `run` as the engine's.
    pub(crate) fn measure<R>(&self, run: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        self.entered.set(Some(start));
        let answer = run();
        self.entered.set(None);
        self.interrupted.set(false);
        self.used.set(self.used.get() + start.elapsed());
        answer
    }

    /// Whether the engine is to be interrupted now. The interruption is an error object, for which there must be memory.
    pub(crate) fn interrupt(&self) -> Interrupt {
        if !self.exceeded() {
            return Interrupt::No;
        }
        self.memory.add_room(ERROR_BYTES);
        if self.interrupted.replace(true) { Interrupt::Again } else { Interrupt::Yes }
    }

    /// Whether the job must stop now; the reason is kept.
    pub(crate) fn exceeded(&self) -> bool {
        let now = Instant::now();
        if self.hit.borrow().is_some() {
            return true;
        }
        let running = self.entered.get().map_or(Duration::ZERO, |start| now.saturating_duration_since(start));
        if self.memory.was_refused() {
            self.end(Outcome::Failed, self.limits.memory_text());
        } else if let Some((outcome, error)) = self.stop.request_made().filter(|_| !self.in_grace.get()) {
            self.end(*outcome, error.clone());
        } else if now >= self.deadline.get() {
            self.end(Outcome::TimedOut, Limits::deadline_text(self.limits.deadline));
        } else if self.used.get() + running > self.cpu.get() {
            self.end(Outcome::Failed, self.limits.cpu_text());
        } else {
            return false;
        }
        true
    }

    /// Notes a limit that was hit elsewhere; the first one counts.
    pub(crate) fn hit(&self, error: String) {
        self.end(Outcome::Failed, error);
    }

    /// The job's code ends itself with this code: 0 is a success.
    pub(crate) fn exit(&self, code: i32) {
        match code {
            0 => self.end(Outcome::Succeeded, String::new()),
            code => self.end(Outcome::Failed, format!("The script ended itself with process.exit({code})")),
        }
    }

    fn end(&self, outcome: Outcome, error: String) {
        self.hit.borrow_mut().get_or_insert(Hit { outcome, error });
    }

    /// What ended the job, memory that was refused without a notice included.
    pub(crate) fn reason(&self) -> Option<Hit> {
        if self.memory.was_refused() {
            self.hit(self.limits.memory_text());
        }
        self.hit.borrow().clone()
    }

    /// Resolves when somebody asks for the job's end.
    pub(crate) async fn stop_requested(&self) {
        self.stop.requested().await;
    }

    /// Gives a job that was ended this much time for reading its results.
    pub(crate) fn grace(&self, time: Duration) {
        self.hit.take();
        self.in_grace.set(true);
        self.deadline.set(Instant::now() + time);
        self.cpu.set(self.used.get() + time);
    }

    /// The limit's own sentence for what was thrown because of it: when memory is short, any error may come of that.
    pub(crate) fn explain(&self, error: String) -> String {
        if self.memory.was_refused() { self.limits.memory_text() } else { error }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Interrupt, Limits, Meter, Outcome, Stop};

    fn spent() -> Meter {
        Meter::new(Limits { cpu: Duration::ZERO, ..Limits::default() }, Stop::default())
    }

    #[test]
    fn the_first_limit_counts() {
        let meter = spent();
        meter.hit("first".to_owned());
        assert!(meter.exceeded());
        assert_eq!(meter.reason().unwrap().error, "first");
    }

    #[test]
    fn memory_that_was_refused_is_a_reason_whatever_came_of_it() {
        let meter = Meter::new(Limits::default(), Stop::default());
        assert_eq!(meter.reason(), None);
        meter.memory.set_limit(100);
        assert!(!meter.memory.take(101));
        let hit = meter.reason().unwrap();
        assert_eq!(
            (hit.outcome, hit.error.as_str()),
            (Outcome::Failed, "Memory limit of 1024 MiB (JOB_MEMORY) exceeded")
        );
    }

    #[test]
    fn an_interruption_that_was_lost_is_told_and_has_memory() {
        let meter = spent();
        meter.memory.set_limit(0);
        meter.measure(|| assert_eq!((meter.interrupt(), meter.interrupt()), (Interrupt::Yes, Interrupt::Again)));
        meter.measure(|| assert_eq!(meter.interrupt(), Interrupt::Yes));
        assert!(meter.memory.take(1));
        assert_eq!(meter.reason().unwrap().error, "CPU limit of 0 s (JOB_CPU) exceeded");
    }
}
