//! The whole system as its users meet it: real processes, RabbitMQ, CouchDB's protocol, Chromium.

mod executors;
mod one_process;
mod start;
