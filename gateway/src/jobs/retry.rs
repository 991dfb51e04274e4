//! A try of a job has failed, and there is to be another: the job goes back to `created` and waits.
//!
//! Each try is a creation of its own to everybody who deals with messages, events and results: it has an instance of its own
//! (see [`InstanceId::of_try`](job_model::InstanceId::of_try)). So what is late of an earlier try, a second copy of its
//! result too, is passed over like everything that is said of another creation.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use job_model::{Attempt, Dispatch, Job, JobResult, Outcome, RetryOn, Timestamp};

use super::announce;
use crate::app::App;
use crate::fleet::Creation;
use crate::metrics::OutcomeLabels;

/// The job as it waits for its next try, when this result is to be followed by one.
pub(super) fn next_try(job: &Job, result: &JobResult, now: Timestamp) -> Option<Job> {
    // What waits was not tried.
    let retry = job.retry.as_ref().filter(|_| job.waits_for.is_none())?;
    let outcome = result.outcome.unwrap_or_else(|| Outcome::of_error(result.error.as_deref()));
    let kind = RetryOn::of(outcome, result.crashed)?;
    let repetition = u32::try_from(job.attempts.as_ref().map_or(0, Vec::len)).ok()?.checked_add(1)?;
    if repetition > retry.times || !retry.on.contains(&kind) {
        return None;
    }
    let wait = retry.wait(repetition);
    let wake_at = now.after(wait.saturating_add(spread(job, repetition, wait)))?;
    let attempt = Attempt {
        error: result.error.as_deref().unwrap_or_default().chars().take(Attempt::ERROR_CHARS).collect(),
        outcome,
        started_at: result.started_at,
        finished_at: result.finished_at.unwrap_or(now),
        duration: result.duration,
    };
    let mut next = job.clone();
    next.try_again(attempt, wake_at).ok()?;
    // A gateway that knows no tries finds it claimed until then.
    next.dispatch = Some(Dispatch { at: wake_at, attempts: 0 });
    Some(next)
}

/// A job's own share of up to a tenth of the wait: jobs that a site failed at one moment come back at several.
fn spread(job: &Job, repetition: u32, wait: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    (job.uuid.as_str(), repetition).hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    wait / 10_000 * share
}

/// The next try is stored.
pub(super) fn stored(app: &App, before: &Job, next: &Job) {
    let outcome = next.attempts.as_ref().and_then(|tries| tries.last()).map_or("", |attempt| attempt.outcome.as_str());
    app.metrics.retried.get_or_create(&OutcomeLabels { outcome }).inc();
    tracing::info!(job.id = %next.uuid, outcome, wake_at = ?next.wake_at, "job failed and is tried again");
    app.fleet.forget(&Creation::of(before));
    app.due_times.ring(next.wake_at);
    announce::retrying(app, next);
}

#[cfg(test)]
mod tests {
    use job_model::{Job, JobId, JobResult, JobStatus, NewJob, Outcome, Timestamp, WaitsFor};

    use super::next_try;
    use crate::jobs::instance::is_result_of;

    fn job(retry: &str) -> Job {
        let new: NewJob = serde_json::from_str(&format!(r#"{{"uuid":"j","retry":{retry}}}"#)).unwrap();
        Job::create(new, Timestamp::now()).unwrap()
    }

    fn ended(job: &Job, outcome: Outcome, crashed: bool) -> JobResult {
        let (instance, outcome) = (job.instance.clone(), Some(outcome));
        JobResult { instance, outcome, crashed, ..JobResult::not_started(job.uuid.clone(), "why") }
    }

    /// The job once its wait is over.
    fn begun(mut job: Job) -> Job {
        job.waits_for = None;
        job.mark_queued().unwrap();
        job
    }

    #[test]
    fn a_job_is_tried_as_often_as_it_says_and_only_after_the_ends_it_names() {
        let now = Timestamp::now();
        let mut last = job(r#"{"times":2,"backoff":{"first":4,"factor":3},"on":["error","crash"]}"#);
        assert_eq!(next_try(&last, &ended(&last, Outcome::TimedOut, false), now), None);
        assert_eq!(next_try(&last, &ended(&last, Outcome::Succeeded, false), now), None);
        assert_eq!(next_try(&last, &ended(&last, Outcome::Cancelled, false), now), None);
        for (wait, crashed) in [(4.0, false), (12.0, true)] {
            let next = next_try(&last, &ended(&last, Outcome::Failed, crashed), now).unwrap();
            assert_eq!((next.status, next.waits_for), (JobStatus::Created, Some(WaitsFor::Retry)));
            let waits = (next.wake_at.unwrap().unix_millis() - now.unix_millis()) as f64 / 1000.0;
            assert!((wait..wait * 1.1).contains(&waits), "{waits} s");
            last = begun(next);
        }
        assert_eq!(next_try(&last, &ended(&last, Outcome::Failed, false), now), None, "that was the last");
        assert_eq!(last.attempts.unwrap().len(), 2);
    }

    #[test]
    fn jobs_that_failed_at_one_moment_come_back_at_several() {
        let (now, mut times) = (Timestamp::now(), std::collections::BTreeSet::new());
        for number in 0..100 {
            let job = Job { uuid: JobId::parse(format!("j{number}")).unwrap(), ..job(r#"{"times":1}"#) };
            times.insert(
                next_try(&job, &ended(&job, Outcome::Failed, false), now).unwrap().wake_at.unwrap().unix_millis(),
            );
        }
        assert!(times.len() > 80 && times.last().unwrap() - times.first().unwrap() > 500, "{times:?}");
    }

    #[test]
    fn a_result_of_an_earlier_try_is_nobodys() {
        let first = job(r#"{"times":3}"#);
        let of_first = ended(&first, Outcome::Failed, false);
        let second = begun(next_try(&first, &of_first, Timestamp::now()).unwrap());
        let of_second = ended(&second, Outcome::Failed, false);
        let third = next_try(&second, &of_second, Timestamp::now()).unwrap();
        for (result, counts_for) in [(&of_first, &first), (&of_second, &second)] {
            for job in [&first, &second, &third] {
                assert_eq!(is_result_of(result, job), job.instance == counts_for.instance);
            }
        }
        // A predecessor's executor says of no try, but when it began.
        let plain = |started_at| JobResult { instance: None, started_at, ..ended(&first, Outcome::Failed, false) };
        let end = second.attempts.as_ref().unwrap()[0].finished_at;
        let before = Timestamp::from_unix_millis(end.unix_millis() - 2_000);
        assert!(is_result_of(&plain(Some(end)), &second) && !is_result_of(&plain(before), &second));
    }
}
