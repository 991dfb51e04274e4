//! What kept a job is over: it goes on, unless there is something else to wait for.

use job_model::Job;
use job_store::Stored;
use service::Chain;

use super::dependencies::{self, Gathered};
use super::keys::{self, Entry};
use super::let_go::let_go;
use super::{expire, times};
use crate::app::App;

/// Lets a job go on that waited. False when it has to be looked at again.
pub(crate) async fn release(app: &App, job: Stored<Job>) -> bool {
    // Nobody can have begun it.
    if times::is_over(job.value.begin_by()) {
        return expire::end(app, &job.value).await;
    }
    let job = match dependencies::gather(app, job).await {
        Gathered::Ready(job) => *job,
        Gathered::Settled(is_settled) => return is_settled,
    };
    // What is made of a duplicate was decided when the job was made.
    match keys::enter(app, &job.value).await {
        Ok(Entry::Goes) => let_go(app, job).await,
        Ok(Entry::Busy { .. }) => keys::wait(app, job).await,
        Err(error) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %job.value.uuid, error = %Chain(&error), "failed to look for a place for a job");
            false
        }
    }
}
