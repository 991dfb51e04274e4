//! Sorts addresses and names into the groups of the rules.
//!
//! `loopback`, `link-local`, `private` and `public` split all addresses among themselves: every address is in exactly one of them.
//! `public` is a list of what is open; an address that nobody has assigned is `private`, so that a gap here refuses too much, never
//! too little.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::embedded::faces;

/// A group of addresses, from the widest to the most closely guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What the internet routes.
    Public,
    /// Every other address: RFC 1918, carriers' NAT, unique local, benchmarks, documentation, multicast, reserved.
    Private,
    /// This link only, and where clouds serve metadata to a machine, whatever the range.
    LinkLocal,
    /// This machine: 127.0.0.0/8, `::1`, and the unspecified addresses, which a connect takes to this machine.
    Loopback,
}

impl Group {
    /// Returns the group's word in a rule.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Loopback => "loopback",
        }
    }

    /// Returns the group of an address. An address that carries IPv4 addresses is in the most closely guarded of their groups.
    pub fn of_address(address: IpAddr) -> Self {
        faces(address).into_iter().map(Self::of_face).max().unwrap_or(Self::Loopback)
    }

    /// Returns the group of one face: the address as it is written, without what it carries.
    pub(super) fn of_face(face: IpAddr) -> Self {
        match face {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// Returns the group that a name belongs to wherever it resolves to. The name is lower case, without a final dot.
    pub fn of_name(name: &str) -> Option<Self> {
        if name == "localhost" || name.ends_with(".localhost") || LOOPBACK_NAMES.contains(&name) {
            return Some(Self::Loopback);
        }
        METADATA_NAMES.contains(&name).then_some(Self::LinkLocal)
    }
}

/// Names that /etc/hosts of the usual systems gives to this machine.
const LOOPBACK_NAMES: &[&str] =
    &["localhost.localdomain", "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"];

/// Names under which clouds serve metadata: Google, Amazon EC2.
const METADATA_NAMES: &[&str] =
    &["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

/// Where clouds serve metadata outside 169.254.0.0/16: Alibaba, Azure's WireServer, Oracle.
const METADATA_V4: &[Ipv4Addr] =
    &[Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];

/// Where clouds serve metadata outside fe80::/10: Amazon EC2 and EKS, Google, Oracle, Scaleway.
const METADATA_V6: &[Ipv6Addr] = &[
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, third: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0), prefix)
}

/// The IPv4 ranges that the internet does not route, by the
/// [IANA registry](https://www.iana.org/assignments/iana-ipv4-special-registry), without loopback and link-local.
const PRIVATE_V4: &[Ipv4Net] = &[
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Multicast, reserved and the broadcast address.
    v4(224, 0, 0, 0, 3),
];

/// The parts of 2000::/3 that the internet does not route, by the
/// [IANA registry](https://www.iana.org/assignments/iana-ipv6-special-registry).
const PRIVATE_IN_GLOBAL_V6: &[Ipv6Net] = &[v6(0x2001, 0, 0, 23), v6(0x2001, 0x0db8, 0, 32), v6(0x3fff, 0, 0, 20)];

/// Ranges that carry an IPv4 address and are as public as that one is: Teredo, NAT64, IPv4-compatible, IPv4-translated.
const CARRIERS_V6: &[Ipv6Net] = &[
    v6(0x2001, 0, 0, 32),
    v6(0x0064, 0xff9b, 0, 96),
    v6(0, 0, 0, 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),
];

fn of_v4(address: Ipv4Addr) -> Group {
    if address.is_loopback() || address.octets()[0] == 0 {
        Group::Loopback
    } else if address.is_link_local() || METADATA_V4.contains(&address) {
        Group::LinkLocal
    } else if PRIVATE_V4.iter().any(|net| net.contains(&address)) {
        Group::Private
    } else {
        Group::Public
    }
}

