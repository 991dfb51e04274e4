//! What both binaries share: configuration parts, telemetry, shutdown, retry, error chains.
//!
//! A binary flattens the [`QueueArgs`], [`CouchDbArgs`] and [`TelemetryArgs`] it needs into its own clap parser and
//! reads it with [`config::parse`], the only place where the environment is read. Nothing here knows jobs.

pub mod config;
mod couchdb_args;
mod error_chain;
mod queue_args;
pub mod retry;
mod secret;
mod shutdown;
pub mod telemetry;

pub use couchdb_args::CouchDbArgs;
pub use error_chain::Chain;
pub use queue_args::QueueArgs;
pub use retry::Backoff;
pub use secret::Secret;
pub use shutdown::shutdown_on_signals;
pub use telemetry::TelemetryArgs;
