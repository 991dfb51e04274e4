//! Runs a user's code in QuickJS against a page.
//!
//! [`run`] gives one [`Script`] one engine, feeds it from one ordered [`Inbox`](inbox::Inbox) and ends it within its
//! [`Limits`]. What a script sees is made of two halves: `js/*.js`, the prelude, decides how a call looks; `ops/*.rs`
//! carries it across. User code reaches neither the ops nor the prelude's modules.

mod course;
pub mod error;
pub mod inbox;
mod linker;
pub mod log;
mod memory;
pub mod ops;
mod prelude;
pub mod resources;
mod results;
mod sandbox;
pub mod scope;
mod source;
mod stack;
mod timers;
mod tokens;
pub mod value;
mod watch;

pub use sandbox::{Host, Outcome, Script, run};
pub use watch::Limits;
