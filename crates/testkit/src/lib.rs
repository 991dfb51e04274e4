//! For tests only: what a test needs around the code it tests.
//!
//! - [`services`]: a CouchDB-speaking server and a RabbitMQ, real programs on free ports, gone when their handle is dropped
//! - [`site`]: the fixture web site that browser tests visit
//! - [`chaos_proxy`]: a TCP proxy that cuts and pauses connections
//! - [`tls_terminator`]: TLS in front of a server, with an authority of the test's own
//! - [`processes`]: our own binaries as child processes, and what they may leave behind
//! - [`names`]: names that no other test uses
//!
//! Everything here panics with a sentence that says what to do: a missing program fails a test aloud, it never skips one.

mod background;
pub mod chaos_proxy;
pub mod names;
pub mod ports;
pub mod processes;
pub mod services;
pub mod site;
pub mod tls_terminator;
