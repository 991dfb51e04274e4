//! Upstream proxies: what a session's connections go through.
//!
//! | scheme | speaks | looks names up |
//! |---|---|---|
//! | `http` | HTTP: CONNECT, and plain requests as requests | the proxy |
//! | `https` | the same over TLS | the proxy |
//! | `socks5` | SOCKS5 ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)) | this crate; the proxy gets a judged address |
//! | `socks5h` | SOCKS5 | the proxy |
//!
//! The policy judges the target all the same: its name, and every address that the name has here. As the proxy picks the address
//! itself, one that is refused refuses the target. A name that has no address here counts as public. What a proxy that looks names
//! up connects to in the end, only that proxy knows; with `socks5` it is a judged address.
//!
//! A proxy that a job chose is itself judged as a target of that job; one that the operator chose is not.

//! A target on the proxy's [`Bypass`] list goes past the proxy, as without one, and is judged as without one.

mod bypass;
mod connect;
mod socks5;

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

pub(crate) use bypass::matches_glob;
pub use bypass::{Bypass, BypassError};
use connect::NoTunnel;

use crate::failure::Failure;
use crate::secret::Secret;
use crate::stream::BoxStream;
use crate::target::{Host, Target, TargetError};

/// An upstream proxy. `Display` and `Debug` show no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    target: Target,
    credentials: Option<Credentials>,
    chosen_by: ChosenBy,
    bypass: Bypass,
}

/// Who named the upstream proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// The operator, who may well have it in a network that jobs do not reach.
    Operator,
    /// A job: the policy judges the proxy's own address, too.
    Job,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
    Socks5,
    Socks5h,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Credentials {
    user: Secret,
    password: Secret,
}

/// A URL that names no upstream proxy. Does not repeat the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// The text is not a URL.
    #[error("the proxy is not a URL: write scheme://[user:password@]host[:port]")]
    Url,
    /// The scheme is another one.
    #[error("{0:?} is not a scheme of a proxy: write http, https, socks5 or socks5h")]
    Scheme(String),
    /// The host or port cannot be read.
    #[error("the proxy's URL has no host and port that can be used")]
    Target(#[from] TargetError),
    /// There is more than scheme, credentials, host and port.
    #[error("the proxy's URL has a path, a query or a fragment")]
    Path,
    /// The user name or password is not UTF-8, or is too long or empty where SOCKS5 has no place for that.
    #[error("the proxy's user name or password cannot be sent")]
    Credentials,
}

impl Upstream {
    /// Reads `scheme://[user:password@]host[:port]`. Credentials are percent-decoded. The default ports are 80 for `http`, 443 for
    /// `https` and 1080 for SOCKS.
    ///
    /// # Errors
    ///
    /// When the text is not such a URL.
    pub fn parse(text: &str, chosen_by: ChosenBy) -> Result<Self, UpstreamError> {
        let url = Url::parse(text.trim()).map_err(|_| UpstreamError::Url)?;
        let (scheme, default_port) = match url.scheme() {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            "socks5" => (Scheme::Socks5, 1080),
            "socks5h" => (Scheme::Socks5h, 1080),
            other => return Err(UpstreamError::Scheme(other.chars().take(20).collect())),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(UpstreamError::Path);
        }
        let host = url.host_str().ok_or(UpstreamError::Url)?;
        let target = Target::new(host, url.port().unwrap_or(default_port))?;
        let credentials = read_credentials(&url)?;
        if let (Scheme::Socks5 | Scheme::Socks5h, Some(credentials)) = (scheme, &credentials) {
            // RFC 1929 has one byte for each length.
            let fits = |secret: &Secret| (1..=255).contains(&secret.expose().len());
            if !fits(&credentials.user) || !fits(&credentials.password) {
                return Err(UpstreamError::Credentials);
            }
        }
        Ok(Self { scheme, target, credentials, chosen_by, bypass: Bypass::nothing() })
    }

    /// Lets the targets on a list go past the proxy.
    #[must_use]
    pub fn with_bypass(self, bypass: Bypass) -> Self {
        Self { bypass, ..self }
    }

    pub(crate) fn is_bypassed(&self, target: &Target) -> bool {
        self.bypass.matches(target)
    }

    /// Returns the proxy's own host and port.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns who named the proxy.
    pub fn chosen_by(&self) -> ChosenBy {
        self.chosen_by
    }

    /// Tells whether plain HTTP requests can be sent to the proxy as requests.
    pub fn speaks_http(&self) -> bool {
        matches!(self.scheme, Scheme::Http | Scheme::Https)
    }

    /// Tells whether the proxy is sent names, and looks them up itself.
    pub fn takes_names(&self) -> bool {
        self.scheme != Scheme::Socks5
    }

    /// Returns the value of `Proxy-Authorization` that whoever named the proxy gave, marked as sensitive.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let Credentials { user, password } = self.credentials.as_ref()?;
        let pair = BASE64_STANDARD.encode(format!("{}:{}", user.expose(), password.expose()));
        let mut value = HeaderValue::from_str(&format!("Basic {pair}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Wraps the connection to the proxy in TLS when its scheme says so.
    pub(crate) async fn secure(
        &self,
        stream: TcpStream,
        tls: impl FnOnce() -> Arc<ClientConfig>,
    ) -> Result<BoxStream, Failure> {
        if self.scheme != Scheme::Https {
            return Ok(Box::new(stream));
        }
        let name = match &self.target.host {
            Host::Address(address) => ServerName::IpAddress((*address).into()),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|_| Failure::Upstream(format!("{self} has a name that no certificate can have")))?,
        };
        match TlsConnector::from(tls()).connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(Failure::Upstream(format!("{self} failed in TLS: {error}"))),
        }
    }

