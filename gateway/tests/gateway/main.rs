//! The gateway over real HTTP, on the embedded parts and on CouchDB's protocol with RabbitMQ.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod binary;
mod killing;
mod outages;
mod results;
mod running;
mod sweeping;
mod watching;
