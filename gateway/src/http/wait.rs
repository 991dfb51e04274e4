//! Answering when a job is done: `?wait=SECONDS`.

use std::sync::Arc;
use std::time::Duration;

use job_model::{Job, JobId, JobStatus};
use tokio::time::Instant;
use url::form_urlencoded;

use super::caller::Caller;
use super::error::ApiError;
use super::lookup;
use crate::app::App;

/// How often a waiter reads the job when no event about it comes.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// How long a client wants to wait, cut to what is allowed; `None` when it does not.
pub(crate) fn wanted(query: Option<&str>, longest: Duration) -> Result<Option<Duration>, ApiError> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let Some((_, text)) = pairs.find(|(key, value)| key == "wait" && !value.is_empty()) else { return Ok(None) };
    let seconds = text
        .parse::<u64>()
        .map_err(|_| ApiError::Query { name: "wait", reason: format!("{text:?} is not a whole number of seconds") })?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds).min(longest)))
}

/// The job as soon as it is done, or as it is when the time is up or the gateway stops.
pub(crate) async fn until_done(
    app: &Arc<App>,
    caller: &Caller,
    id: &JobId,
    time: Duration,
) -> Result<Arc<Job>, ApiError> {
    let reach = caller.reach();
    let deadline = Instant::now() + time;
    loop {
        if !app.tokens.is_current(&caller.grant) {
            return Err(ApiError::Unauthorized); // taken away meanwhile
        }
        let (job, mut watch) = lookup::find_and_watch(app, id, &reach).await?;
        if job.status == JobStatus::Done || Instant::now() >= deadline {
            return Ok(Arc::new(job));
        }
        // A predecessor's gateway tells nobody of a result, and broadcasts may be lost.
        let look = deadline.min(Instant::now() + LOOK);
        tokio::select! {
            () = app.stop.cancelled() => return Ok(Arc::new(job)),
            () = tokio::time::sleep_until(look) => {}
            // The uuid may have been used again, by somebody else: then the job is read again.
            done = watch.done() => if let Some(done) = done.filter(|job| reach.covers(job)) { return Ok(done) },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::wanted;

    #[test]
    fn whole_seconds_up_to_the_longest_are_waited() {
        let longest = Duration::from_secs(60);
        for (query, seconds) in
            [("wait=5", Some(5)), ("wait=100", Some(60)), ("wait=0", None), ("wait=", None), ("", None)]
        {
            assert_eq!(wanted(Some(query), longest).unwrap(), seconds.map(Duration::from_secs), "{query}");
        }
        assert!(wanted(Some("wait=soon"), longest).is_err());
        assert!(wanted(Some("wait=-1"), longest).is_err());
    }
}
