//! Every move of a job, and who hears of it. Tasks and HTTP only ask here.
//!
//! Each move reads the job, decides, and writes over the revision it read: of several gateways that try, one succeeds.
//! Any move may be repeated. `docs/ARCHITECTURE.md` has the picture: who moves a job, what each crash leaves, and who
//! picks it up.

mod announce;
mod begin;
mod cancel;
mod create;
mod delete;
mod dependencies;
mod expire;
mod finish;
mod instance;
mod keys;
mod let_go;
mod loss;
#[cfg(test)]
mod loss_model;
mod mark;
mod publish;
mod release;
mod retry;
mod rows;
mod times;
mod wake;
mod wanted;

pub(crate) use begin::note_running;
pub(crate) use cancel::{Cancelled, cancel};
pub(crate) use create::{Created, create, is_not_there, rerun};
pub(crate) use delete::{delete, delete_rows};
pub(crate) use dependencies::{Dependents, missing as missing_dependency};
pub(crate) use finish::{Kept, finish};
pub(crate) use loss::{loss_horizon, queue_was_empty};
pub(crate) use mark::{write_due, write_held};
pub(crate) use publish::{adopt, adopt_foreign, publish_left, publish_lost, publish_waiting};
pub(crate) use rows::read_within;
pub(crate) use wake::{look_after_waiting, look_at_freed, wake};
pub(crate) use wanted::answer;
