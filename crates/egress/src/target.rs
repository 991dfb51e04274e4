//! Where a connection is to go: a host and a port, in one spelling.
//!
//! A host is read as browsers read it (the [WHATWG host parser](https://url.spec.whatwg.org/#host-parsing)). So `0x7f.1`,
//! `0177.0.0.1`, `2130706433` and `１２７.0.0.1` are 127.0.0.1 here, as they are there; an international name is punycode; a name is
//! lower case.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A host: a name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, lower case, punycode, without a final dot.
    Name(String),
    /// An address. An IPv4-mapped one is its IPv4 address.
    Address(IpAddr),
}

impl Host {
    /// Reads a host; an IPv6 address may stand in brackets.
    ///
    /// # Errors
    ///
    /// When browsers would not read it either: a zone (`fe80::1%eth0`), an empty label, a forbidden character.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let bad = || TargetError::Host(text.chars().take(100).collect());
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        match url::Host::parse(text).map_err(|_| bad())? {
            url::Host::Ipv4(address) => Ok(Self::Address(address.into())),
            url::Host::Ipv6(address) => Ok(Self::Address(IpAddr::from(address).to_canonical())),
            url::Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name).to_ascii_lowercase();
                let fits = name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()));
                if fits { Ok(Self::Name(name)) } else { Err(bad()) }
            }
        }
    }

    /// Returns the name, when the host is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }

    /// Returns the address, when the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::Address(address) => Some(*address),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// A host and a port. `Display` is the authority of a URL: `example.com:443`, `[::1]:80`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The TCP port; never 0.
    pub port: u16,
}

/// A target that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The host is neither a name nor an address.
    #[error("{0:?} is not a host")]
    Host(String),
    /// The port is missing, or is not a number from 1 to 65535.
    #[error("{0:?} has no port from 1 to 65535")]
    Port(String),
    /// There is a user name in front of the host, which could pass for the host.
    #[error("the target has a user name in front of its host")]
    UserInfo,
}

impl Target {
    /// Joins a host as it is written and a port.
    ///
    /// # Errors
    ///
    /// When the host cannot be read or the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, TargetError> {
        if port == 0 {
            return Err(TargetError::Port(port.to_string()));
        }
        Ok(Self { host: Host::parse(host)?, port })
    }

    /// Reads `host:port`; an IPv6 address stands in brackets.
    ///
    /// # Errors
    ///
    /// When a part is missing or cannot be read.
    pub fn parse_authority(text: &str) -> Result<Self, TargetError> {
        Self::parse_with_default(text, None)
    }

    /// Reads `host:port` or `host`, which then has the default port.
    ///
    /// # Errors
    ///
    /// When a part cannot be read, or has to be there and is missing.
    pub fn parse_with_default(text: &str, default_port: Option<u16>) -> Result<Self, TargetError> {
        if text.contains('@') {
            return Err(TargetError::UserInfo);
        }
        let no_port = || TargetError::Port(text.chars().take(100).collect());
        let colon = text.rfind(':').filter(|colon| !text[*colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => {
                let digits = &text[colon + 1..];
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let port = digits.parse().ok().filter(|_| plain).ok_or_else(no_port)?;
                (&text[..colon], port)
            }
            None => (text, default_port.ok_or_else(no_port)?),
        };
        // `::1:80` would be read as the address ::1 with port 80 by some and as an address without a port by others.
        if host.contains(':') && !host.starts_with('[') {
            return Err(TargetError::Host(host.chars().take(100).collect()));
        }
        Self::new(host, port)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Address(address.ip().to_canonical()), port: address.port() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Host, Target};

    fn host(text: &str) -> String {
        Host::parse(text).map_or_else(|error| format!("error: {error}"), |host| host.to_string())
    }

    #[test]
    fn every_spelling_of_an_address_is_that_address() {
        for text in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "0x7f.1",
            "0x7F000001",
            "0177.0.0.1",
            "017700000001",
            "2130706433",
            "127.0.1",
            "１２７.０.０.１",
            "127。0。0。1",
            "%31%32%37.0.0.1",
            "[::ffff:127.0.0.1]",
            "::ffff:7f00:1",
            "[0:0:0:0:0:ffff:7f00:1]",
        ] {
            assert_eq!(host(text), "127.0.0.1", "{text}");
        }
        assert_eq!(host("[0:0:0::0001]"), "[::1]");
    }

    #[test]
    fn names_have_one_spelling() {
        assert_eq!(host("LocalHost."), "localhost");
        assert_eq!(host("BÜCHER.example"), "xn--bcher-kva.example");
        assert_eq!(host("ⓛocalhost"), "localhost");
        assert_eq!(host("my_service"), "my_service");
    }

    #[test]
    fn what_browsers_do_not_read_is_refused() {
        for text in [
            "",
            ".",
            "a..b",
            "localhost..",
            "[fe80::1%25eth0]",
            "fe80::1%eth0",
            "a b",
            "a/b",
            "1.2.3.256",
            "[::1",
            "a\0b",
            "x:1",
        ] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
        for text in ["a", "a:", "a:0", "a:65536", "a:+1", "a: 1", "u@a:1", "::1:80", "a:1:2", "[::1]"] {
            assert!(Target::parse_authority(text).is_err(), "{text}");
        }
        assert_eq!(Target::parse_authority("[::1]:80").expect("an authority").to_string(), "[::1]:80");
        assert_eq!(Target::parse_with_default("a", Some(80)).expect("a default").to_string(), "a:80");
    }
}
