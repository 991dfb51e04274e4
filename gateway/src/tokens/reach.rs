//! Whose jobs a request may touch.

use job_model::{Job, TokenName};

/// Whose jobs a request may touch. A job beyond it does not exist for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everybody's, and those without an owner.
    All,
    /// Those that the token of this name made.
    Own(TokenName),
}

impl Reach {
    pub(crate) fn covers(&self, job: &Job) -> bool {
        self.covers_owner(job.owner.as_ref())
    }

    /// As [`Self::covers`], of anything that has an owner.
    pub(crate) fn covers_owner(&self, owner: Option<&TokenName>) -> bool {
        match self {
            Reach::All => true,
            Reach::Own(name) => owner == Some(name),
        }
    }
}
