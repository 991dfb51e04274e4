//! Who changed which job: one line at INFO with the target `audit` for each change, never with a token or what a job holds.

use job_model::JobId;

use crate::caller::Caller;

/// What a client did to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Create,
    Rerun,
    Cancel,
    Delete,
    /// One of many that a filter named.
    BulkDelete,
}

impl Change {
    const fn as_str(self) -> &'static str {
        match self {
            Change::Create => "create",
            Change::Rerun => "rerun",
            Change::Cancel => "cancel",
            Change::Delete => "delete",
            Change::BulkDelete => "bulk_delete",
        }
    }
}

/// Notes that a client told an executor what to do.
pub(crate) fn executor(caller: &Caller, action: &'static str, executor: &str) {
    tracing::info!(
        target: "audit",
        action,
        token = caller.grant.name(),
        request.id = %caller.request_id,
        peer.address = caller.peer.map(tracing::field::display),
        executor,
        "executor told by a client"
    );
}

/// Notes that a client changed a job. To be called once the change is stored.
pub(crate) fn changed(caller: &Caller, change: Change, id: &JobId) {
    tracing::info!(
        target: "audit",
        action = change.as_str(),
        token = caller.grant.name(),
        request.id = %caller.request_id,
        peer.address = caller.peer.map(tracing::field::display),
        job.id = %id,
        "job changed by a client"
    );
}
