//! Which connections are allowed. Pure: nothing here waits, looks up a name or opens a socket.
//!
//! A [`Policy`] is an intersection of [`Layer`]s, say of the operator, of the token and of the job. A connection has to pass each
//! of them, so a layer can only narrow what the others leave open.
//!
//! # One layer
//!
//! A layer has two lists, `allow` and `deny`:
//!
//! 1. **A connection that one deny rule matches is refused. Deny takes precedence over allow.**
//! 2. Otherwise, without an allow list, it passes.
//! 3. Otherwise it passes when one allow rule matches, and is refused when none does. An empty allow list refuses everything.
//!
//! The order within a list does not matter.
//!
//! | wanted | allow | deny |
//! |---|---|---|
//! | the executor's default | | `loopback,link-local,own` |
//! | and the intranet closed | | `loopback,link-local,own,private` |
//! | the intranet closed but for one network | `public,10.1.2.0/24` | `loopback,link-local,own` |
//! | the intranet closed but for one host | `public,wiki.corp:443` | `loopback,link-local,own` |
//! | one site only | `example.com,*.example.com` | `loopback,link-local,own,private` |
//! | one port of this machine | `public,private,127.0.0.1:8080` | `link-local,own` |
//! | no mail | | `loopback,link-local,own,all:25` |
//! | nothing | | `all` |
//!
//! `allow: 127.0.0.1:8080` beside `deny: loopback` opens nothing: deny takes precedence. To open a part of a group, leave the group
//! out of `deny` and list in `allow` what is open.
//!
//! # One rule
//!
//! | form | matches |
//! |---|---|
//! | `loopback` | 127.0.0.0/8, `::1`, 0.0.0.0/8, `::`, `localhost` and `*.localhost` |
//! | `link-local` | 169.254.0.0/16, fe80::/10, and the clouds' metadata addresses and names |
//! | `private` | every other address that the internet does not route |
//! | `public` | what the internet routes; these four split all addresses among themselves |
//! | `own` | the hosts and ports that the operator gave to [`Own`], under every name and address they have |
//! | `all`, `*` | everything |
//! | `10.0.0.0/8`, `fc00::/7`, `10.1.2.3`, `::1` | the network or address, by literal or by a name that resolves to it |
//! | `example.com` | this name, and not what stands under it |
//! | `*.example.com` | what stands under this name, and not the name itself |
//!
//! Each takes `:port` or `:from-to`; an IPv6 address then stands in brackets: `[::1]:443`.
//!
//! # Names, addresses, and addresses in addresses
//!
//! A rule on names matches the name that was asked for. A rule on addresses matches each address that the name resolves to.
//! Addresses are judged one by one; those that are refused are not dialled, and the connection is refused when none is left.
//!
//! An IPv6 address may carry IPv4 addresses (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP). A deny rule matches when
//! it matches the address or one that it carries. An allow rule has to match the address itself; for a group that is the most
//! closely guarded one of all of them. So `64:ff9b::7f00:1` is in `loopback`.

mod embedded;
mod group;
mod operator;
mod own;
mod rule;

use std::fmt;
use std::net::IpAddr;

pub use embedded::faces;
pub use group::Group;
pub use operator::{CLOSED, CLOSED_ON_OWN_MACHINE};
pub use own::Own;
pub use rule::{Rule, RuleError};

use crate::target::Target;

/// An intersection of layers. Without a layer everything is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    layers: Vec<Layer>,
}

/// The rules of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Whose rules these are, as a refusal names them: `operator`, `token`, `job`.
    pub name: String,
    /// What is open. `None` leaves everything open that `deny` does not name.
    pub allow: Option<Vec<Rule>>,
    /// What is closed. Takes precedence over `allow`.
    pub deny: Vec<Rule>,
}

/// A connection that the policy does not allow, and the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Where the connection was to go.
    pub target: Target,
    /// The rule, with the layer it is in: `operator denies loopback`.
    pub rule: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused: {}", self.target, self.rule)
    }
}

impl Layer {
    /// Reads a layer from comma lists. A list that is missing or blank is not there.
    ///
    /// # Errors
    ///
    /// When a rule cannot be read.
    pub fn parse(name: impl Into<String>, allow: Option<&str>, deny: Option<&str>) -> Result<Self, RuleError> {
        let written = |list: Option<&str>| list.map(str::trim).filter(|list| !list.is_empty()).map(Rule::parse_list);
        Ok(Self {
            name: name.into(),
            allow: written(allow).transpose()?,
            deny: written(deny).transpose()?.unwrap_or_default(),
        })
    }

    fn refused_by_deny(&self, denies: impl Fn(&Rule) -> bool) -> Result<(), String> {
        match self.deny.iter().find(|rule| denies(rule)) {
            Some(rule) => Err(format!("{} denies {rule}", self.name)),
            None => Ok(()),
        }
    }

