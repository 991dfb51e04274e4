//! What a slot asks the parent about its network, and the answers.
//!
//! Behind its proxy Chromium knows neither why a connection failed nor which address it reached; the parent does. The slot asks
//! when it needs to know, which is seldom: a request has failed because of the proxy, a job calls `response.remoteAddress()`, or a
//! context is to have a proxy of its own. A request that succeeds costs no question.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Where a slot's browsers find their proxies: addresses on this machine's loopback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotProxies {
    /// The one of Chromium itself and of its first context. Nothing leaves through it.
    pub closed: String,
    /// Those of the jobs' contexts, used by turns.
    pub contexts: [String; 2],
}

/// A question about the network of the job that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkQuestion {
    /// How the latest connection through a proxy to `host:port` went.
    Outcome {
        /// The proxy's number.
        proxy: u64,
        /// Where the connection went.
        target: String,
    },
    /// Another proxy, which goes through the one that the job names.
    Open {
        /// The job's proxy.
        server: String,
        /// What goes past it.
        bypass: Vec<String>,
    },
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkAnswer {
    /// How a connection went.
    Outcome {
        /// Chromium's error, when the connection failed.
        net_error: Option<String>,
        /// The same in a sentence of the guard.
        sentence: Option<String>,
        /// The address that was reached, when it is known.
        address: Option<SocketAddr>,
    },
    /// A proxy that was opened.
    Opened {
        /// Its number.
        proxy: u64,
        /// What Chromium is given as `proxyServer`.
        server: String,
    },
    /// A proxy that was not opened, and why.
    Refused(String),
}
