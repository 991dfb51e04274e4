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
        match self {
            Reach::All => true,
            Reach::Own(name) => job.owner.as_ref() == Some(name),
        }
    }
}
