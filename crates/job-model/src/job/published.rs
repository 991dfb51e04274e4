//! What clients see of a job.

use super::{Dispatch, Job};
use crate::{FileSetId, InstanceId, JobNetwork, Timestamp, TokenNetwork, Webhook};

/// What clients do not see of a job.
struct Hidden {
    dispatch: Option<Dispatch>,
    wake_at: Option<Timestamp>,
    trace: Option<String>,
    instance: Option<InstanceId>,
    file_set: Option<FileSetId>,
    network_token: Option<TokenNetwork>,
    network: Option<JobNetwork>,
    webhook: Option<Webhook>,
}

impl Job {
    /// Shows the job as clients see it: without the gateways' own memory, its token's rules, its proxy's
    /// credentials and its webhook's secrets.
    #[must_use]
    pub fn published(mut self) -> Self {
        self.hide();
        self
    }

    /// Looks at the job as [`Job::published`] shows it, without a copy of the job.
    pub fn look_at_published<T>(&mut self, look: impl FnOnce(&Self) -> T) -> T {
        let hidden = self.hide();
        let seen = look(self);
        (self.dispatch, self.wake_at, self.trace) = (hidden.dispatch, hidden.wake_at, hidden.trace);
        (self.instance, self.file_set) = (hidden.instance, hidden.file_set);
        (self.network_token, self.network, self.webhook) = (hidden.network_token, hidden.network, hidden.webhook);
        seen
    }

    fn hide(&mut self) -> Hidden {
        let network = self.network.as_ref().map(JobNetwork::shown);
        let webhook = self.webhook.as_ref().map(Webhook::shown);
        Hidden {
            dispatch: self.dispatch.take(),
            wake_at: self.wake_at.take(),
            trace: self.trace.take(),
            instance: self.instance.take(),
            file_set: self.file_set.take(),
            network_token: self.network_token.take(),
            network: std::mem::replace(&mut self.network, network),
            webhook: std::mem::replace(&mut self.webhook, webhook),
        }
    }
}
