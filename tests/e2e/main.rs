//! The whole system as its users meet it: real processes, RabbitMQ, CouchDB's protocol, Chromium.

mod attempts;
mod backup;
mod cancel;
mod command_line;
mod drain;
mod executors;
mod files;
mod live;
mod messages;
mod one_process;
mod one_shots;
mod quiet;
mod recordings;
mod start;
mod status;
mod tokens;
mod traces;
