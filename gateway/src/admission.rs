//! Whether a job may be made now that no client waits for: by a schedule, or as one of a batch. And what each job has of its
//! owner's token, whichever way it is made.
//!
//! The limits are those of its owner's token, as for a job that the token's client sends.

use job_model::{Job, TokenNetwork};

use crate::app::App;
use crate::http;
use crate::tokens::{Grant, Storing};

/// Why a job cannot be made now, in a sentence. Later it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotNow(pub(crate) String);

/// Room for one job; to be kept until it is stored.
pub(crate) async fn admit_one(app: &App, grant: &Grant) -> Result<Option<Storing>, NotNow> {
    if let Err(wait) = app.tokens.take_turn(grant) {
        return Err(NotNow(format!("the token {} has sent more than its rate allows, for {wait:?}", grant.name())));
    }
    room_for_one(app, grant).await
}

/// As [`admit_one`], for a job that is part of a request whose turn was taken.
pub(crate) async fn room_for_one(app: &App, grant: &Grant) -> Result<Option<Storing>, NotNow> {
    let room = async {
        http::refuse_when_full(app)?;
        http::admit(app, grant).await
    };
    room.await.map_err(|error| NotNow(error.sentence()))
}

/// Makes a job its owner's, within what the owner's token allows, and told to the token's webhook unless it has its own. Once
/// for each job.
pub(crate) fn give_to(job: &mut Job, grant: &Grant) {
    job.webhook = job.webhook.take().or_else(|| grant.webhook().cloned());
    job.owner = grant.owner().cloned();
    // A rerun stays bound by the token under which its code was written, too.
    job.network_token = bound_by(job.network_token.take(), grant.network());
    // Whoever made the job that this one repeats may have been allowed more.
    if job.priority.unwrap_or_default() > grant.max_priority() {
        job.priority = Some(grant.max_priority());
    }
}

/// What two rules leave open together.
pub(crate) fn bound_by(first: Option<TokenNetwork>, second: Option<&TokenNetwork>) -> Option<TokenNetwork> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.and(second)),
        (first, second) => first.or_else(|| second.cloned()),
    }
}