    fn refused_by_allow(&self, target: &Target, address: Option<IpAddr>, own: &Own) -> Result<(), String> {
        let Some(allow) = &self.allow else { return Ok(()) };
        if allow.iter().any(|rule| rule.allows(target, address, own)) {
            return Ok(());
        }
        // A long list of a customer's hosts does not belong into each line of a log.
        const SHOWN: usize = 5;
        let shown: Vec<String> = allow.iter().take(SHOWN).map(Rule::to_string).collect();
        let list = match allow.len() {
            0 => "nothing".to_owned(),
            count if count > SHOWN => format!("only {} and {} more", shown.join(","), count - SHOWN),
            _ => format!("only {}", shown.join(",")),
        };
        Err(format!("{} allows {list}", self.name))
    }
}

impl From<Layer> for Policy {
    fn from(layer: Layer) -> Self {
        Self { layers: vec![layer] }
    }
}

impl Policy {
    /// Allows everything.
    pub fn open() -> Self {
        Self::default()
    }

    /// Allows what both allow.
    #[must_use]
    pub fn intersect(mut self, other: impl Into<Self>) -> Self {
        self.layers.extend(other.into().layers);
        self
    }

    /// Judges a target by what is known before its name is looked up.
    ///
    /// # Errors
    ///
    /// The refusal, when a deny rule matches the name.
    pub fn judge_name(&self, target: &Target, own: &Own) -> Result<(), Refusal> {
        self.each(target, |layer| layer.refused_by_deny(|rule| rule.denies_name(target, own)))
    }

    /// Judges a connection to one address of a target. Everything that is dialled has passed here.
    ///
    /// # Errors
    ///
    /// The refusal, when a deny rule matches the name or the address, or no allow rule matches.
    pub fn judge(&self, target: &Target, address: IpAddr, own: &Own) -> Result<(), Refusal> {
        self.each(target, |layer| {
            layer.refused_by_deny(|rule| rule.denies_name(target, own) || rule.denies_address(target, address, own))?;
            layer.refused_by_allow(target, Some(address), own)
        })
    }

    /// Judges a name that only an upstream proxy can look up: it counts as public, and no rule on addresses can match.
    ///
    /// # Errors
    ///
    /// The refusal, when a deny rule matches the name, or no allow rule matches.
    pub fn judge_unresolved(&self, target: &Target, own: &Own) -> Result<(), Refusal> {
        self.each(target, |layer| {
            layer.refused_by_deny(|rule| rule.denies_name(target, own) || rule.denies_unresolved(target))?;
            layer.refused_by_allow(target, None, own)
        })
    }

    fn each(&self, target: &Target, judge: impl Fn(&Layer) -> Result<(), String>) -> Result<(), Refusal> {
        self.layers.iter().try_for_each(judge).map_err(|rule| Refusal { target: target.clone(), rule })
    }
}

#[cfg(test)]
mod tests {
    use super::{Layer, Own, Policy};
    use crate::target::Target;

    fn layer(allow: &str, deny: &str) -> Policy {
        Layer::parse("operator", Some(allow), Some(deny)).expect("rules").into()
    }

    /// Judges `host:port` or `host:port=address`.
    fn verdict(policy: &Policy, connection: &str) -> String {
        let (target, address) = connection.split_once('=').unwrap_or((connection, ""));
        let target = Target::parse_authority(target).expect("a target");
        let own = Own::parse(["10.9.9.9:5672", "couchdb:5984"]).expect("own").with_local_addresses(|_| false);
        let address = target.host.address().unwrap_or_else(|| address.parse().expect("an address"));
        policy.judge(&target, address, &own).map_or_else(|refusal| refusal.rule, |()| "ok".to_owned())
    }

