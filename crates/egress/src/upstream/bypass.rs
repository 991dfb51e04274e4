//! Which targets go past an upstream proxy, as Chromium writes it
//! ([proxy bypass rules](https://chromium.googlesource.com/chromium/src/+/HEAD/net/docs/proxy.md#Proxy-bypass-rules)).
//!
//! | entry | matches |
//! |---|---|
//! | `example.com`, `*.example.com`, `.example.com` | the host by its name; `*` stands for any text |
//! | `10.1.2.3`, `[::1]`, `10.0.0.0/8` | the host when it is written as such an address; names are not looked up |
//! | `<local>` | a name without a dot |
//! | `<-loopback>` | takes back that this machine and link-local addresses go past the proxy without being listed |
//!
//! Each may have a scheme in front, which stands for its port here, and a port behind.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::policy::Group;
use crate::target::{Host, Target};

/// A list of targets that go past a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bypass {
    entries: Vec<Entry>,
    /// Whether loopback and link-local go past the proxy, too.
    this_machine: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    pattern: Pattern,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// A name, with `*` for any text.
    Name(String),
    Net(IpNet),
    /// A name without a dot.
    Simple,
}

/// An entry that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an entry of a proxy's bypass list: write a host, *.host, an address or a CIDR, with :port if wanted"
)]
pub struct BypassError(String);

impl Bypass {
    /// Lets nothing past the proxy.
    pub fn nothing() -> Self {
        Self { entries: Vec::new(), this_machine: false }
    }

    /// Reads a list that is separated by commas or semicolons.
    ///
    /// # Errors
    ///
    /// When an entry cannot be read.
    pub fn parse(text: &str) -> Result<Self, BypassError> {
        let mut bypass = Self { entries: Vec::new(), this_machine: true };
        for entry in text.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.to_ascii_lowercase().as_str() {
                "<-loopback>" => bypass.this_machine = false,
                "<local>" => bypass.entries.push(Entry { pattern: Pattern::Simple, port: None }),
                entry => bypass.entries.push(read_entry(entry)?),
            }
        }
        Ok(bypass)
    }

    pub(super) fn matches(&self, target: &Target) -> bool {
        self.entries.iter().any(|entry| entry.matches(target)) || (self.this_machine && is_this_machine(&target.host))
    }
}

impl Entry {
    fn matches(&self, target: &Target) -> bool {
        if self.port.is_some_and(|port| port != target.port) {
            return false;
        }
        match (&self.pattern, &target.host) {
            (Pattern::Name(pattern), Host::Name(name)) => matches_glob(pattern, name),
            (Pattern::Name(pattern), Host::Address(address)) => matches_glob(pattern, &address.to_string()),
            (Pattern::Net(net), Host::Address(address)) => net.contains(address),
            (Pattern::Simple, Host::Name(name)) => !name.contains('.'),
            (Pattern::Net(_), Host::Name(_)) | (Pattern::Simple, Host::Address(_)) => false,
        }
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Name(name) => Group::of_name(name) == Some(Group::Loopback),
        Host::Address(address) => matches!(Group::of_address(*address), Group::Loopback | Group::LinkLocal),
    }
}

fn read_entry(text: &str) -> Result<Entry, BypassError> {
    let bad = || BypassError(text.chars().take(100).collect());
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let of_scheme = match scheme {
        None => None,
        Some("http" | "ws") => Some(80),
        Some("https" | "wss") => Some(443),
        Some("ftp") => Some(21),
        Some(_) => return Err(bad()),
    };
    // The last colon begins a port unless it is one of an IPv6 address.
    let colon = rest.rfind(':').filter(|colon| {
        let (host, port) = (&rest[..*colon], &rest[colon + 1..]);
        (!host.contains(':') || host.ends_with(']')) && !port.contains(']')
    });
    let (host, port) = match colon {
        Some(colon) => (&rest[..colon], Some(rest[colon + 1..].parse::<u16>().map_err(|_| bad())?)),
        None => (rest, of_scheme),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let pattern = if let Ok(net) = bare.parse::<IpNet>() {
        Pattern::Net(net)
    } else if let Ok(address) = bare.parse::<IpAddr>() {
        Pattern::Net(IpNet::from(address.to_canonical()))
    } else {
        let named = |character: char| character.is_alphanumeric() || "-_.*".contains(character);
        if bare.is_empty() || !bare.chars().all(named) {
            return Err(bad());
        }
        Pattern::Name(if bare.starts_with('.') { format!("*{bare}") } else { bare.to_owned() })
    };
    Ok(Entry { pattern, port })
}

/// Tells whether a text matches a pattern in which `*` stands for any text.
pub(crate) fn matches_glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Bypass, matches_glob};
    use crate::target::Target;

    fn passes(list: &str, target: &str) -> bool {
        Bypass::parse(list).expect(list).matches(&Target::parse_authority(target).expect(target))
    }

    #[test]
    fn each_kind_of_entry_matches_what_chromium_says() {
        for (list, target, past) in [
            ("example.com", "example.com:80", true),
            ("example.com", "www.example.com:80", false),
            ("*.example.com", "www.example.com:443", true),
            ("*.example.com", "example.com:443", false),
            (".example.com", "www.example.com:443", true),
            ("*example.com", "badexample.com:443", true),
            ("a;b,c", "c:1", true),
            ("a:8080", "a:8080", true),
            ("a:8080", "a:80", false),
            ("https://a", "a:443", true),
            ("https://a", "a:80", false),
            ("10.0.0.0/8", "10.1.2.3:80", true),
            ("10.0.0.0/8", "ten.test:80", false),
            ("[2001:db8::1]:80", "[2001:db8::1]:80", true),
            ("<local>", "intranet:80", true),
            ("<local>", "intranet.corp:80", false),
            ("", "localhost:80", true),
            ("", "127.0.0.1:80", true),
            ("", "169.254.169.254:80", true),
            ("<-loopback>", "localhost:80", false),
            ("x,<-loopback>", "127.0.0.1:80", false),
        ] {
            assert_eq!(passes(list, target), past, "{list} {target}");
        }
        for list in ["gopher://a", "a b", "a:x", "[::1", "a/b"] {
            assert!(Bypass::parse(list).is_err(), "{list}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, matches) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acd", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("ab*ba", "aba", false),
            ("**", "x", true),
        ] {
            assert_eq!(matches_glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
