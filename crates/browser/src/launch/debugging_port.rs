//! The port through which a Chromium is controlled, kept from every page.
//!
//! Who reaches the port of a Chromium can open any address in it and close its pages, even without the WebSocket that
//! Chromium refuses to web pages: `/json/new` and `/json/close` are plain requests. So the ports of all our browsers are
//! from one range, and no Chromium of ours looks up an address with a port of the range: neither its own nor that of
//! another job on this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

/// Below the ports that systems give to outgoing connections.
const RANGE: Range<u16> = 29_400..29_500;
/// The rule for Chromium's resolver that keeps pages off the range.
pub(super) const UNREACHABLE: &str = "MAP *:294?? ~NOTFOUND";

/// A port that no other Chromium of ours takes meanwhile.
#[derive(Debug)]
pub(super) struct DebuggingPort {
    number: u16,
    /// A name that belongs to one process at a time, in the same network as the port.
    _claim: UnixListener,
}

impl DebuggingPort {
    /// A free port; `None` when all are taken.
    pub(super) fn claim() -> Option<Self> {
        RANGE.into_iter().find_map(|number| {
            let name = SocketAddr::from_abstract_name(format!("puppet-master-debugging-port-{number}")).ok()?;
            let claim = UnixListener::bind_addr(&name).ok()?;
            // Somebody else's program may have it.
            TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
            Some(Self { number, _claim: claim })
        })
    }

    /// The flag that makes Chromium listen on it.
    pub(super) fn argument(&self) -> String {
        format!("--remote-debugging-port={}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_claimed_by_one_at_a_time() {
        let (one, two) = (DebuggingPort::claim().unwrap(), DebuggingPort::claim().unwrap());
        assert_ne!(one.number, two.number);
        assert!(RANGE.contains(&one.number) && RANGE.contains(&two.number));
    }

    #[test]
    fn the_rule_is_about_the_range() {
        assert!(RANGE.clone().all(|number| number.to_string().starts_with("294")));
        assert!(UNREACHABLE.contains("*:294??"));
    }
}