    /// Allow, deny, and connections with whether they pass.
    type Example = (&'static str, &'static str, &'static [(&'static str, bool)]);

    #[test]
    fn the_examples_of_the_documentation_hold() {
        let table: &[Example] = &[
            (
                "",
                "loopback,link-local,own",
                &[
                    ("127.0.0.1:80", false),
                    ("10.0.0.1:80", true),
                    ("a.com:80=8.8.8.8", true),
                    ("a.com:80=169.254.169.254", false),
                    ("10.9.9.9:5672", false),
                    ("10.9.9.9:80", true),
                    ("couchdb:5984=10.1.1.1", false),
                ],
            ),
            ("", "loopback,link-local,own,private", &[("10.0.0.1:80", false), ("8.8.8.8:80", true)]),
            (
                "public,10.1.2.0/24",
                "loopback,link-local,own",
                &[("10.1.2.9:80", true), ("10.1.3.9:80", false), ("8.8.8.8:80", true), ("127.0.0.1:80", false)],
            ),
            (
                "public,wiki.corp:443",
                "loopback,link-local,own",
                &[
                    ("wiki.corp:443=10.0.0.7", true),
                    ("wiki.corp:80=10.0.0.7", false),
                    ("wiki.corp:443=127.0.0.1", false),
                    ("10.0.0.7:443", false),
                    ("other.corp:443=10.0.0.7", false),
                ],
            ),
            (
                "example.com,*.example.com",
                "loopback,link-local,own,private",
                &[
                    ("example.com:443=8.8.8.8", true),
                    ("www.example.com:443=8.8.8.8", true),
                    ("badexample.com:443=8.8.8.8", false),
                    ("example.com.evil.org:443=8.8.8.8", false),
                    ("example.com:443=10.0.0.1", false),
                    ("8.8.8.8:443", false),
                ],
            ),
            (
                "public,private,127.0.0.1:8080",
                "link-local,own",
                &[("127.0.0.1:8080", true), ("127.0.0.1:8081", false), ("127.0.0.2:8080", false), ("10.0.0.1:1", true)],
            ),
            ("", "loopback,link-local,own,all:25", &[("a.com:25=8.8.8.8", false), ("a.com:26=8.8.8.8", true)]),
            ("", "all", &[("8.8.8.8:80", false)]),
            ("127.0.0.1:8080", "loopback", &[("127.0.0.1:8080", false), ("8.8.8.8:80", false)]),
        ];
        for (allow, deny, connections) in table {
            for (connection, passes) in *connections {
                let verdict = verdict(&layer(allow, deny), connection);
                assert_eq!(verdict == "ok", *passes, "allow {allow:?}, deny {deny:?}, {connection}: {verdict}");
            }
        }
    }

    #[test]
    fn a_refusal_names_the_layer_and_the_rule() {
        let job = Layer::parse("job", Some("a.com,b.com"), None).expect("rules");
        let policy = layer("", "loopback:1-99").intersect(job);
        assert_eq!(verdict(&policy, "127.0.0.1:80"), "operator denies loopback:1-99");
        assert_eq!(verdict(&policy, "c.com:80=8.8.8.8"), "job allows only a.com,b.com");
        let closed = Layer { name: "token".to_owned(), allow: Some(Vec::new()), deny: Vec::new() };
        assert_eq!(verdict(&closed.into(), "8.8.8.8:80"), "token allows nothing");
        let long = Layer::parse("job", Some("a,b,c,d,e,f,g"), None).expect("rules");
        assert_eq!(verdict(&long.into(), "8.8.8.8:80"), "job allows only a,b,c,d,e and 2 more");
    }

    #[test]
    fn a_service_of_ours_is_refused_under_each_of_its_names() {
        let policy = layer("", "own");
        let mut own = Own::parse(["localhost:5984", "rabbitmq:5672", "0.0.0.0:8000", "10.2.2.2:9000"])
            .expect("own")
            .with_local_addresses(|address| address.to_string() == "172.17.0.2");
        assert_eq!(own.names(), ["localhost", "rabbitmq"]);
        own.set_addresses("rabbitmq", &["10.7.7.7".parse().expect("an address")]);
        let refused = |host: &str, port, address: &str| {
            let target = Target::new(host, port).expect("a target");
            policy.judge(&target, address.parse().expect("an address"), &own).is_err()
        };
        assert!(refused("rabbitmq", 5672, "1.1.1.1"), "the name");
        assert!(refused("10.7.7.7", 5672, "10.7.7.7"), "the address of the name");
        assert!(refused("other", 5672, "10.7.7.7"), "another name for the address");
        assert!(refused("[64:ff9b::a07:707]", 5672, "64:ff9b::a07:707"), "an address that carries the address");
        assert!(refused("172.17.0.2", 5984, "172.17.0.2"), "another address of this machine");
        assert!(refused("[::1]", 5984, "::1"), "loopback of the other family");
        assert!(refused("172.17.0.2", 8000, "172.17.0.2"), "what listens everywhere");
        assert!(refused("10.2.2.2", 9000, "::ffff:10.2.2.2"), "a literal");
        assert!(!refused("172.17.0.3", 8000, "172.17.0.3"), "another machine at the same port");
        assert!(!refused("rabbitmq", 80, "10.7.7.7"), "another port");
    }

    #[test]
    fn a_name_that_cannot_be_looked_up_here_counts_as_public() {
        let target = Target::parse_authority("a.com:443").expect("a target");
        let judge = |allow: &str, deny: &str| layer(allow, deny).judge_unresolved(&target, &Own::default()).is_ok();
        assert!(judge("", "loopback,link-local,private"));
        assert!(judge("public", ""));
        assert!(!judge("private", ""));
        assert!(!judge("", "public"));
        assert!(!judge("10.0.0.0/8", ""));
        assert!(!judge("", "*.com"));
    }
}
