//! One rule of a list, and how it is read.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::embedded::faces;
use super::group::Group;
use super::own::Own;
use crate::target::{Host, Target};

/// A rule: what it matches, at which ports. `Display` is the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    pattern: Pattern,
    ports: RangeInclusive<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    All,
    Own,
    Group(Group),
    Net(IpNet),
    /// A name, or the literal address.
    Name(String),
    /// `*.example.com`: what stands under the name, and not the name itself. The text begins with the dot.
    Under(String),
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The part before the port is none of the forms.
    #[error(
        "{0:?} is not a network rule: write a group (loopback, link-local, private, own, public, all), an address, \
         a CIDR, a host or *.host, each with :port or :from-to if wanted"
    )]
    Pattern(String),
    /// The port is not a number, or a range runs backwards.
    #[error("the ports of network rule {0:?} are not :port or :from-to with numbers from 1 to 65535")]
    Ports(String),
    /// A CIDR has bits behind its prefix.
    #[error("network rule {rule:?} has bits behind its prefix: write {meant}")]
    HostBits {
        /// The rule as it was written.
        rule: String,
        /// The network that contains the address.
        meant: String,
    },
}

impl Rule {
    /// Reads one rule.
    ///
    /// # Errors
    ///
    /// When the text is none of the forms that [`crate::policy`] lists.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let text = text.trim().to_lowercase();
        let (body, ports) = split_ports(&text)?;
        Ok(Self { pattern: read_pattern(body, &text)?, ports, text })
    }

    /// Reads a list of rules that are separated by commas; white space and empty entries do not matter.
    ///
    /// # Errors
    ///
    /// When one of the rules cannot be read.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, RuleError> {
        text.split(',').filter(|entry| !entry.trim().is_empty()).map(Self::parse).collect()
    }

    /// Tells whether a deny rule refuses the target before its name is looked up.
    pub(super) fn denies_name(&self, target: &Target, own: &Own) -> bool {
        if !self.ports.contains(&target.port) {
            return false;
        }
        match &self.pattern {
            Pattern::All => true,
            Pattern::Own => own.covers_name(target),
            Pattern::Group(group) => target.host.name().and_then(Group::of_name) == Some(*group),
            Pattern::Net(_) => false,
            Pattern::Name(_) | Pattern::Under(_) => self.matches_name(&target.host),
        }
    }

    /// Tells whether a deny rule refuses a connection to this address, under whichever name. One face of the address is enough.
    pub(super) fn denies_address(&self, target: &Target, address: IpAddr, own: &Own) -> bool {
        if !self.ports.contains(&target.port) {
            return false;
        }
        match &self.pattern {
            Pattern::Own => own.covers_address(address, target.port),
            Pattern::Group(group) => faces(address).into_iter().any(|face| Group::of_face(face) == *group),
            Pattern::Net(net) => faces(address).iter().any(|face| net.contains(face)),
            Pattern::All | Pattern::Name(_) | Pattern::Under(_) => self.denies_name(target, own),
        }
    }

    /// Tells whether a deny rule refuses a name that only an upstream proxy can look up, which counts as public.
    pub(super) fn denies_unresolved(&self, target: &Target) -> bool {
        self.ports.contains(&target.port) && self.pattern == Pattern::Group(most_guarded(target, None))
    }

    /// Tells whether an allow rule opens a connection to this address, under this name. The address as a whole has to be in the
    /// rule: what it carries does not open it.
    pub(super) fn allows(&self, target: &Target, address: Option<IpAddr>, own: &Own) -> bool {
        if !self.ports.contains(&target.port) {
            return false;
        }
        match &self.pattern {
            Pattern::All => true,
            Pattern::Own => {
                own.covers_name(target) || address.is_some_and(|address| own.covers_address(address, target.port))
            }
            Pattern::Group(group) => most_guarded(target, address) == *group,
            Pattern::Net(net) => address.is_some_and(|address| net.contains(&address.to_canonical())),
            Pattern::Name(_) | Pattern::Under(_) => self.matches_name(&target.host),
        }
    }

    fn matches_name(&self, host: &Host) -> bool {
        let Host::Name(name) = host else { return false };
        match &self.pattern {
            Pattern::Name(own) => name == own,
            Pattern::Under(suffix) => name.len() > suffix.len() && name.ends_with(suffix.as_str()),
            Pattern::All | Pattern::Own | Pattern::Group(_) | Pattern::Net(_) => false,
        }
    }
}

