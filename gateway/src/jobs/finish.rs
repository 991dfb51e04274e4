//! A job ends: with the first valid result, by being given up, or by a client's cancel. Nothing changes afterwards.

use std::time::Instant;

use job_model::{Job, JobResult, JobStatus, Outcome, Priority, Timestamp};
use job_store::{Revision, StoreError, Stored};
use service::Chain;
use tokio::sync::mpsc::Permit;

use super::keys::Leaving;
use super::rows::{self, Row};
use super::{announce, instance, keys, loss, retry};
use crate::app::App;
use crate::clock;
use crate::memory::hand_over::LEFT_ALONE;

/// Whose result the job keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The one just given: it is stored now.
    First,
    /// The one just given ended a try: the job waits for the next one.
    Retried,
    /// One that came before.
    Earlier,
    /// The result is one of another job, which had the same uuid before.
    OfAnother,
}

/// Stores a result unless its job has one, and tells whoever watches the job.
///
/// The result is taken out of `result`. It is there again when an error is returned, so that the caller can try again.
/// A result that is larger than the store takes ends the job with an error that says so.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such job; any other when the store could not do its part.
pub(crate) async fn finish(app: &App, result: &mut JobResult) -> Result<Kept, StoreError> {
    // A job that is held here was read and written by nobody since.
    let mut held = app.held_marks.take(&result.uuid, |job| instance::is_result_of(result, job));
    loop {
        let from_memory = held.is_some();
        let Stored { value: mut job, revision } = match held.take() {
            Some(held) => held,
            None => rows::read(app, &result.uuid).await?,
        };
        if job.status == JobStatus::Done {
            return Ok(Kept::Earlier);
        }
        if !instance::is_result_of(result, &job) {
            return Ok(Kept::OfAnother);
        }
        if let Some(next) = retry::next_try(&job, result, Timestamp::now()) {
            match rows::update(app, Row::Retrying, &next, &revision).await {
                Ok(_) => {
                    retried(app, &job, &next, result).await;
                    return Ok(Kept::Retried);
                }
                Err(StoreError::Conflict { .. }) => continue,
                // It ends here: there is no room for what another try would leave.
                Err(StoreError::TooLarge { .. }) => {}
                Err(error) => {
                    if from_memory {
                        hold_again(app, job, revision);
                    }
                    return Err(error);
                }
            }
        }
        let before = Before::finishing(&mut job, result);
        let place = place_to_tell(app, &mut job);
        let mut written = rows::update(app, Row::Done, &job, &revision).await;
        if let Err(error @ StoreError::TooLarge { .. }) = &written {
            tracing::error!(job.id = %job.uuid, "result dropped: it is larger than the database takes");
            cut_down(&mut job, error);
            written = rows::update(app, Row::Done, &job, &revision).await;
        }
        match written {
            Ok(revision) => {
                move_watermark(app, job.queue_priority(), result, before.republished);
                match place {
                    Some(place) => place.send(Stored { value: job.clone(), revision }),
                    None => app.due_times.ring(job.wake_at),
                }
                ended(app, job).await;
                return Ok(Kept::First);
            }
            Err(error) => {
                before.restore(&mut job, result);
                match error {
                    // Somebody wrote meanwhile: the `queued` mark, another result. Look again.
                    StoreError::Conflict { .. } => {}
                    error => {
                        if from_memory {
                            hold_again(app, job, revision);
                        }
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// A place for a job that has somebody to tell: this gateway has its webhook told, and others leave that to it for a while.
/// `None` for any other job, and for one that is left to the index.
fn place_to_tell<'a>(app: &'a App, job: &mut Job) -> Option<Permit<'a, Stored<Job>>> {
    job.wake_at?;
    let place = app.ended.place()?;
    job.wake_at = Timestamp::now().after(LEFT_ALONE);
    Some(place)
}

/// Another try is stored in place of the result: watchers hear of it, and so do the jobs that wait for the place of its key.
async fn retried(app: &App, job: &Job, next: &Job, result: &JobResult) {
    let republished = job.dispatch.is_some_and(|dispatch| dispatch.attempts > 1);
    move_watermark(app, job.queue_priority(), result, republished);
    retry::stored(app, job, next);
    keys::left(app, next).await;
}

/// The result is stored: it is counted and told, and the job leaves its place to others.
async fn ended(app: &App, job: Job) {
    app.metrics.observe_done(&job);
    app.last_hour.ended(job.duration, clock::now());
    let leaving = Leaving::of(&job);
    announce::done(app, job);
    if let Some(leaving) = leaving {
        leaving.leave(app).await;
    }
}

/// Holds the mark of a job again. There is room: it was held a moment ago. If there is none, the sweep marks it.
fn hold_again(app: &App, job: Job, revision: Revision) {
    let _ = app.held_marks.hold(Stored { value: job, revision }, Instant::now());
}

/// Ends a job that no executor seems able to run.
pub(super) async fn give_up(app: &App, job: &Job, begun: u32, reason: String) {
    let mut result = ended_here(job, begun, Outcome::GivenUp, reason);
    match finish(app, &mut result).await {
        Ok(Kept::Earlier | Kept::OfAnother | Kept::Retried) => {}
        Ok(Kept::First) => {
            app.metrics.given_up.inc();
            tracing::error!(job.id = %job.uuid, begun, "job given up: no result came back");
        }
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => tracing::warn!(job.id = %job.uuid, error = %Chain(&error), "failed to give job up"),
    }
}

/// The result of a job that a gateway ends.
pub(super) fn ended_here(job: &Job, begun: u32, outcome: Outcome, error: impl Into<String>) -> JobResult {
    JobResult {
        outcome: Some(outcome),
        attempt: Some(begun),
        instance: job.instance.clone(),
        created_at: Some(job.created_at),
        finished_at: Some(Timestamp::now()),
        ..JobResult::not_started(job.uuid.clone(), error)
    }
}

/// What is left of a result that does not fit.
fn cut_down(job: &mut Job, too_large: &StoreError) {
    job.error = match too_large {
        StoreError::TooLarge { size, limit, .. } => {
            format!("the job's results and logs are larger than the database takes: {size} bytes of at most {limit}")
        }
        other => other.to_string(),
    };
    (job.error_at, job.error_stack) = (None, None);
    job.outcome = Some(Outcome::Failed);
    job.results = Some(job_model::Results::new());
    job.logs = Some(Vec::new());
}

/// A result of the first delivery of a job that was published once shows how far the queue has come.
fn move_watermark(app: &App, priority: Priority, result: &JobResult, republished: bool) {
    let ended_by_gateway = matches!(result.outcome, Some(Outcome::Cancelled | Outcome::GivenUp | Outcome::Expired));
    let (Some(queued_at), false, false) = (result.queued_at, ended_by_gateway, republished) else { return };
    let position = loss::proven(queued_at.unix_millis(), app.settings.requeue_after());
    app.watermarks().of_mut(priority).note(clock::now(), position);
}

/// What a job was before its result was taken over, for when that could not be stored.
struct Before {
    status: JobStatus,
    running: Option<job_model::Running>,
    waits_for: Option<job_model::WaitsFor>,
    wake_at: Option<Timestamp>,
    dispatch: Option<job_model::Dispatch>,
    republished: bool,
}

impl Before {
    /// Takes the result over into the job.
    fn finishing(job: &mut Job, result: &mut JobResult) -> Self {
        let (status, running, dispatch) = (job.status, job.running.take(), job.dispatch.take());
        let (waits_for, wake_at) = (job.waits_for, job.wake_at);
        let republished = dispatch.is_some_and(|dispatch| dispatch.attempts > 1);
        let shell = JobResult {
            crashed: result.crashed,
            error: None,
            outcome: result.outcome,
            attempt: result.attempt,
            instance: result.instance.clone(),
            created_at: result.created_at,
            queued_at: result.queued_at,
            started_at: result.started_at,
            finished_at: result.finished_at,
            duration: result.duration,
            ..JobResult::not_started(result.uuid.clone(), "")
        };
        job.finish(std::mem::replace(result, shell)).expect("only a job that is not done is finished");
        Self { status, running, waits_for, wake_at, dispatch, republished }
    }

    /// Gives the result back.
    fn restore(self, job: &mut Job, result: &mut JobResult) {
        result.error = Some(std::mem::take(&mut job.error)).filter(|error| !error.is_empty());
        (result.error_at, result.error_stack) = (job.error_at.take(), job.error_stack.take());
        result.logs = job.logs.take().unwrap_or_default();
        result.results = job.results.take().unwrap_or_default();
        (job.status, job.running, job.dispatch) = (self.status, self.running, self.dispatch);
        (job.waits_for, job.wake_at) = (self.waits_for, self.wake_at);
        (result.files, result.file_set) = (job.files.take(), job.file_set.take());
        (job.outcome, job.attempt) = (None, None);
        (job.started_at, job.finished_at, job.duration) = (None, None, 0);
    }
}

#[cfg(test)]
mod tests {
    use job_model::{ErrorAt, Job, JobResult, NewJob, Timestamp};

    use super::Before;

    #[test]
    fn a_result_that_could_not_be_stored_is_whole_again() {
        let delay = Some(std::time::Duration::from_secs(9));
        let original = Job::create(NewJob { delay, ..NewJob::default() }, Timestamp::now()).unwrap();
        let result = JobResult {
            results: serde_json::from_str(r#"{"a":1}"#).unwrap(),
            attempt: Some(2),
            duration: 5,
            crashed: true,
            error_at: Some(ErrorAt { module: "code".to_owned(), line: 2, column: 1 }),
            error_stack: Some("why".to_owned()),
            ..JobResult::not_started(original.uuid.clone(), "why")
        };
        let (mut job, mut taken) = (original.clone(), result.clone());
        let before = Before::finishing(&mut job, &mut taken);
        assert_eq!((job.error.as_str(), job.duration, taken.error.as_deref()), ("why", 5, None));
        before.restore(&mut job, &mut taken);
        assert_eq!((job, taken), (original, result));
    }
}
