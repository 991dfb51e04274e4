//! Free ports for servers that must be told their port, and may have to come back on it after a kill.

use std::net::{Ipv4Addr, TcpListener};

use uuid::Uuid;

/// Below the kernel's range for outgoing connections (32768 and up), so that nobody's client socket sits on the port
/// while its server restarts.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port on 127.0.0.1 that was free a moment ago. Chosen at random, so that parallel test processes rarely meet.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn free() -> u16 {
    for _ in 0..1_000 {
        let (_, random, ..) = Uuid::new_v4().as_fields();
        let port = FIRST + random % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("found no free port on 127.0.0.1 between {FIRST} and {}", FIRST + COUNT);
}