/// Returns the most closely guarded group of a name and its address. A name that only an upstream proxy can look up is public.
fn most_guarded(target: &Target, address: Option<IpAddr>) -> Group {
    let by_name = target.host.name().and_then(Group::of_name).unwrap_or(Group::Public);
    address.map_or(Group::Public, Group::of_address).max(by_name)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Splits `body:ports`. A text with more than one colon outside brackets is an IPv6 address or network without ports; behind a
/// prefix's length, a colon begins the ports.
fn split_ports(text: &str) -> Result<(&str, RangeInclusive<u16>), RuleError> {
    let end_of_address = text.rfind([']', '/']).map_or(0, |end| end + 1);
    let colons = text[end_of_address..].matches(':').count();
    if colons == 0 || (end_of_address == 0 && colons > 1) {
        return Ok((text, 0..=u16::MAX));
    }
    let bad = || RuleError::Ports(text.to_owned());
    let (body, ports) = text.rsplit_once(':').ok_or_else(bad)?;
    let port = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|port| plain && *port > 0).ok_or_else(bad)
    };
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    let range = port(from)?..=port(to)?;
    if range.is_empty() { Err(bad()) } else { Ok((body, range)) }
}

fn read_pattern(body: &str, text: &str) -> Result<Pattern, RuleError> {
    let bad = || RuleError::Pattern(text.to_owned());
    match body {
        "all" | "*" => return Ok(Pattern::All),
        "own" => return Ok(Pattern::Own),
        _ => {}
    }
    for group in [Group::Loopback, Group::LinkLocal, Group::Private, Group::Public] {
        if body == group.word() {
            return Ok(Pattern::Group(group));
        }
    }
    let bare = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(body);
    if bare.contains('/') {
        return read_net(bare, text).map(Pattern::Net);
    }
    if let Some(suffix) = body.strip_prefix("*.") {
        let host = Host::parse(suffix).map_err(|_| bad())?;
        return host
            .name()
            .filter(|name| !name.contains('*'))
            .map(|name| Pattern::Under(format!(".{name}")))
            .ok_or_else(bad);
    }
    match Host::parse(body).map_err(|_| bad())? {
        Host::Address(address) => Ok(Pattern::Net(IpNet::from(address))),
        Host::Name(name) if !name.contains('*') => Ok(Pattern::Name(name)),
        Host::Name(_) => Err(bad()),
    }
}

/// Reads a CIDR. A network inside ::ffff:0:0/96 is the IPv4 network that it maps.
fn read_net(bare: &str, text: &str) -> Result<IpNet, RuleError> {
    let net: IpNet = bare.parse().map_err(|_| RuleError::Pattern(text.to_owned()))?;
    if net.trunc() != net {
        return Err(RuleError::HostBits { rule: text.to_owned(), meant: net.trunc().to_string() });
    }
    if let (IpNet::V6(_), IpAddr::V4(mapped)) = (net, net.network().to_canonical())
        && let Some(prefix) = net.prefix_len().checked_sub(96)
    {
        return IpNet::new(mapped.into(), prefix).map_err(|_| RuleError::Pattern(text.to_owned()));
    }
    Ok(net)
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Rule, RuleError};

    fn pattern(text: &str) -> Pattern {
        Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).pattern
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(pattern("*"), Pattern::All);
        assert_eq!(pattern(" OWN "), Pattern::Own);
        assert_eq!(pattern("Example.COM."), Pattern::Name("example.com".to_owned()));
        assert_eq!(pattern("*.bücher.example"), Pattern::Under(".xn--bcher-kva.example".to_owned()));
        let nets = [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0x7f.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("[::1]:80", "::1/128"),
            ("fc00::/7", "fc00::/7"),
            ("[fc00::/7]:1-9", "fc00::/7"),
            ("fc00::/7:1-9", "fc00::/7"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::/0", "::/0"),
        ];
        for (text, net) in nets {
            assert_eq!(pattern(text), Pattern::Net(net.parse().expect("a network")), "{text}");
        }
    }

    #[test]
    fn ports_are_one_or_a_range() {
        let ports = |text: &str| Rule::parse(text).map(|rule| rule.ports);
        assert_eq!(ports("all:25"), Ok(25..=25));
        assert_eq!(ports("10.0.0.0/8:8000-8099"), Ok(8000..=8099));
        assert_eq!(ports("private"), Ok(0..=u16::MAX));
        for text in ["a:0", "a:", "a:9-8", "a:1-", "a:x", "a:65536", "[::1]:", "a:+1"] {
            assert!(matches!(ports(text), Err(RuleError::Ports(_))), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_rule_says_what_one_is() {
        for text in ["", "a*b.com", "*.*.com", "*.1.2.3.4", "10.0.0.0/33", "a/b", "https://a", "a b"] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
        let error = Rule::parse("10.1.2.3/8").expect_err("bits behind the prefix").to_string();
        assert!(error.ends_with("write 10.0.0.0/8"), "{error}");
        assert_eq!(Rule::parse_list(" , own ,, public:443 ").expect("a list").len(), 2);
    }
}
