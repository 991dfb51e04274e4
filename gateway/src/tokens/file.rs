//! TOKENS_FILE: how it is read. `deploy/tokens.toml` shows every key.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use egress::policy::Rule;
use job_model::{Priority, TokenName, TokenNetwork, Webhook, WebhookEvent, WebhookSecret};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::digest::Digest;
use super::rate::Rate;
use super::scope::{Scope, Scopes};
use crate::webhooks;

/// The largest rate: more is as good as none.
const MAX_PER_SECOND: f64 = 1_000_000.0;

/// A token of the file, with what it may do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedToken {
    pub(crate) name: TokenName,
    pub(crate) digest: Digest,
    pub(crate) scopes: Scopes,
    pub(crate) rate: Option<Rate>,
    /// The most of its jobs that wait.
    pub(crate) max_queued: Option<NonZeroU32>,
    /// The most of its jobs that wait or run.
    pub(crate) max_under_way: Option<NonZeroU32>,
    /// The highest priority of its jobs; any when absent.
    pub(crate) max_priority: Option<Priority>,
    /// How long its jobs are kept that succeeded; JOB_RETENTION counts when absent.
    pub(crate) retention: Option<Duration>,
    /// How long its jobs are kept that ended in any other way; JOB_RETENTION_FAILED counts when absent.
    pub(crate) retention_failed: Option<Duration>,
    /// What its jobs may reach of what the operator of the executors leaves open.
    pub(crate) network: Option<TokenNetwork>,
    /// The webhook for events of those of its jobs that have none of their own.
    pub(crate) webhook: Option<Webhook>,
}

/// Why a file with tokens cannot be used. Never holds what stands in it as a token's hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TOKENS_FILE (--tokens-file) {}{} cannot be used: {reason}", path.display(), At(*.at))]
pub struct TokensFileFault {
    path: PathBuf,
    /// Line and column, from 1.
    at: Option<(usize, usize)>,
    reason: String,
}

struct At(Option<(usize, usize)>);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |(line, column)| write!(f, ", line {line}, column {column},"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<TokenName>,
    sha256: Spanned<Digest>,
    // Read below: an error in a list would tell where the list begins.
    scopes: Vec<Spanned<String>>,
    rate: Option<RateEntry>,
    max_queued: Option<NonZeroU32>,
    max_under_way: Option<NonZeroU32>,
    max_priority: Option<Priority>,
    retention: Option<Age>,
    retention_failed: Option<Age>,
    network: Option<Spanned<NetworkEntry>>,
    webhook: Option<Spanned<WebhookEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkEntry {
    allow: Option<Vec<String>>,
    deny: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookEntry {
    url: String,
    events: Option<Vec<String>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    secret: Option<WebhookSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateEntry {
    per_second: PerSecond,
    burst: Option<NonZeroU32>,
}

struct PerSecond(f64);

impl<'de> Deserialize<'de> for PerSecond {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if number > 0.0 && number <= MAX_PER_SECOND {
            return Ok(Self(number));
        }
        Err(serde::de::Error::custom(format_args!("{number} is not a number above 0 and up to {MAX_PER_SECOND}")))
    }
}

/// A length of time as settings have it: `90s`, `720h`.
struct Age(Duration);

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let age = service::config::duration_from(Duration::from_secs(1))(&text);
        age.map(Self).map_err(|reason| serde::de::Error::custom(format_args!("{text:?} is not a time: {reason}")))
    }
}

/// Reads the file. A token may stand in it once, and not be one of `others`.
///
/// # Errors
/// [`TokensFileFault`] with line and column when the file is not what it should be.
pub(crate) fn read(path: &Path, others: &[Digest]) -> Result<Vec<NamedToken>, TokensFileFault> {
    let fault = |at, reason| TokensFileFault { path: path.to_owned(), at, reason };
    let text = std::fs::read_to_string(path).map_err(|error| fault(None, error.to_string()))?;
    parse(&text, others).map_err(|(at, reason)| fault(at.map(|at| position(&text, at)), reason))
}

