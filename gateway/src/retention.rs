//! Deletes jobs that ended long ago, when `JOB_RETENTION` or `JOB_RETENTION_FAILED` says so.
//!
//! Harmless by many gateways: each row is deleted at the revision that the list showed. It goes in steps, so that others
//! write in between, and gives the space back afterwards.

use std::sync::Arc;
use std::time::Duration;

use job_model::{JobState, JobSummary, Timestamp};
use job_store::{JobFilter, ListQuery, StoreError, Stored};
use service::Chain;

use crate::app::App;
use crate::clock;
use crate::jobs;

/// Jobs deleted in one step.
const STEP: u64 = 500;
/// The time between two looks for jobs that are old enough, at most.
const INTERVAL: Duration = Duration::from_secs(60);
/// Deletes after which the space is given back at the latest, and when nothing is left to delete.
const RECLAIM_AFTER: u64 = 20_000;

/// Deletes until `stop`; nothing to do when jobs are kept for ever.
pub(crate) async fn run(app: Arc<App>) {
    let rules = [
        (app.settings.job_retention, vec![JobState::Succeeded]),
        (
            app.settings.job_retention_failed,
            vec![JobState::Failed, JobState::Cancelled, JobState::TimedOut, JobState::GivenUp],
        ),
    ];
    let rules: Vec<(Duration, JobState)> = rules
        .into_iter()
        .filter_map(|(age, states)| Some((age?, states)))
        .flat_map(|(age, states)| states.into_iter().map(move |state| (age, state)))
        .collect();
    let Some(shortest) = rules.iter().map(|(age, _)| *age).min() else { return };
    loop {
        for (age, state) in &rules {
            if let Err(error) = retire(&app, *age, *state).await {
                app.metrics.store_errors.inc();
                tracing::warn!(error = %Chain(&error), "failed to delete old jobs, trying again later");
            }
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL.min(shortest.max(Duration::from_millis(100)))) => {}
        }
    }
}

/// Deletes all jobs of a state that ended so long ago.
async fn retire(app: &App, age: Duration, state: JobState) -> Result<(), StoreError> {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let Some(limit) = clock::now().checked_sub(age).and_then(Timestamp::from_unix_millis) else { return Ok(()) };
    // A job ends after it was created. The few that were created before the limit and ended after it are passed over.
    let filter = JobFilter { state: Some(state), created_to: Some(limit), ..JobFilter::ALL };
    let (mut passed_over, mut deleted, mut since_reclaim) = (0, 0, 0);
    while !app.stop.is_cancelled() {
        let page = app.store.list(ListQuery { filter, skip: passed_over, limit: STEP }).await?;
        if page.jobs.is_empty() {
            break;
        }
        let (old, younger): (Vec<_>, Vec<_>) = page.jobs.into_iter().partition(|job| ended(job) <= limit);
        passed_over += younger.len() as u64;
        let wanted = old.len() as u64;
        let gone = jobs::delete_rows(app, old).await?;
        passed_over += wanted - gone;
        deleted += gone;
        since_reclaim += gone;
        app.metrics.retired.inc_by(gone);
        if since_reclaim >= RECLAIM_AFTER {
            since_reclaim = 0;
            app.store.reclaim().await?;
        }
    }
    if deleted > 0 {
        tracing::info!(jobs = deleted, job.state = %state, "old jobs are deleted");
        app.store.reclaim().await?;
    }
    Ok(())
}

/// When a job ended, as far as its document says.
fn ended(job: &Stored<JobSummary>) -> Timestamp {
    job.value.finished_at.unwrap_or(job.value.created_at)
}
