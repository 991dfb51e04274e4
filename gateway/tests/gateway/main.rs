//! The gateway over real HTTP, on the embedded parts and on CouchDB's protocol with RabbitMQ.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod binary;
mod cancelling;
mod executors;
mod killing;
mod listing;
mod losing;
mod outages;
mod predecessors;
mod results;
mod running;
mod sweeping;
mod watching;