fn parse(text: &str, others: &[Digest]) -> Result<Vec<NamedToken>, (Option<usize>, String)> {
    let file: File = toml::from_str(text)
        .map_err(|error| (error.span().map(|span| span.start), error.message().replace('\n', ", ")))?;
    let mut tokens: Vec<NamedToken> = Vec::new();
    for entry in file.token {
        let (name, digest) = (entry.name.get_ref(), entry.sha256.get_ref());
        if tokens.iter().any(|token| token.name == *name) {
            return Err((Some(entry.name.span().start), format!("two tokens are named {name}")));
        }
        let twin = tokens.iter().find(|token| token.digest == *digest).map(|token| format!("token {}", token.name));
        let twin =
            twin.or_else(|| others.contains(digest).then(|| "API_TOKEN, API_TOKENS or API_TOKEN_FILE".to_owned()));
        if let Some(twin) = twin {
            return Err((Some(entry.sha256.span().start), format!("token {name} is the same as one of {twin}")));
        }
        let scope = |text: &Spanned<String>| {
            text.get_ref().parse::<Scope>().map_err(|error| (Some(text.span().start), error.to_string()))
        };
        let scopes: Scopes = entry.scopes.iter().map(scope).collect::<Result<_, _>>()?;
        let rate = entry.rate.map(|RateEntry { per_second: PerSecond(per_second), burst }| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
            let whole = per_second.ceil() as u32;
            Rate { per_second, burst: burst.map_or(whole, NonZeroU32::get) }
        });
        let network = entry.network.map(|network| {
            let at = network.span().start;
            read_network(network.into_inner()).map_err(|reason| (Some(at), format!("token {name}: {reason}")))
        });
        let webhook = entry.webhook.map(|webhook| {
            let at = webhook.span().start;
            read_webhook(webhook.into_inner()).map_err(|reason| (Some(at), format!("token {name}: {reason}")))
        });
        tokens.push(NamedToken {
            name: name.clone(),
            digest: *digest,
            scopes,
            rate,
            max_queued: entry.max_queued,
            max_under_way: entry.max_under_way,
            max_priority: entry.max_priority,
            retention: entry.retention.map(|Age(age)| age),
            retention_failed: entry.retention_failed.map(|Age(age)| age),
            network: network.transpose()?,
            webhook: webhook.transpose()?,
        });
    }
    Ok(tokens)
}

/// Checks the rules: an executor must not be the first to find out.
fn read_network(NetworkEntry { allow, deny }: NetworkEntry) -> Result<TokenNetwork, String> {
    for rule in [&allow, &deny].into_iter().flatten().flatten() {
        Rule::parse(rule).map_err(|error| error.to_string())?;
    }
    Ok(TokenNetwork { allow, deny })
}

/// Checks the webhook as one of a job is checked.
fn read_webhook(WebhookEntry { url, events, headers, secret }: WebhookEntry) -> Result<Webhook, String> {
    let read = |name: &String| name.parse().map_err(|hint| format!("{name:?} is not an event: {hint}"));
    let events = events.map(|events| events.iter().map(read).collect::<Result<_, _>>()).transpose()?;
    let webhook = Webhook { url, events, headers, secret, of_token: true };
    webhooks::check(&webhook, &WebhookEvent::OF_JOBS)?;
    Ok(webhook)
}

/// Line and column, both from 1, of a byte.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Digest, Scope, parse, position};

    const ONE: &str = r#"
