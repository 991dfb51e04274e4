//! The proxy that a browser context reaches the network through, and what only that proxy knows.
//!
//! Behind a proxy Chromium knows neither why a connection failed nor which address it reached. Whoever owns the proxy tells both,
//! so that scripts see what they would have seen without a proxy. This crate knows nothing else of the proxy.

use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;

use url::Url;

/// The proxy of a browser context. Its answers come at once or within a moment: the events of the browser wait for them.
pub trait ContextProxy: fmt::Debug {
    /// Returns what Chromium is given as `proxyServer` of
    /// [`Target.createBrowserContext`](https://chromedevtools.github.io/devtools-protocol/tot/Target/#method-createBrowserContext):
    /// `socks5://127.0.0.1:1080`.
    fn server(&self) -> &str;

    /// Returns the error of Chromium that the latest connection to `host:port` would have failed with without the proxy; `None`
    /// when nothing is known.
    fn net_error_of(&self, target: &str) -> Option<String>;

    /// Returns the address that the latest connection to `host:port` has reached; `None` when nothing is known.
    fn remote_address_of(&self, target: &str) -> Option<SocketAddr>;

    /// Opens the proxy of another context, for which a script has chosen a proxy: the owner of this proxy connects to the script's.
    ///
    /// # Errors
    /// A sentence for the script.
    fn open(&self, options: &ContextOptions) -> Result<Rc<dyn ContextProxy>, String>;
}

/// What a script says of a browser context that it makes
/// ([Puppeteer](https://pptr.dev/api/puppeteer.browsercontextoptions)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextOptions {
    /// The proxy for all requests.
    pub proxy_server: Option<String>,
    /// Hosts that are reached without the proxy.
    pub proxy_bypass_list: Vec<String>,
}

/// How Chromium says that a proxy made no connection
/// ([net_error_list.h](https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h)).
const OF_PROXIES: [&str; 4] = [
    "net::ERR_SOCKS_CONNECTION_HOST_UNREACHABLE",
    "net::ERR_SOCKS_CONNECTION_FAILED",
    "net::ERR_TUNNEL_CONNECTION_FAILED",
    "net::ERR_PROXY_CONNECTION_FAILED",
];

/// How Chromium says that a proxy of HTTP closed the connection under a request, which a server may do as well.
const EMPTY: &str = "net::ERR_EMPTY_RESPONSE";

/// What stands for them when the proxy knows nothing: a connection was not made.
const UNKNOWN: &str = "net::ERR_CONNECTION_FAILED";

/// Returns a text of Chromium about the failure of `url` with the error that it would have had without the proxy.
pub(crate) fn translated(proxy: Option<&Rc<dyn ContextProxy>>, url: &str, text: &str) -> String {
    let error = OF_PROXIES.iter().chain([&EMPTY]).find(|error| text.contains(**error));
    let (Some(proxy), Some(error)) = (proxy, error) else { return text.to_owned() };
    let known = target_of(url).and_then(|target| proxy.net_error_of(&target));
    text.replace(error, known.as_deref().unwrap_or(if *error == EMPTY { EMPTY } else { UNKNOWN }))
}

/// Tells whether a text of Chromium says that a proxy made no connection.
pub(crate) fn is_of_proxy(text: &str) -> bool {
    OF_PROXIES.iter().chain([&EMPTY]).any(|error| text.contains(error))
}

/// Returns the address that a connection for `url` has reached, where Chromium names the proxy's.
pub(crate) fn remote_address(proxy: &dyn ContextProxy, url: &str) -> Option<SocketAddr> {
    proxy.remote_address_of(&target_of(url)?)
}

/// Tells whether an address that Chromium names is the proxy's own.
pub(crate) fn is_proxy(proxy: &dyn ContextProxy, ip: &str, port: i64) -> bool {
    let own = proxy.server().rsplit_once("://").map_or(proxy.server(), |(_, address)| address);
    own == format!("{ip}:{port}")
}

/// `host:port` of an address.
fn target_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// Returns the address of a WebSocket in Chromium's message that it failed, which stands in no other member.
pub(crate) fn failed_web_socket(message: &str) -> Option<&str> {
    let (url, _) = message.strip_prefix("WebSocket connection to '")?.split_once("' failed")?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Known;

    impl ContextProxy for Known {
        fn server(&self) -> &str {
            "socks5://127.4.5.6:4000"
        }

        fn net_error_of(&self, target: &str) -> Option<String> {
            (target == "a.test:443").then(|| "net::ERR_NAME_NOT_RESOLVED".to_owned())
        }

        fn remote_address_of(&self, target: &str) -> Option<SocketAddr> {
            (target == "[::1]:80").then(|| "[::1]:80".parse().expect("an address"))
        }

        fn open(&self, _: &ContextOptions) -> Result<Rc<dyn ContextProxy>, String> {
            Err("no".to_owned())
        }
    }

    #[test]
    fn a_failure_has_the_name_that_it_has_without_a_proxy() {
        let proxy: Rc<dyn ContextProxy> = Rc::new(Known);
        for (url, text, expected) in [
            ("https://a.test/x", "net::ERR_SOCKS_CONNECTION_FAILED", "net::ERR_NAME_NOT_RESOLVED"),
            (
                "wss://a.test/x",
                "failed: net::ERR_SOCKS_CONNECTION_HOST_UNREACHABLE",
                "failed: net::ERR_NAME_NOT_RESOLVED",
            ),
            ("https://b.test/", "net::ERR_TUNNEL_CONNECTION_FAILED", "net::ERR_CONNECTION_FAILED"),
            ("nonsense", "net::ERR_PROXY_CONNECTION_FAILED", "net::ERR_CONNECTION_FAILED"),
            ("https://a.test/", "net::ERR_ABORTED", "net::ERR_ABORTED"),
            ("https://a.test/", "net::ERR_EMPTY_RESPONSE", "net::ERR_NAME_NOT_RESOLVED"),
            ("https://b.test/", "net::ERR_EMPTY_RESPONSE", "net::ERR_EMPTY_RESPONSE"),
        ] {
            assert_eq!(translated(Some(&proxy), url, text), expected, "{url}");
            assert_eq!(translated(None, url, text), text);
        }
    }

    #[test]
    fn addresses_are_asked_for_by_host_and_port() {
        assert_eq!(remote_address(&Known, "http://[::1]/x"), Some("[::1]:80".parse().unwrap()));
        assert_eq!(remote_address(&Known, "data:,x"), None);
        assert!(is_proxy(&Known, "127.4.5.6", 4000) && !is_proxy(&Known, "127.4.5.6", 4001));
    }

    #[test]
    fn the_address_of_a_web_socket_is_read_from_its_message() {
        let message = "WebSocket connection to 'ws://a.test/x' failed: Error in connection establishment: net::ERR_X";
        assert_eq!(failed_web_socket(message), Some("ws://a.test/x"));
        assert_eq!(failed_web_socket("Failed to load resource: net::ERR_X"), None);
    }
}
