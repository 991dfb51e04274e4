//! Reading the rules that travel in a job.

use egress::policy::{Policy, Rule};
use egress::upstream::{Bypass, ChosenBy};
use egress::{Layer, Upstream};
use job_model::{JobNetwork, TokenNetwork};

/// What a job and its token leave open of the operator's policy, and the proxy that the job names.
pub(super) struct JobRules {
    pub(super) policy: Policy,
    pub(super) proxy: Option<Upstream>,
}

impl JobRules {
    /// Reads what is in the job.
    ///
    /// # Errors
    /// A sentence, when one of them cannot be read.
    pub(super) fn read(
        operator: Policy,
        job: Option<&JobNetwork>,
        token: Option<&TokenNetwork>,
    ) -> Result<Self, String> {
        let mut policy = operator;
        if let Some(token) = token {
            policy = policy.intersect(layer("token", token.allow.as_deref(), token.deny.as_deref())?);
        }
        let Some(job) = job else { return Ok(Self { policy, proxy: None }) };
        policy = policy.intersect(layer("job", job.allow.as_deref(), job.deny.as_deref())?);
        let proxy = match &job.proxy {
            Some(url) => {
                let read = Upstream::parse(url.expose(), ChosenBy::Job);
                Some(read.map_err(|error| format!("network.proxy: {error}"))?)
            }
            None => None,
        };
        Ok(Self { policy, proxy })
    }
}

/// Checks the rules that travel in a job.
///
/// # Errors
/// A sentence, when one of them cannot be read.
pub(crate) fn check(job: Option<&JobNetwork>, token: Option<&TokenNetwork>) -> Result<(), String> {
    JobRules::read(Policy::open(), job, token).map(drop)
}

fn layer(name: &str, allow: Option<&[String]>, deny: Option<&[String]>) -> Result<Layer, String> {
    let read = |rules: &[String]| rules.iter().map(|rule| Rule::parse(rule)).collect::<Result<Vec<_>, _>>();
    let failed = |error| format!("network rules of the {name}: {error}");
    Ok(Layer {
        name: name.to_owned(),
        allow: allow.map(read).transpose().map_err(failed)?,
        deny: read(deny.unwrap_or_default()).map_err(failed)?,
    })
}

/// Reads a proxy as Chromium's `--proxy-server` and Puppeteer's `proxyServer` name it; `None` for a direct connection.
///
/// # Errors
/// A sentence, when it is not one proxy that can be chained.
pub(super) fn proxy_server(text: &str, bypass: &str, chosen_by: ChosenBy) -> Result<Option<Upstream>, String> {
    let text = text.trim();
    if text.is_empty() || text == "direct://" {
        return Ok(None);
    }
    if text.contains([',', ';', '=']) {
        return Err("the proxy server is a list: name one proxy for all requests".to_owned());
    }
    let url = match text.split_once("://") {
        None => format!("http://{text}"),
        Some(("socks", rest)) => format!("socks5://{rest}"),
        Some(_) => text.to_owned(),
    };
    let upstream = Upstream::parse(&url, chosen_by).map_err(|error| error.to_string())?;
    let bypass = Bypass::parse(bypass).map_err(|error| error.to_string())?;
    Ok(Some(upstream.with_bypass(bypass)))
}

#[cfg(test)]
mod tests {
    use egress::upstream::ChosenBy;

    use super::proxy_server;

    #[test]
    fn a_proxy_server_is_read_as_chromium_does() {
        let read = |text: &str| proxy_server(text, "", ChosenBy::Job).map(|proxy| proxy.map(|proxy| proxy.to_string()));
        for (text, shown) in [
            ("proxy:3128", Some("http://proxy:3128")),
            ("http://proxy:3128", Some("http://proxy:3128")),
            ("socks://proxy", Some("socks5://proxy:1080")),
            ("https://user:hunter2@proxy", Some("https://proxy:443")),
            ("direct://", None),
            ("", None),
        ] {
            assert_eq!(read(text), Ok(shown.map(str::to_owned)), "{text}");
        }
        for text in ["http=a;https=b", "a:1,b:2", "socks4://a", "quic://a", "http://u:hunter2@a/x"] {
            let error = read(text).expect_err(text);
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(proxy_server("a:1", "gopher://x", ChosenBy::Job).is_err());
    }
}
