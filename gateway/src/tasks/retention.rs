//! Deletes jobs that ended long ago, when `JOB_RETENTION`, `JOB_RETENTION_FAILED` or the token that made them says so.
//!
//! Harmless by many gateways: each row is deleted at the revision that the list showed. It goes in steps, so that others
//! write in between, and gives the space back afterwards.

mod others;

use std::sync::Arc;
use std::time::Duration;

use job_model::{JobState, JobSummary, Timestamp, TokenName};
use job_store::{JobFilter, ListQuery, StoreError, Stored};
use service::Chain;

use crate::app::App;
use crate::clock;
use crate::jobs;
use crate::tokens::NamedToken;

/// Jobs deleted in one step.
const STEP: u64 = 500;
/// The time between two looks for jobs that are old enough, at most.
const INTERVAL: Duration = Duration::from_secs(60);
/// Deletes after which the space is given back at the latest, and when nothing is left to delete.
const RECLAIM_AFTER: u64 = 20_000;

/// Deletes until `stop`.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        let rules = rules(&app);
        for rule in &rules {
            if let Err(error) = retire(&app, rule).await {
                app.metrics.store_errors.inc();
                tracing::warn!(error = %Chain(&error), "failed to delete old jobs, trying again later");
            }
        }
        let shortest = rules.iter().map(|rule| rule.age.max(Duration::from_millis(100))).min();
        // Tokens may get a rule at any moment.
        if shortest.is_none() && !app.tokens.has_file() {
            return;
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL.min(shortest.unwrap_or(INTERVAL))) => {}
        }
    }
}

/// Which jobs are deleted how long after they ended.
struct Rule {
    age: Duration,
    state: JobState,
    /// Only jobs of this owner.
    owner: Option<TokenName>,
    /// Owners with a rule of their own for this state, which takes precedence.
    except: Vec<TokenName>,
}

fn rules(app: &App) -> Vec<Rule> {
    let settings = &app.settings;
    let tokens = app.tokens.named();
    let mut rules = Vec::new();
    for state in JobState::ALL.into_iter().filter(|state| !matches!(state, JobState::Waiting | JobState::Running)) {
        let succeeded = state == JobState::Succeeded;
        let own = |token: &NamedToken| if succeeded { token.retention } else { token.retention_failed };
        let named = tokens.iter().filter_map(|token| Some((token.name.clone(), own(token)?)));
        let named: Vec<(TokenName, Duration)> = named.collect();
        if let Some(age) = if succeeded { settings.job_retention } else { settings.job_retention_failed } {
            let except = named.iter().map(|(name, _)| name.clone()).collect();
            rules.push(Rule { age, state, owner: None, except });
        }
        let of_owner = |(name, age)| Rule { age, state, owner: Some(name), except: Vec::new() };
        rules.extend(named.into_iter().map(of_owner));
    }
    rules
}

/// Deletes all jobs of a rule that ended so long ago.
async fn retire(app: &App, rule: &Rule) -> Result<(), StoreError> {
    let Some(limit) = clock::before(rule.age) else { return Ok(()) };
    // A job ends after it was created. The few that were created before the limit and ended after it are passed over.
    let filter =
        JobFilter { owner: rule.owner.clone(), state: Some(rule.state), created_to: Some(limit), ..JobFilter::ALL };
    let is_due = |job: &Stored<JobSummary>| {
        ended(job) <= limit && !job.value.owner.as_ref().is_some_and(|owner| rule.except.contains(owner))
    };
    let (mut deleted, mut since_reclaim) = (0, 0);
    for part in others::parts(&*app.store, filter, &rule.except, STEP).await? {
        let mut passed_over = 0;
        while !app.stop.is_cancelled() {
            let page = app.store.list(ListQuery { filter: part.clone(), skip: passed_over, limit: STEP }).await?;
            if page.jobs.is_empty() {
                break;
            }
            let (due, others): (Vec<_>, Vec<_>) = page.jobs.into_iter().partition(is_due);
            passed_over += others.len() as u64;
            let wanted = due.len() as u64;
            let gone = jobs::delete_rows(app, due).await?.len() as u64;
            passed_over += wanted - gone;
            deleted += gone;
            since_reclaim += gone;
            app.metrics.retired.inc_by(gone);
            if since_reclaim >= RECLAIM_AFTER {
                since_reclaim = 0;
                app.store.reclaim().await?;
            }
        }
    }
    if deleted > 0 {
        tracing::info!(
            jobs = deleted,
            job.state = %rule.state,
            job.owner = rule.owner.as_ref().map(tracing::field::display),
            "old jobs are deleted"
        );
        app.store.reclaim().await?;
    }
    Ok(())
}

/// When a job ended, as far as its document says.
fn ended(job: &Stored<JobSummary>) -> Timestamp {
    job.value.finished_at.unwrap_or(job.value.created_at)
}
