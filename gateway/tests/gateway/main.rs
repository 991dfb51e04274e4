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
mod keys;
mod killing;
mod listing;
mod losing;
mod one_shots;
mod outages;
mod owners;
mod planned;
mod predecessors;
mod priorities;
mod results;
mod running;
mod scopes;
mod sweeping;
mod sweeping_files;
mod template_files;
mod timing;
mod tls;
mod token_file;
mod token_limits;
mod trying_again;
mod watched_store;
mod watching;
mod webhooks;
