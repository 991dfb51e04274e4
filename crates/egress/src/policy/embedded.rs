//! Finds the IPv4 addresses that an IPv6 address carries.
//!
//! A translator or a tunnel on the way delivers such a connection to the IPv4 address. So a rule that refuses the IPv4 address must
//! refuse every one of its IPv6 spellings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns everything that a connection to an address may reach: the address itself, then each IPv4 address in it.
///
/// An IPv4-mapped address (`::ffff:a.b.c.d`) is nothing but its IPv4 address.
pub fn faces(address: IpAddr) -> Vec<IpAddr> {
    let address = address.to_canonical();
    let mut faces = vec![address];
    if let IpAddr::V6(address) = address {
        for embedded in embedded(address) {
            let face = IpAddr::V4(embedded);
            if !faces.contains(&face) {
                faces.push(face);
            }
        }
    }
    faces
}

fn embedded(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let segments = address.segments();
    let octets = address.octets();
    let last = Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let mut found = Vec::new();
    match segments {
        // IPv4-compatible (RFC 4291), IPv4-translated (RFC 2765), NAT64 with the well-known prefix (RFC 6052).
        [0, 0, 0, 0, 0, 0, _, _] | [0, 0, 0, 0, 0xffff, 0, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => found.push(last),
        [0x64, 0xff9b, 1, _, _, _, _, _] => found.extend(local_use_nat64(octets, last)),
        // 6to4 (RFC 3056).
        [0x2002, high, low, _, _, _, _, _] => found.push(join(high, low)),
        // Teredo (RFC 4380): its server, and its client with every bit turned.
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            found.extend([join(high, low), join(!client_high, !client_low)]);
        }
        _ => {}
    }
    // ISATAP (RFC 5214), under any prefix.
    if let [_, _, _, _, 0 | 0x200, 0x5efe, _, _] = segments {
        found.push(last);
    }
    found
}

/// Reads 64:ff9b:1::/48 (RFC 8215) with each prefix length of RFC 6052 that fits into the range. Only the network knows which of
/// them its translator uses, so each reading counts.
///
/// A short prefix puts 0.0.0.0/8 into most addresses of a longer one. A translator forwards nothing to that range, so those
/// readings are left out.
fn local_use_nat64(octets: [u8; 16], last: Ipv4Addr) -> Vec<Ipv4Addr> {
    let readings = [
        Ipv4Addr::new(octets[6], octets[7], octets[9], octets[10]),
        Ipv4Addr::new(octets[7], octets[9], octets[10], octets[11]),
        Ipv4Addr::new(octets[9], octets[10], octets[11], octets[12]),
    ];
    let mut found: Vec<Ipv4Addr> = readings.into_iter().filter(|address| address.octets()[0] != 0).collect();
    found.push(last);
    found
}
