//! What a job may use, and what it has used of it.
//!
//! The engine asks [`Watch::exceeded`] every few thousand steps while it runs, the sandbox asks between microtasks and
//! waits no longer than [`Watch::deadline`]. The first limit that is hit ends the job and is kept.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use job_model::Outcome;
use tokio::time::Instant;

use crate::stop::Stop;

/// The hard limits of one job. Each is reported as the job's error with its name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock from the start of the job to its end (JOB_TIMEOUT).
    pub deadline: Duration,
    /// Time the engine may spend running the job's code (JOB_CPU).
    pub cpu: Duration,
    /// Memory of the engine (JOB_MEMORY).
    pub memory_bytes: usize,
    /// The engine's stack (JOB_STACK); no more of it is used than the thread has, less a reserve for Rust's frames.
    pub stack_bytes: usize,
    /// Number of log lines (JOB_LOG_LINES).
    pub log_lines: usize,
    /// Size of all log lines together, as JSON (JOB_LOG_BYTES).
    pub log_bytes: usize,
    /// Size of the results as JSON (JOB_RESULT_BYTES).
    pub result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(300),
            cpu: Duration::from_secs(60),
            memory_bytes: 256 << 20,
            stack_bytes: 4 << 20,
            log_lines: 10_000,
            log_bytes: 2 << 20,
            result_bytes: 4 << 20,
        }
    }
}

impl Limits {
    /// The error of a job that ran for longer than this.
    pub fn deadline_text(deadline: Duration) -> String {
        format!("Time limit of {} (JOB_TIMEOUT) exceeded", seconds(deadline))
    }
}

/// The clock and the counters of one job.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) limits: Limits,
    deadline: Cell<Instant>,
    entered: Cell<Option<Instant>>,
    used: Cell<Duration>,
    cpu: Cell<Duration>,
    hit: RefCell<Option<Hit>>,
    stop: Stop,
    /// An allocation of the engine was refused.
    pub(crate) refused: Rc<Cell<bool>>,
}

/// What ended a job before its code did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) outcome: Outcome,
    /// The job's error.
    pub(crate) error: String,
}

impl Watch {
    pub(crate) fn new(limits: Limits, stop: Stop) -> Self {
        let deadline = Instant::now() + limits.deadline;
        let cpu = limits.cpu;
        Self {
            limits,
            deadline: Cell::new(deadline),
            entered: Cell::new(None),
            used: Cell::new(Duration::ZERO),
            cpu: Cell::new(cpu),
            hit: RefCell::new(None),
            stop,
            refused: Rc::default(),
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
        self.used.set(self.used.get() + start.elapsed());
        answer
    }

    /// Whether the job must stop now; the reason is kept.
    pub(crate) fn exceeded(&self) -> bool {
        let now = Instant::now();
        if self.hit.borrow().is_some() {
            return true;
        }
        if let Some(error) = self.stop.error() {
            self.end(Outcome::Cancelled, error.to_owned());
            return true;
        }
        let running = self.entered.get().map_or(Duration::ZERO, |start| now.saturating_duration_since(start));
        if now >= self.deadline.get() {
            self.end(Outcome::TimedOut, Limits::deadline_text(self.limits.deadline));
        } else if self.used.get() + running > self.cpu.get() {
            self.hit(format!("CPU limit of {} (JOB_CPU) exceeded", seconds(self.limits.cpu)));
        } else {
            return false;
        }
        true
    }

    /// Notes a limit that was hit elsewhere; the first one counts.
    pub(crate) fn hit(&self, error: String) {
        self.end(Outcome::Failed, error);
    }

    fn end(&self, outcome: Outcome, error: String) {
        self.hit.borrow_mut().get_or_insert(Hit { outcome, error });
    }

    pub(crate) fn reason(&self) -> Option<Hit> {
        self.hit.borrow().clone()
    }

    /// Resolves when somebody asks for the job's end.
    pub(crate) async fn stop_requested(&self) {
        self.stop.requested().await;
    }

    /// Gives a stopped job this much time for reading its results, and answers the reason why it was stopped.
    pub(crate) fn grace(&self, time: Duration) -> Option<Hit> {
        let reason = self.hit.take();
        self.deadline.set(Instant::now() + time);
        self.cpu.set(self.used.get() + time);
        reason
    }

    /// The limit's own sentence for an error that only says that there was no memory. The engine throws null when
    /// there is none left for its error object.
    pub(crate) fn explain(&self, error: String) -> String {
        if self.refused.get() && matches!(error.as_str(), "null" | "InternalError: out of memory") {
            format!("Memory limit of {} MiB (JOB_MEMORY) exceeded", self.limits.memory_bytes >> 20)
        } else {
            error
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
