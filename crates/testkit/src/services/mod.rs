//! Real servers for tests: CouchDB's protocol and RabbitMQ.
//!
//! Each runs in a process group of its own with its own temporary directory and is killed whole when its handle is dropped,
//! and also when the test process dies in any other way (see [`server`]). A missing program fails the test with the
//! command that installs it.

pub mod couchdb;
pub mod rabbitmq;
pub mod rabbitmq_cluster;
pub mod server;

pub use couchdb::{CouchDb, couchdb, durable_couchdb, external_couchdb};
pub use rabbitmq::{RabbitMq, private_rabbitmq, private_rabbitmq_with, rabbitmq};
pub use rabbitmq_cluster::{RabbitMqCluster, rabbitmq_cluster};

/// What to run when a test service is missing.
pub(crate) const INSTALL: &str = "run scripts/install-test-services.sh (or `make test`, which does)";

/// Where test services keep what outlives one test run: `$XDG_CACHE_HOME` or `~/.cache`, `puppet-master-tests`.
pub(crate) fn cache_directory() -> std::path::PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(std::path::PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".cache")));
    base.expect("HOME or XDG_CACHE_HOME is set").join("puppet-master-tests")
}