    /// Asks the proxy for a tunnel to a target. A proxy of HTTP without credentials of its own gets the browser's, and the browser
    /// hears what such a proxy wants.
    pub(crate) async fn tunnel(
        &self,
        stream: BoxStream,
        target: &Target,
        of_browser: Option<HeaderValue>,
    ) -> Result<BoxStream, Failure> {
        let tunnel = match self.scheme {
            Scheme::Http | Scheme::Https => connect::tunnel(stream, target, self.authorization().or(of_browser)).await,
            Scheme::Socks5 | Scheme::Socks5h => {
                socks5::tunnel(stream, target, self.credentials.as_ref()).await.map_err(NoTunnel::Failed)
            }
        };
        tunnel.map_err(|error| match error {
            NoTunnel::Failed(what) => Failure::Upstream(format!("{self} {what}")),
            NoTunnel::CredentialsWanted(challenges) => self.wants_credentials(challenges),
        })
    }

    /// Returns the failure of a proxy that answers 407: it wants the browser's credentials, or refuses those that it was named with.
    ///
    /// Negotiate and NTLM are of one connection ([RFC 4559](https://www.rfc-editor.org/rfc/rfc4559#section-6)), and each tunnel has
    /// its own here: a proxy that takes nothing else fails by name.
    pub(crate) fn wants_credentials(&self, challenges: Vec<HeaderValue>) -> Failure {
        let schemes = schemes(&challenges);
        if !schemes.is_empty() && !schemes.iter().any(|scheme| ["basic", "digest"].contains(&scheme.as_str())) {
            return Failure::Upstream(format!(
                "{self} takes {} only, which cannot be chained: let it take Basic, or name a proxy that does",
                schemes.join(" and ")
            ));
        }
        match self.credentials {
            None => Failure::CredentialsWanted { upstream: self.to_string(), challenges },
            Some(_) => Failure::Upstream(format!("{self} refused its user name and password (status 407)")),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Socks5 => "socks5",
            Scheme::Socks5h => "socks5h",
        };
        write!(f, "{scheme}://{}", self.target)
    }
}

/// The kinds of credentials that a proxy takes, as it writes them, in small letters.
fn schemes(challenges: &[HeaderValue]) -> Vec<String> {
    let texts = challenges.iter().filter_map(|challenge| challenge.to_str().ok());
    // A scheme is a word that no `=` follows: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
    let words = texts.flat_map(|text| text.split(',')).filter_map(|part| part.split_whitespace().next());
    let is_scheme =
        |word: &&str| word.len() <= 40 && word.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-');
    words.filter(is_scheme).map(str::to_lowercase).collect()
}

fn read_credentials(url: &Url) -> Result<Option<Credentials>, UpstreamError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decode =
        |text: &str| percent_decode_str(text).decode_utf8().map(Secret::new).map_err(|_| UpstreamError::Credentials);
    Ok(Some(Credentials { user: decode(url.username())?, password: decode(url.password().unwrap_or_default())? }))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::{ChosenBy, Upstream, UpstreamError};

    fn parse(text: &str) -> Result<Upstream, UpstreamError> {
        Upstream::parse(text, ChosenBy::Job)
    }

    #[test]
    fn a_challenge_names_its_schemes() {
        let schemes = |texts: &[&'static str]| {
            super::schemes(&texts.iter().map(|text| HeaderValue::from_static(text)).collect::<Vec<_>>()).join(" ")
        };
        assert_eq!(schemes(&["Negotiate", "NTLM"]), "negotiate ntlm");
        assert_eq!(schemes(&["Digest realm=\"a, b\", nonce=\"x\", Basic realm=\"c\""]), "digest basic");
        assert_eq!(schemes(&["NTLM TlRMTVNT=="]), "ntlm");
        assert_eq!(schemes(&[]), "");
    }

    #[test]
    fn each_scheme_has_its_port() {
        let table = [
            ("http://p", "http://p:80"),
            ("http://p:80/", "http://p:80"),
            ("https://P.example", "https://p.example:443"),
            ("socks5://127.1:1", "socks5://127.0.0.1:1"),
            ("socks5h://[::1]", "socks5h://[::1]:1080"),
        ];
        for (text, shown) in table {
            assert_eq!(parse(text).map(|upstream| upstream.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn credentials_are_sent_and_never_shown() {
        let upstream = parse("http://us%40er:hunter2%21@p:3128").expect("an upstream");
        let shown = format!("{upstream} {upstream:?} {:?}", upstream.authorization());
        assert!(!shown.contains("hunter2") && !shown.contains("us@er") && !shown.contains("Basic"), "{shown}");
        // "us@er:hunter2!"
        assert_eq!(upstream.authorization().expect("a header").as_bytes(), b"Basic dXNAZXI6aHVudGVyMiE=");
    }

    #[test]
    fn what_is_not_a_proxy_is_said_without_the_password() {
        for text in
            ["p:3128", "", "ftp://u:hunter2@p", "http://u:hunter2@p/x", "http://u:hunter2@p:99999", "socks5://u@p"]
        {
            let error = parse(text).expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
