//! The whole system as its users meet it: real processes, RabbitMQ, CouchDB's protocol, Chromium.

mod attempts;
mod backup;
mod cancel;
mod drain;
mod executors;
mod messages;
mod one_process;
mod quiet;
mod start;
mod status;
mod tokens;
