//! A resolver that answers some names otherwise, as Chromium's flag `--host-resolver-rules` says
//! ([host_mapping_rules.h](https://source.chromium.org/chromium/chromium/src/+/main:net/base/host_mapping_rules.h)).
//!
//! Behind this proxy Chromium looks no name up, so whoever set that flag has it kept here.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::resolver::{Answer, Resolve};
use crate::target::Host;
use crate::upstream::matches_glob;

/// Rules that give names other answers.
#[derive(Debug)]
pub struct HostRules(Vec<Rule>);

/// Names with other answers than the inner resolver's.
struct Mapped {
    rules: Vec<Rule>,
    inner: Arc<dyn Resolve>,
}

/// One rule.
#[derive(Debug)]
enum Rule {
    Map { pattern: String, to: Replacement },
    Exclude { pattern: String },
}

#[derive(Debug)]
enum Replacement {
    Nothing,
    Address(IpAddr),
    Name(String),
}

/// A rule that cannot be kept here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a host rule that can be kept: write MAP pattern address, MAP pattern host, MAP pattern ~NOTFOUND or EXCLUDE pattern, without ports"
)]
pub struct HostRuleError(String);

impl HostRules {
    /// Reads rules that are separated by commas.
    ///
    /// # Errors
    ///
    /// When a rule cannot be read, or is about ports.
    pub fn parse(text: &str) -> Result<Self, HostRuleError> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(read_rule);
        Ok(Self(rules.collect::<Result<_, _>>()?))
    }

    /// Returns a resolver that keeps the rules, and asks the inner one for everything else.
    pub fn around(self, inner: Arc<dyn Resolve>) -> Arc<dyn Resolve> {
        Arc::new(Mapped { rules: self.0, inner })
    }
}

fn read_rule(text: &str) -> Result<Rule, HostRuleError> {
    let bad = || HostRuleError(text.chars().take(100).collect());
    let words: Vec<&str> = text.split_whitespace().collect();
    let pattern = |word: &str| {
        let plain = word.chars().all(|character| character.is_alphanumeric() || "-_.*".contains(character));
        plain.then(|| word.to_lowercase()).ok_or_else(bad)
    };
    match words.as_slice() {
        [word, host] if word.eq_ignore_ascii_case("exclude") => Ok(Rule::Exclude { pattern: pattern(host)? }),
        [word, host, to] if word.eq_ignore_ascii_case("map") => {
            let to = match *to {
                "~NOTFOUND" => Replacement::Nothing,
                to => match Host::parse(to).map_err(|_| bad())? {
                    Host::Address(address) => Replacement::Address(address),
                    Host::Name(name) => Replacement::Name(name),
                },
            };
            Ok(Rule::Map { pattern: pattern(host)?, to })
        }
        _ => Err(bad()),
    }
}

impl Resolve for Mapped {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Answer> {
        let excluded =
            self.rules.iter().any(|rule| matches!(rule, Rule::Exclude { pattern } if matches_glob(pattern, name)));
        let mapped = self.rules.iter().filter(|_| !excluded).find_map(|rule| match rule {
            Rule::Map { pattern, to } if matches_glob(pattern, name) => Some(to),
            Rule::Map { .. } | Rule::Exclude { .. } => None,
        });
        match mapped {
            None => self.inner.resolve(name),
            Some(Replacement::Name(other)) => self.inner.resolve(other),
            Some(Replacement::Address(address)) => Box::pin(async { Ok(vec![*address]) }),
            Some(Replacement::Nothing) => Box::pin(async { Err(io::ErrorKind::NotFound.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    use futures::future::BoxFuture;

    use super::HostRules;
    use crate::resolver::{Answer, Resolve};

    /// Gives each name an address that tells its length.
    struct Lengths;

    impl Resolve for Lengths {
        fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Answer> {
            let length = u8::try_from(name.len()).expect("a short name");
            Box::pin(async move { Ok(vec![IpAddr::V4(Ipv4Addr::new(9, 9, 9, length))]) })
        }
    }

    #[tokio::test]
    async fn names_are_mapped_in_the_order_of_the_rules() {
        let rules = "MAP *.test 10.0.0.1, map a.example Other.example, MAP gone.example ~NOTFOUND, EXCLUDE www.test";
        let rules = HostRules::parse(rules).expect("rules").around(Arc::new(Lengths));
        for (name, address) in
            [("a.test", "10.0.0.1"), ("www.test", "9.9.9.8"), ("a.example", "9.9.9.13"), ("b.example", "9.9.9.9")]
        {
            assert_eq!(rules.resolve(name).await.expect(name), [address.parse::<IpAddr>().expect(address)], "{name}");
        }
        assert!(rules.resolve("gone.example").await.is_err());
    }

    #[test]
    fn what_is_about_ports_is_refused_with_a_sentence() {
        for text in ["MAP *:80 10.0.0.1", "MAP a b:80", "MAP a", "REMAP a b", "MAP a b c", "EXCLUDE"] {
            let error = HostRules::parse(text).expect_err(text).to_string();
            assert!(error.contains("without ports"), "{error}");
        }
    }
}
