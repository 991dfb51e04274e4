//! Looks names up.

use std::io;
use std::net::IpAddr;

use futures::future::BoxFuture;
use tokio::net::lookup_host;

/// What a lookup gives: every address of the name, the preferred ones first.
pub type Answer = io::Result<Vec<IpAddr>>;

/// Looks names up. Each call may give another answer; nobody keeps one.
pub trait Resolve: Send + Sync {
    /// Looks up a name, which is lower case, punycode and without a final dot.
    ///
    /// The caller waits for a limited time and asks for neither `localhost` nor what stands under it.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Answer>;
}

/// Asks the system (`getaddrinfo`), so that /etc/hosts, search domains and nsswitch count as for every other program.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move { Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
