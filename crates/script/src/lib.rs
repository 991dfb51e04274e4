//! Runs a user's code in QuickJS against a page.
//!
//! [`run`] gives one [`Script`] one engine, feeds it from one ordered inbox and ends it within its [`Limits`].
//!
//! - **Two halves.** `js/`, the prelude, decides how a call looks: `puppeteer/` has Puppeteer's classes, `node/`
//!   what else Node gives a script, `core/` what both need of the engine; `src/ops/*.rs` carries it across in few-line
//!   functions. User code reaches neither the ops nor the prelude's `internal:` modules.
//! - **An op** is registered with `Registry::sync` (answers at once) or `Registry::future` (answers a
//!   promise, is polled once before the call returns); `src/ops/mod.rs` names the modules that ask for the ops of a file. Arguments are a tuple of `FromArg`, results are
//!   `IntoValue`, errors `OpError`.
//! - **A class** implements [`resources::Resource`] in Rust and calls `define(name, Class, deliver)` in its module,
//!   which is named in `src/prelude.rs` and `js/core/handles.js`, and read with the first object. One Rust object is one
//!   JavaScript object.
//! - **An event** goes through `Scope::emit`: events, answers and timers run in JavaScript in the order in
//!   which they entered the inbox, each followed by all its microtasks.

mod builtins;
mod callee;
mod calls;
mod cancel;
mod common_js;
mod downloads;
mod error;
mod error_place;
mod films;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod inbox;
pub mod job_folder;
mod limits;
mod linker;
mod links;
mod log;
mod memory;
mod meter;
mod ops;
mod page_use;
mod poll_timer;
mod prelude;
mod resolution;
pub mod resources;
mod results;
mod run_times;
mod sandbox;
mod scope;
mod source;
mod stack;
mod statements;
mod stop;
mod surface;
mod timers;
mod tokens;
mod typescript;
mod value;

pub use calls::{Call, CallListener, Calls};
pub use host::Host;
pub use job_folder::{FolderError, FolderLimits, JobFolder};
pub use limits::Limits;
pub use page_use::PageUse;
pub use sandbox::{LeftEngine, RunReport, Script, run};
pub use stack::thread_stack_bytes;
pub use stop::Stop;
