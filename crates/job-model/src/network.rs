//! Which part of the network a job may reach, and the proxy that it goes through.
//!
//! The rules are texts here: whoever enforces them reads them (crate `egress`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// `network` of a job. It only narrows what the operator leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobNetwork {
    /// What is open; `None` leaves everything open that `deny` does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// What is closed. Takes precedence over `allow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<String>>,
    /// The proxy that every connection goes through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyUrl>,
}

/// The rules of a job's token, as its gateway puts them into the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenNetwork {
    /// See [`JobNetwork::allow`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// See [`JobNetwork::deny`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<String>>,
}

impl TokenNetwork {
    /// Returns what both leave open, for a job that one token's user wrote and another's runs again. Of two lists of what is open
    /// the rules count that stand in both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.allow = match (self.allow, &other.allow) {
            (Some(own), Some(other)) => Some(own.into_iter().filter(|rule| other.contains(rule)).collect()),
            (own, other) => own.or_else(|| other.clone()),
        };
        self.deny = match (self.deny, &other.deny) {
            (Some(own), Some(other)) => Some(own.into_iter().chain(other.iter().cloned()).collect()),
            (own, other) => own.or_else(|| other.clone()),
        };
        self
    }
}

impl JobNetwork {
    /// The names of the members.
    pub const MEMBERS: [&str; 3] = ["allow", "deny", "proxy"];

    /// Shows the rules as clients and logs may see them: without the proxy's credentials.
    #[must_use]
    pub fn shown(&self) -> Self {
        Self { proxy: self.proxy.as_ref().map(|proxy| ProxyUrl(proxy.shown())), ..self.clone() }
    }
}

/// `scheme://[user:password@]host[:port]`. `Debug` and [`ProxyUrl::shown`] leave out the user and the password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProxyUrl(String);

impl ProxyUrl {
    /// Wraps a URL as it was written.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Returns the URL with its credentials, for whoever connects to the proxy.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the URL with `***` in the place of its credentials.
    pub fn shown(&self) -> String {
        let Some((before, address)) = self.0.rsplit_once('@') else { return self.0.clone() };
        // A text that is not a URL may hold a password anywhere before its host.
        match before.split_once("://") {
            Some((scheme, _)) if scheme.chars().all(|character| character.is_ascii_alphanumeric()) => {
                format!("{scheme}://***@{address}")
            }
            _ => format!("***@{address}"),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

/// What a client gives as `network`: the error names the field, the member, and the one that may have been meant.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JobNetwork>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    read(&value).map(Some).map_err(|reason| serde::de::Error::custom(format_args!(r#"the field "network" {reason}"#)))
}

fn read(value: &Value) -> Result<JobNetwork, String> {
    let members = value.as_object().ok_or("must be an object with allow, deny and proxy")?;
    for name in members.keys() {
        if !JobNetwork::MEMBERS.contains(&name.as_str()) {
            let meant = JobNetwork::MEMBERS.iter().find(|known| name.to_lowercase().starts_with(&known[..2]));
            let hint =
                meant.map_or("it has allow, deny and proxy".to_owned(), |known| format!("did you mean {known:?}"));
            let shown: String = name.chars().take(60).collect();
            return Err(format!("has no member {shown:?}: {hint}"));
        }
    }
    let proxy = match members.get("proxy") {
        None | Some(Value::Null) => None,
        Some(Value::String(url)) => Some(ProxyUrl(url.clone())),
        Some(_) => return Err(r#"must have a URL as "proxy""#.to_owned()),
    };
    Ok(JobNetwork { allow: rules(members, "allow")?, deny: rules(members, "deny")?, proxy })
}

/// A list of texts, or one text with commas.
fn rules(members: &serde_json::Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, String> {
    let bad = || format!("must have a list of network rules as {name:?}");
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(list)) => {
            let rules = list.split(',').map(str::trim).filter(|rule| !rule.is_empty());
            Ok(Some(rules.map(str::to_owned).collect()))
        }
        Some(Value::Array(list)) => {
            let rules = list.iter().map(|rule| rule.as_str().map(str::to_owned).ok_or_else(bad));
            rules.collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::{JobNetwork, ProxyUrl, TokenNetwork};
    use crate::NewJob;

    fn network(json: &str) -> Result<Option<JobNetwork>, String> {
        let new: Result<NewJob, _> = serde_json::from_str(&format!(r#"{{"network":{json}}}"#));
        new.map(|new| new.network).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_are_a_list_or_a_text_with_commas() {
        let list = network(r#"{"allow":["a.com","b.com:443"],"deny":["private"]}"#).unwrap().unwrap();
        assert_eq!(list.allow.as_deref(), Some(&["a.com".to_owned(), "b.com:443".to_owned()][..]));
        assert_eq!(network(r#"{"allow":" a.com, b.com:443 ,","deny":"private"}"#).unwrap().unwrap(), list);
        assert_eq!(network(r#"{"allow":[]}"#).unwrap().unwrap().allow, Some(Vec::new()), "an empty list opens nothing");
        assert_eq!((network("null"), network("{}")), (Ok(None), Ok(Some(JobNetwork::default()))));
    }

    #[test]
    fn a_mistake_names_the_field_and_what_may_be_meant() {
        for (json, expected) in [
            (r#"{"alow":[]}"#, r#"the field "network" has no member "alow": did you mean "allow""#),
            (r#"{"x":[]}"#, r#"the field "network" has no member "x": it has allow, deny and proxy"#),
            (r#"{"deny":1}"#, r#"the field "network" must have a list of network rules as "deny""#),
            (r#"{"allow":[1]}"#, r#"the field "network" must have a list of network rules as "allow""#),
            (r#"{"proxy":{"p":"hunter2"}}"#, r#"the field "network" must have a URL as "proxy""#),
            ("5", r#"the field "network" must be an object with allow, deny and proxy"#),
        ] {
            let error = network(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }

    #[test]
    fn what_two_tokens_leave_open_is_open_by_both() {
        let list = |rules: &[&str]| Some(rules.iter().map(|rule| (*rule).to_owned()).collect::<Vec<_>>());
        let narrow = TokenNetwork { allow: list(&["a.com", "b.com"]), deny: list(&["private"]) };
        let other = TokenNetwork { allow: list(&["b.com", "c.com"]), deny: list(&["all:25"]) };
        let both = TokenNetwork { allow: list(&["b.com"]), deny: list(&["private", "all:25"]) };
        assert_eq!(narrow.clone().and(&other), both);
        assert_eq!(narrow.clone().and(&TokenNetwork::default()), narrow);
        assert_eq!(TokenNetwork::default().and(&narrow), narrow);
    }

    #[test]
    fn credentials_of_a_proxy_do_not_show() {
        for (url, shown) in [
            ("http://user:hunter2@proxy:3128", "http://***@proxy:3128"),
            ("socks5://hunter2@[::1]:1080", "socks5://***@[::1]:1080"),
            ("http://user:hun@ter2@proxy", "http://***@proxy"),
            ("http://proxy:3128", "http://proxy:3128"),
            ("http:\\\\user:hunter2@proxy", "***@proxy"),
            ("hunter2://x@proxy", "hunter2://***@proxy"),
        ] {
            let url = ProxyUrl::new(url);
            assert_eq!(url.shown(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
        }
        let network = JobNetwork { proxy: Some(ProxyUrl::new("http://u:hunter2@p")), ..JobNetwork::default() };
        assert!(!serde_json::to_string(&network.shown()).unwrap().contains("hunter2"));
        assert!(serde_json::to_string(&network).unwrap().contains("hunter2"), "the executor needs it");
    }
}
