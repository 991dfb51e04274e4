//! A job ends: with the first valid result, by being given up, or by a client's cancel. Nothing changes afterwards.

use std::time::Instant;

use job_model::{Job, JobResult, JobStatus, Outcome, Timestamp};
use job_store::{StoreError, Stored};
use service::Chain;

use super::rows::{self, Row};
use super::{announce, instance, loss};
use crate::app::App;
use crate::clock;

/// Whose result the job keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The one just given: it is stored now.
    First,
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
        let before = Before::finishing(&mut job, result);
        let mut written = rows::update(app, Row::Done, &job, &revision).await;
        if let Err(error @ StoreError::TooLarge { .. }) = &written {
            tracing::error!(job.id = %job.uuid, "result dropped: it is larger than the database takes");
            cut_down(&mut job, error);
            written = rows::update(app, Row::Done, &job, &revision).await;
        }
        match written {
            Ok(_) => {
                move_watermark(app, result, &before);
                app.metrics.observe_done(&job);
                app.last_hour.ended(job.duration, clock::now());
                announce::done(app, job);
                return Ok(Kept::First);
            }
            Err(error) => {
                before.restore(&mut job, result);
                match error {
                    // Somebody wrote meanwhile: the `queued` mark, another result. Look again.
                    StoreError::Conflict { .. } => {}
                    error => {
                        if from_memory {
                            // There is room: it was held a moment ago. If there is none, the sweep marks it.
                            let _ = app.held_marks.hold(Stored { value: job, revision }, Instant::now());
                        }
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Ends a job that nobody seems able to run.
pub(super) async fn give_up(app: &App, job: &Job, begun: u32, reason: String) {
    let mut result = ended_here(job, begun, Outcome::GivenUp, reason);
    match finish(app, &mut result).await {
        Ok(Kept::Earlier | Kept::OfAnother) => {}
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
fn move_watermark(app: &App, result: &JobResult, before: &Before) {
    let ended_by_gateway = matches!(result.outcome, Some(Outcome::Cancelled | Outcome::GivenUp));
    let (Some(queued_at), false, false) = (result.queued_at, ended_by_gateway, before.republished) else { return };
    let position = loss::proven(queued_at.unix_millis(), app.settings.requeue_after());
    app.watermark().note(clock::now(), position);
}

/// What a job was before its result was taken over, for when that could not be stored.
struct Before {
    status: JobStatus,
    running: Option<job_model::Running>,
    dispatch: Option<job_model::Dispatch>,
    republished: bool,
}

impl Before {
    /// Takes the result over into the job.
    fn finishing(job: &mut Job, result: &mut JobResult) -> Self {
        let (status, running, dispatch) = (job.status, job.running.take(), job.dispatch.take());
        let republished = dispatch.is_some_and(|dispatch| dispatch.attempts > 1);
        let shell = JobResult {
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
        Self { status, running, dispatch, republished }
    }

    /// Gives the result back.
    fn restore(self, job: &mut Job, result: &mut JobResult) {
        result.error = Some(std::mem::take(&mut job.error)).filter(|error| !error.is_empty());
        (result.error_at, result.error_stack) = (job.error_at.take(), job.error_stack.take());
        result.logs = job.logs.take().unwrap_or_default();
        result.results = job.results.take().unwrap_or_default();
        (job.status, job.running, job.dispatch) = (self.status, self.running, self.dispatch);
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
        let original = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        let result = JobResult {
            results: serde_json::from_str(r#"{"a":1}"#).unwrap(),
            attempt: Some(2),
            duration: 5,
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
