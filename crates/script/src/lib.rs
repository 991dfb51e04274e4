//! Runs a user's code in QuickJS against a page.
//!
//! [`run`] gives one [`Script`] one engine, feeds it from one ordered [`inbox`] and ends it within its [`Limits`].
//!
//! - **Two halves.** `js/*.js`, the prelude, decides how a call looks; `src/ops/*.rs` carries it across in few-line
//!   functions. User code reaches neither the ops nor the prelude's `internal:` modules.
//! - **An op** is registered with [`ops::Registry::sync`] (answers at once) or [`ops::Registry::future`] (answers a
//!   promise, is polled once before the call returns). Arguments are a tuple of [`value::FromArg`], results are
//!   [`value::IntoValue`], errors [`error::OpError`].
//! - **A class** implements [`resources::Resource`] in Rust and calls `define(name, Class, deliver)` in its module,
//!   which is named in `src/prelude.rs` and imported by `js/main.js`. One Rust object is one JavaScript object.
//! - **An event** goes through [`scope::Scope::emit`]: events, answers and timers run in JavaScript in the order in
//!   which they entered the inbox, each followed by all its microtasks.

mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod inbox;
mod limits;
mod linker;
mod log;
mod memory;
mod meter;
mod ops;
mod page_use;
mod prelude;
pub mod resources;
mod results;
mod run_times;
mod sandbox;
mod scope;
mod source;
mod stack;
mod stop;
mod timers;
mod tokens;
mod value;

pub use host::Host;
pub use limits::Limits;
pub use page_use::PageUse;
pub use sandbox::{RunReport, Script, run};
pub use stack::thread_stack_bytes;
pub use stop::Stop;
