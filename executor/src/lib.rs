//! Consumes jobs, runs each in a slot with a Chromium of its own, publishes the results.
//!
//! The executor itself never runs job code: it keeps the broker's connection and its heartbeats, and one child process
//! per [`slot`]. A job that spins, leaks or crashes hurts its own slot only, and the slot is replaced.

mod attempts;
mod browser_pool;
mod checks;
pub mod chromium_sandbox;
mod chromiums;
pub mod config;
mod draining;
mod environment;
mod error;
mod events;
mod executor;
mod file_store;
mod heartbeats;
pub mod job_message;
mod job_registry;
mod job_run;
mod job_spans;
mod live;
mod memory;
mod message_headers;
mod metrics;
pub mod network;
mod one_job;
mod order_listener;
mod orders;
mod page_setup;
mod processes;
pub mod protocol;
mod questions;
mod recent_ids;
mod recorder;
mod result_message;
mod run_directory;
pub mod safeguard_choice;
mod safeguards;
pub mod slot;
mod slot_fetch;
mod slot_lock;
mod slot_meter;
mod slot_network;
mod slot_output;
mod slot_pipe;
pub mod slot_process;
mod slot_settings;
mod slot_states;
mod slots;
mod status;
pub mod taken_files;
mod watches;
mod worker;

pub use checks::{absent_safeguards, check, find_chromium};
pub use error::ExecutorError;
pub use executor::run;
pub use one_job::run_one;
pub use script::JobFolder;
pub use slot_settings::slot_settings;
