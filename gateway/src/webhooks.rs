//! Tells clients' servers of jobs and batches.
//!
//! What happened becomes deliveries (`outbox`), records of the store that any gateway sends (`task`) and that their job
//! shows. docs/WEBHOOKS.md says what a receiver sees.

mod backoff;
mod delivery;
mod hosts;
mod list;
mod outbox;
mod payload;
mod rules;
mod sender;
pub(crate) mod settings;
mod signature;
mod task;

pub(crate) use list::{of_batch, of_job, redeliver, redeliver_of_batch};
pub(crate) use outbox::{queue_batch, queue_begin, queue_end};
pub(crate) use rules::check;
pub(crate) use task::run;
