//! What both binaries share: configuration parts, telemetry, shutdown, retry, error chains.
//!
//! A binary flattens the [`ListenArgs`], [`QueueArgs`], [`CouchDbArgs`], [`StopArgs`] and [`TelemetryArgs`] it needs into its own clap parser and
//! reads it with [`config::parse`], the only place where the environment is read. Nothing here knows jobs.

pub mod config;
mod couchdb_args;
mod descriptors;
mod error_chain;
mod files_args;
pub mod http_server;
mod listen;
pub mod metrics;
mod queue_args;
pub mod retry;
mod secret;
mod shutdown;
mod stop_args;
pub mod telemetry;
pub mod tls;
pub mod traces;

pub use couchdb_args::{CouchDbArgs, Scheme};
pub use descriptors::raise_descriptor_limit;
pub use error_chain::{Chain, ended_by};
pub use files_args::FilesArgs;
pub use listen::{ListenArgs, listen};
pub use queue_args::{QueueArgs, QueueType, SameQueue};
pub use retry::Backoff;
pub use secret::Secret;
pub use shutdown::shutdown_on_signals;
pub use stop_args::StopArgs;
pub use telemetry::TelemetryArgs;
pub use traces::{Traces, TracesArgs};
