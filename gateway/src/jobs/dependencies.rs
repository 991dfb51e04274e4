//! Jobs that begin after others: what those found becomes vars, and what became of them may end the job.
//!
//! A job that waits is looked at when a job that it depends on ends, as far as this gateway knows of both, and in any case
//! when its `wake_at` comes, which is later each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_model::{Job, JobId, JobStatus, Outcome, Timestamp, WaitsFor};
use job_store::{StoreError, Stored};
use serde_json::Value;
use service::Chain;
use tokio::sync::Notify;

use super::finish;
use super::rows::{self, Row};
use crate::app::App;
use crate::tokens::Reach;

/// The shortest and the longest time between two looks at a job that waits.
const LOOKS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(60)];
/// What all vars that a job takes over may weigh, in bytes.
const MOST_BYTES: usize = 1_000_000;
/// Jobs that others are known to wait for; beyond that all are forgotten here.
const MOST_KNOWN: usize = 100_000;

/// What is known here of jobs that wait for others.
#[derive(Default)]
pub(crate) struct Dependents {
    known: Mutex<Known>,
    ready: Notify,
}

#[derive(Default)]
struct Known {
    /// Who waits, by the job that is waited for.
    waiting: HashMap<JobId, Vec<JobId>>,
    /// Whom to look at.
    ready: Vec<JobId>,
}

impl Dependents {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing here panics half way through a change.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, job: &Job, waits_for: &[JobId]) {
        let mut known = self.known();
        if known.waiting.len() >= MOST_KNOWN {
            // Some are of jobs whose end nobody here heard of. The index knows all that wait.
            known.waiting.clear();
        }
        for id in waits_for {
            let waiting = known.waiting.entry(id.clone()).or_default();
            if !waiting.contains(&job.uuid) {
                waiting.push(job.uuid.clone());
            }
        }
    }

    /// A job has ended, or is gone.
    pub(crate) fn ended(&self, id: &JobId) {
        let mut known = self.known();
        if known.waiting.is_empty() {
            return;
        }
        if let Some(waiting) = known.waiting.remove(id) {
            known.ready.extend(waiting);
            self.ready.notify_one();
        }
    }

    /// Jobs whose dependency has ended since this was asked last; waits for the first.
    pub(crate) async fn freed(&self) -> Vec<JobId> {
        self.ready.notified().await;
        std::mem::take(&mut self.known().ready)
    }
}

/// The first job that a new one depends on and that is not there, or is out of its client's reach.
///
/// # Errors
/// The store could not do its part.
pub(crate) async fn missing(app: &App, reach: &Reach, job: &Job) -> Result<Option<JobId>, StoreError> {
    for id in job.depends_on.iter().flatten() {
        match rows::read_within(app, id, reach).await {
            Ok(_) => {}
            Err(StoreError::NotFound { .. }) => return Ok(Some(id.clone())),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// What came of looking at the jobs that a job depends on.
pub(super) enum Gathered {
    /// It may go on, with its vars.
    Ready(Box<Stored<Job>>),
    /// It may not: whether everything is written that had to be.
    Settled(bool),
}

/// Looks at the jobs that a job depends on. The vars of one that may go on are written with its next move.
pub(super) async fn gather(app: &App, mut job: Stored<Job>) -> Gathered {
    // What was tried once has its vars.
    let is_free = job.value.attempts.is_some() || job.value.waits_for == Some(WaitsFor::Key);
    let Some(ids) = job.value.depends_on.as_ref().filter(|_| !is_free) else { return Gathered::Ready(Box::new(job)) };
    let (mut waits_for, mut vars, mut bytes) = (Vec::new(), Vec::new(), 0);
    for id in ids {
        let dependency = match rows::read(app, id).await {
            // One that was made later under the same id is another one.
            Ok(read) if read.value.created_at <= job.value.created_at => read.value,
            Ok(_) | Err(StoreError::NotFound { .. }) => {
                return end(app, &job.value, format!("job {id}, on which this one depends, was deleted")).await;
            }
            Err(error) => {
                app.metrics.store_errors.inc();
                tracing::warn!(job.id = %job.value.uuid, error = %Chain(&error), "failed to read a job that another depends on");
                return Gathered::Settled(false);
            }
        };
        if dependency.status != JobStatus::Done {
            waits_for.push(id.clone());
            continue;
        }
        let outcome = dependency.outcome_or_derived();
        if outcome != Outcome::Succeeded {
            let reason = format!("job {id}, on which this one depends, did not succeed: {outcome}");
            return end(app, &job.value, reason).await;
        }
        for (name, from) in job.value.vars_from.iter().flatten().filter(|(_, from)| from.job == *id) {
            let result = &from.result;
            let Some(value) = dependency.results.as_ref().and_then(|results| results.get(result)) else {
                let reason =
                    format!("job {id}, on which this one depends, has no result {result:?} for the var {name:?}");
                return end(app, &job.value, reason).await;
            };
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            bytes += text.len();
            if bytes > MOST_BYTES {
                let reason =
                    format!("the vars of results are larger than {MOST_BYTES} bytes with {result:?} of job {id}");
                return end(app, &job.value, reason).await;
            }
            vars.push((name.clone(), text));
        }
    }
    if waits_for.is_empty() {
        job.value.vars.extend(vars);
        return Gathered::Ready(Box::new(job));
    }
    // Whoever ends from now on is heard; what ended before the note is found by the next look.
    app.dependents.note(&job.value, &waits_for);
    Gathered::Settled(look_later(app, job).await)
}

/// Writes when the job is looked at again: the older it is, the later.
async fn look_later(app: &App, mut job: Stored<Job>) -> bool {
    let now = Timestamp::now();
    let age = u64::try_from(now.unix_millis() - job.value.created_at.unix_millis()).unwrap_or_default();
    let wait = Duration::from_millis(age / 4).clamp(LOOKS[0], LOOKS[1]);
    let next = now.after(wait);
    job.value.waits_for = Some(WaitsFor::Jobs);
    job.value.wake_at = next.into_iter().chain(job.value.expires_at).min();
    let moved = rows::move_on(app, Row::Claimed, &job, "failed to note when a job is looked at again").await;
    if let Ok(Some(_)) = moved {
        app.due_times.ring(job.value.wake_at);
    }
    moved.is_ok()
}

/// Ends a job that cannot run.
async fn end(app: &App, job: &Job, reason: String) -> Gathered {
    let mut result = finish::ended_here(job, 0, Outcome::Failed, reason);
    Gathered::Settled(match finish::finish(app, &mut result).await {
        Ok(_) | Err(StoreError::NotFound { .. }) => true,
        Err(error) => {
            tracing::warn!(job.id = %job.uuid, error = %Chain(&error), "failed to end a job that depends on another");
            false
        }
    })
}
