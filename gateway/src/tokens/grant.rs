//! What the client of a token may do.

use std::sync::Arc;

use job_model::{Priority, TokenName, TokenNetwork, Webhook};

use super::{NamedToken, Reach, Scope};

/// What the client of a token may do.
#[derive(Clone, Debug)]
pub(crate) enum Grant {
    /// A token without a name: everything.
    Everything,
    /// A token of the file, as the file was when the request came.
    Named(Arc<NamedToken>),
}

impl Grant {
    /// Whether the token has a scope.
    pub(crate) fn holds(&self, scope: Scope) -> bool {
        match self {
            Grant::Everything => true,
            Grant::Named(token) => token.scopes.holds(scope),
        }
    }

    /// Whose jobs it may touch.
    pub(crate) fn reach(&self) -> Reach {
        match self {
            Grant::Named(token) if !token.scopes.holds(Scope::JobsAll) => Reach::Own(token.name.clone()),
            _ => Reach::All,
        }
    }

    /// The owner of jobs that it creates.
    pub(crate) fn owner(&self) -> Option<&TokenName> {
        match self {
            Grant::Everything => None,
            Grant::Named(token) => Some(&token.name),
        }
    }

    /// What jobs that it creates may reach of the network, within what the executors leave open.
    pub(crate) fn network(&self) -> Option<&TokenNetwork> {
        match self {
            Grant::Everything => None,
            Grant::Named(token) => token.network.as_ref(),
        }
    }

    /// The webhook for events of those of its jobs that have none of their own.
    pub(crate) fn webhook(&self) -> Option<&Webhook> {
        match self {
            Grant::Everything => None,
            Grant::Named(token) => token.webhook.as_ref(),
        }
    }

    /// The highest priority of jobs that it creates.
    pub(crate) fn max_priority(&self) -> Priority {
        let most = match self {
            Grant::Everything => None,
            Grant::Named(token) => token.max_priority,
        };
        most.unwrap_or(Priority::High)
    }

    /// The token's name, for people. No token of the file can have the name of those without one.
    pub(crate) fn name(&self) -> &str {
        self.owner().map_or("API_TOKEN", TokenName::as_str)
    }
}
