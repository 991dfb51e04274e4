//! The gateway over real HTTP, on the embedded parts and on CouchDB's protocol with RabbitMQ.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod audit;
mod binary;
mod cancelling;
mod dashboard;
mod door;
mod executors;
mod fleet;
mod killing;
mod listing;
mod losing;
mod one_shots;
mod outages;
mod owners;
mod predecessors;
mod results;
mod running;
mod scopes;
mod sweeping;
mod sweeping_files;
mod tls;
mod token_file;
mod token_limits;
mod watched_store;
mod watching;