[[token]]
name = "alice"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
scopes = ["jobs:create", "jobs:read"]
"#;

    #[test]
    fn every_key_is_read() {
        let text = format!(
            "{ONE}rate = {{ per_second = 0.5, burst = 9 }}\nmax_queued = 3\nmax_under_way = 5\nmax_priority = \"normal\"\n\
             retention = \"720h\"\nretention_failed = \"1h\"\nnetwork = {{ deny = [\"private\"] }}\n\
             webhook = {{ url = \"https://a.example\", events = [\"job.failed\"], headers = {{ x = \"y\" }} }}\n"
        );
        let tokens = parse(&text, &[]).unwrap();
        let token = &tokens[0];
        assert_eq!((token.name.as_str(), token.digest == Digest::of(b"abc")), ("alice", true));
        let held = Scope::ALL.map(|scope| token.scopes.holds(scope));
        assert_eq!(held, [true, true, false, false, false]);
        let rate = token.rate.unwrap();
        assert_eq!((rate.per_second, rate.burst), (0.5, 9));
        assert_eq!((token.max_queued.unwrap().get(), token.max_under_way.unwrap().get()), (3, 5));
        assert_eq!(token.max_priority, Some(job_model::Priority::Normal));
        let hour = Duration::from_secs(3600);
        assert_eq!((token.retention, token.retention_failed), (Some(720 * hour), Some(hour)));
        assert_eq!(token.network.as_ref().unwrap().deny.as_deref().unwrap(), ["private"]);
        let webhook = token.webhook.as_ref().unwrap();
        assert!(webhook.of_token && webhook.wants(job_model::WebhookEvent::JobFailed) && webhook.headers["x"] == "y");
        let bare = &parse(ONE, &[]).unwrap()[0];
        assert!(bare.rate.is_none() && bare.max_queued.is_none() && bare.retention.is_none());
        assert!(parse("# nobody yet\n", &[]).unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let second = ONE.replace("alice", "bob");
        let faults = [
            (format!("{ONE}max_quened = 3\n"), (6, 1), "unknown field `max_quened`"),
            (format!("{ONE}priority = \"high\"\n"), (6, 1), "unknown field `priority`"),
            (ONE.replace("jobs:read", "jobs:raed"), (5, 26), "\"jobs:raed\" is not a scope"),
            (ONE.replace("alice", "Alice"), (3, 8), "\"Alice\" cannot name a token"),
            (ONE.replace("ba78", "secret"), (4, 10), "sha256 is not the 64 hexadecimal digits"),
            (ONE.replace("sha256", "# "), (2, 0), "missing field `sha256`"),
            (format!("{ONE}rate = {{ per_second = 0 }}\n"), (6, 23), "0 is not a number above 0"),
            (format!("{ONE}rate = {{ burst = 1 }}\n"), (6, 0), "missing field `per_second`"),
            (format!("{ONE}max_queued = 0\n"), (6, 14), "nonzero"),
            (format!("{ONE}retention = \"3 weeks\"\n"), (6, 13), "\"3 weeks\" is not a time"),
            (format!("{ONE}network = {{ allow = [\"10.1.2.3/8\"] }}\n"), (6, 11), "write 10.0.0.0/8"),
            (format!("{ONE}network = {{ forbid = [] }}\n"), (6, 0), "unknown field `forbid`"),
            (
                format!("{ONE}webhook = {{ url = \"ftp://a\" }}\n"),
                (6, 11),
                "token alice: the field \"webhook.url\" has the scheme",
            ),
            (
                format!("{ONE}webhook = {{ url = \"https://a\", events = [\"job.don\"] }}\n"),
                (6, 11),
                "\"job.don\" is not an event: did you mean \"job.done\"",
            ),
            (format!("{ONE}{ONE}"), (8, 8), "two tokens are named alice"),
            (format!("{ONE}{second}"), (9, 10), "token bob is the same as one of token alice"),
            ("[[token]\n".to_owned(), (1, 0), ""),
            ("[token]\n".to_owned(), (1, 0), ""),
            ("[[tokens]]\n".to_owned(), (1, 0), "unknown field `tokens`"),
        ];
        for (text, place, reason) in faults {
            let (at, said) = parse(&text, &[]).unwrap_err();
            // The column 0 stands for any.
            let (line, column) = at.map(|at| position(&text, at)).unwrap();
            assert_eq!((line, if place.1 == 0 { 0 } else { column }), place, "{said}\n{text}");
            assert!(said.contains(reason) && !said.contains("16bf8f01"), "{said}");
        }
        let (_, said) = parse(ONE, &[Digest::of(b"abc")]).unwrap_err();
        assert!(said.ends_with("is the same as one of API_TOKEN, API_TOKENS or API_TOKEN_FILE"), "{said}");
    }
}
