//! Every move of a job, and who is told of it. Tasks and HTTP only ask here.
//!
//! Each move reads the job, decides, and writes over the revision it read: of several gateways that try, one succeeds.
//! Any move may be repeated. `docs/ARCHITECTURE.md` has the picture: who moves a job, what each crash leaves, and who
//! picks it up.

mod announce;
mod begin;
mod cancel;
mod create;
mod delete;
mod finish;
mod instance;
mod loss;
#[cfg(test)]
mod loss_model;
mod mark;
mod publish;
mod rows;
mod wanted;

pub(crate) use begin::note_running;
pub(crate) use cancel::{Cancelled, cancel};
pub(crate) use create::{create, rerun};
pub(crate) use delete::{delete, delete_rows};
pub(crate) use finish::{Kept, finish};
pub(crate) use loss::{loss_horizon, queue_was_empty};
pub(crate) use mark::{write_due, write_held};
pub(crate) use publish::{adopt, adopt_foreign, publish_left, publish_lost, publish_waiting};
pub(crate) use rows::read_within;
pub(crate) use wanted::answer;
