//! Whether a token may have one more job: it may have so many that wait, and so many that wait or run.
//!
//! The store counts, by its index. What is being stored at this gateway at the same moment counts, too: each request sees all
//! that began before it, stored or not. So one gateway never lets in too many; beside others it may let in what they are
//! storing at that moment.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use job_model::{Job, JobState};
use job_store::{JobFilter, ListQuery};

use super::error::ApiError;
use super::lookup::within;
use crate::app::App;
use crate::tokens::{Grant, NamedToken, Storing};

/// Room for a job that is about to be stored; to be kept until it is. `None` for who has no limit.
///
/// # Errors
/// [`ApiError::TooManyJobs`] with the limit that is met.
pub(crate) async fn admit(app: &App, grant: &Grant) -> Result<Option<Storing>, ApiError> {
    let Grant::Named(token) = grant else { return Ok(None) };
    if token.max_queued.is_none() && token.max_under_way.is_none() {
        return Ok(None);
    }
    let storing = app.tokens.begin_storing(&token.name);
    // Two counts at two moments: a job that begins in between is among those that wait, or among those that run, or in both.
    let waiting = count(app, token, JobState::Waiting).await?;
    check(token, "max_queued", token.max_queued, waiting, "wait", &storing)?;
    if token.max_under_way.is_some() {
        let running = count(app, token, JobState::Running).await?;
        check(token, "max_under_way", token.max_under_way, waiting + running, "wait or run", &storing)?;
    }
    Ok(Some(storing))
}

/// Refuses a priority that the token may not give.
pub(super) fn check_priority(grant: &Grant, job: &Job) -> Result<(), ApiError> {
    let most = grant.max_priority();
    // One that says nothing gets what is allowed.
    if job.priority.is_none_or(|priority| priority <= most) {
        return Ok(());
    }
    let reason = format!("The priority may be {most} at most: max_priority of the token {} says so.", grant.name());
    Err(ApiError::Invalid { errors: BTreeMap::from([("priority", vec![reason])]) })
}

async fn count(app: &App, token: &NamedToken, state: JobState) -> Result<u64, ApiError> {
    let filter = JobFilter { owner: Some(token.name.clone()), state: Some(state), ..JobFilter::ALL };
    let counted = app.store.list(ListQuery { filter, skip: 0, limit: 0 });
    Ok(within(app, "Failed to count the jobs of the token", counted).await?.total)
}

fn check(
    token: &NamedToken,
    limit: &'static str,
    most: Option<NonZeroU32>,
    stored: u64,
    jobs: &'static str,
    storing: &Storing,
) -> Result<(), ApiError> {
    match most.map(NonZeroU32::get) {
        Some(most) if stored + u64::from(storing.together) > u64::from(most) => {
            Err(ApiError::TooManyJobs { token: token.name.to_string(), limit, most, jobs })
        }
        _ => Ok(()),
    }
}
