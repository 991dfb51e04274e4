//! Who changed which job: one line at INFO with the target `audit` for each change, never with a token or what a job holds.

use job_model::JobId;

use super::caller::Caller;

/// What a client did to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Create,
    Rerun,
    Cancel,
    Delete,
    /// An event is sent to its webhook once more.
    Redeliver,
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
            Change::Redeliver => "redeliver",
            Change::BulkDelete => "bulk_delete",
        }
    }
}

/// A line: who did what, from where, and to what.
macro_rules! note {
    ($caller:ident, $action:expr, $message:literal, $($what:tt)+) => {
        tracing::info!(
            target: "audit",
            action = $action,
            token = $caller.grant.name(),
            request.id = %$caller.request_id,
            peer.address = $caller.peer.map(tracing::field::display),
            $($what)+,
            $message
        )
    };
}

/// Notes that a client told an executor what to do.
pub(crate) fn executor(caller: &Caller, action: &'static str, executor: &str) {
    note!(caller, action, "executor told by a client", executor);
}

/// Notes that a client changed a script, a schedule or a batch. To be called once the change is stored.
pub(crate) fn named(caller: &Caller, action: &'static str, what: &'static str, name: &str) {
    note!(caller, action, "record changed by a client", what, name);
}

/// Notes that a client changed a job. To be called once the change is stored.
pub(crate) fn changed(caller: &Caller, change: Change, id: &JobId) {
    note!(caller, change.as_str(), "job changed by a client", job.id = %id);
}
