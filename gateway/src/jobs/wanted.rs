//! What a gateway tells an executor that asks before it begins a job.

use job_model::{JobAnswer, JobQuestion, JobStatus};
use job_store::StoreError;

use super::{instance, rows};
use crate::app::App;
use crate::clock;
use crate::fleet::Creation;

/// Answers whether a job is to run, and whether this attempt of it was begun before.
///
/// # Errors
/// The store could not be asked: then there is no answer, and the executor asks again.
pub(crate) async fn answer(app: &App, question: &JobQuestion) -> Result<JobAnswer, StoreError> {
    let job = match rows::read(app, &question.uuid).await {
        Ok(stored) => stored.value,
        Err(StoreError::NotFound { .. }) => return Ok(JobAnswer { wanted: false, begun: None }),
        Err(error) => return Err(error),
    };
    let own = instance::same(question.instance.as_ref(), question.created_at, &job) != Some(false);
    let wanted = own && job.status != JobStatus::Done;
    let creation = Creation::new(question.uuid.clone(), question.instance.clone());
    let heard = app.fleet.sighting(&creation, clock::now()).begun;
    let noted = job.running.as_ref().map_or(0, |running| running.attempt);
    // A document keeps whole seconds: the message may be older than it says by less than one.
    let on_queue_since = job.dispatch.map_or(job.created_at, |dispatch| dispatch.at).unix_millis();
    let heard_all = app.fleet.listening_since().is_some_and(|since| since <= on_queue_since);
    let begun = if heard.max(noted) >= question.attempt { Some(true) } else { heard_all.then_some(false) };
    Ok(JobAnswer { wanted, begun })
}