fn of_v6(address: Ipv6Addr) -> Group {
    let inside = |nets: &[Ipv6Net]| nets.iter().any(|net| net.contains(&address));
    if address.is_loopback() || address.is_unspecified() {
        Group::Loopback
    } else if address.is_unicast_link_local() || METADATA_V6.contains(&address) {
        Group::LinkLocal
    } else if inside(CARRIERS_V6) || (inside(&[v6(0x2000, 0, 0, 3)]) && !inside(PRIVATE_IN_GLOBAL_V6)) {
        Group::Public
    } else {
        Group::Private
    }
}

#[cfg(test)]
mod tests {
    use super::Group;

    #[test]
    fn every_special_range_is_in_its_group() {
        let table: &[(&str, Group)] = &[
            ("127.0.0.1", Group::Loopback),
            ("127.255.255.254", Group::Loopback),
            ("0.0.0.0", Group::Loopback),
            ("0.1.2.3", Group::Loopback),
            ("::", Group::Loopback),
            ("::1", Group::Loopback),
            ("::127.0.0.1", Group::Loopback),
            ("::ffff:127.0.0.1", Group::Loopback),
            ("::ffff:0:127.0.0.1", Group::Loopback),
            ("64:ff9b::7f00:1", Group::Loopback),
            ("64:ff9b:1::7f00:1", Group::Loopback),
            ("64:ff9b:1:7f00:0:100::", Group::Loopback),
            ("2002:7f00:1::", Group::Loopback),
            ("2001:0:7f00:1::", Group::Loopback),
            ("2001:0:808:808::80ff:fffe", Group::Loopback),
            ("2606:4700::5efe:7f00:1", Group::Loopback),
            ("2606:4700::200:5efe:7f00:1", Group::Loopback),
            ("169.254.169.254", Group::LinkLocal),
            ("169.254.170.2", Group::LinkLocal),
            ("100.100.100.200", Group::LinkLocal),
            ("168.63.129.16", Group::LinkLocal),
            ("192.0.0.192", Group::LinkLocal),
            ("fe80::1", Group::LinkLocal),
            ("febf::1", Group::LinkLocal),
            ("fd00:ec2::254", Group::LinkLocal),
            ("fd20:ce::254", Group::LinkLocal),
            ("64:ff9b::a9fe:a9fe", Group::LinkLocal),
            ("10.0.0.1", Group::Private),
            ("172.31.255.255", Group::Private),
            ("192.168.1.1", Group::Private),
            ("100.64.0.1", Group::Private),
            ("198.19.0.1", Group::Private),
            ("192.0.2.1", Group::Private),
            ("224.0.0.1", Group::Private),
            ("240.0.0.1", Group::Private),
            ("255.255.255.255", Group::Private),
            ("fc00::1", Group::Private),
            ("fdff::1", Group::Private),
            ("fec0::1", Group::Private),
            ("ff02::1", Group::Private),
            ("100::1", Group::Private),
            ("2001:db8::1", Group::Private),
            ("3fff::1", Group::Private),
            ("5f00::1", Group::Private),
            ("4000::1", Group::Private),
            ("2002:a00:1::", Group::Private),
            ("64:ff9b:1::808:808", Group::Private),
            ("8.8.8.8", Group::Public),
            ("172.32.0.1", Group::Public),
            ("100.128.0.1", Group::Public),
            ("223.255.255.255", Group::Public),
            ("2606:4700::1111", Group::Public),
            ("64:ff9b::808:808", Group::Public),
            ("2002:808:808::", Group::Public),
            ("2001:0:808:808::f7f7:f7f7", Group::Public),
        ];
        for (text, group) in table {
            let address = text.parse().expect("an address");
            assert_eq!(Group::of_address(address), *group, "{text}");
        }
    }

    #[test]
    fn names_of_this_machine_and_of_metadata_are_known() {
        assert_eq!(Group::of_name("localhost"), Some(Group::Loopback));
        assert_eq!(Group::of_name("a.b.localhost"), Some(Group::Loopback));
        assert_eq!(Group::of_name("metadata.google.internal"), Some(Group::LinkLocal));
        assert_eq!(Group::of_name("notlocalhost"), None);
    }
}
