//! The group `own`: the addresses at which the operator's own services listen.
//!
//! A service has many names: its host name, its addresses, and, when it listens on this machine, each address of this machine.
//! All of them are the service.

use std::net::{IpAddr, UdpSocket};

use super::embedded::faces;
use super::group::Group;
use crate::target::{Target, TargetError};

/// One of our services: a host and a port, and the addresses that the host has now.
#[derive(Debug, Clone)]
struct Endpoint {
    target: Target,
    addresses: Vec<IpAddr>,
}

/// Our services. `is_here` tells whether an address is one of this machine.
#[derive(Debug, Clone)]
pub struct Own {
    endpoints: Vec<Endpoint>,
    is_here: fn(IpAddr) -> bool,
}

impl Default for Own {
    fn default() -> Self {
        Self { endpoints: Vec::new(), is_here: is_address_of_this_machine }
    }
}

impl Own {
    /// Reads `host:port` entries.
    ///
    /// # Errors
    ///
    /// When an entry is not a host and a port.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, TargetError> {
        let mut own = Self::default();
        for entry in entries {
            let target = Target::parse_authority(entry)?;
            let addresses = target.host.address().into_iter().collect();
            own.endpoints.push(Endpoint { target, addresses });
        }
        Ok(own)
    }

    /// Asks `is_here` instead of the system whether an address is one of this machine.
    #[must_use]
    pub fn with_local_addresses(mut self, is_here: fn(IpAddr) -> bool) -> Self {
        self.is_here = is_here;
        self
    }

    /// Returns the names among the hosts. Their addresses have to be looked up and given to [`Own::set_addresses`].
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.endpoints.iter().filter_map(|endpoint| endpoint.target.host.name().map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Sets the addresses that a name has now.
    pub fn set_addresses(&mut self, name: &str, addresses: &[IpAddr]) {
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.target.host.name() == Some(name)) {
            endpoint.addresses = addresses.to_vec();
        }
    }

    /// Tells whether a target is one of our services by its name.
    pub fn covers_name(&self, target: &Target) -> bool {
        self.endpoints.iter().any(|endpoint| {
            endpoint.target.port == target.port
                && endpoint.target.host.name().is_some()
                && endpoint.target.host.name() == target.host.name()
        })
    }

    /// Tells whether a connection to this address and port reaches one of our services.
    pub fn covers_address(&self, address: IpAddr, port: u16) -> bool {
        let mut at_port = self.endpoints.iter().filter(|endpoint| endpoint.target.port == port).peekable();
        if at_port.peek().is_none() {
            return false;
        }
        let faces = faces(address);
        let dialled_here = faces.iter().any(|face| self.here(*face));
        at_port.any(|endpoint| {
            let by_name_here = endpoint.target.host.name().and_then(Group::of_name) == Some(Group::Loopback);
            let endpoint_here = by_name_here || endpoint.addresses.iter().any(|own| self.here(*own));
            (dialled_here && endpoint_here) || endpoint.addresses.iter().any(|own| faces.contains(&own.to_canonical()))
        })
    }

    fn here(&self, address: IpAddr) -> bool {
        Group::of_face(address.to_canonical()) == Group::Loopback || (self.is_here)(address)
    }
}

/// Tells whether an address is one of this machine. The system lets nobody bind to another one.
fn is_address_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}
