//! Requests to one CouchDB server: credentials, deadlines, and what went wrong in words a caller can act on.
//!
//! Knows nothing of jobs. A refused password is never tried again at once: CouchDB locks an account for 300 s after
//! five failures in that time, so after one failure every request is refused here until a minute and a quarter passed.
//! Until the server has accepted the password, requests go one after the other, lest five wrong ones are under way.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use bytes::{Bytes, BytesMut};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::CouchDbConfig;
use crate::StoreError;
use crate::error::Unreached;

const JSON: &str = "application/json";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Four failures in 300 s at most, so that one client alone never locks the account.
pub(super) const REFUSED_PAUSE: Duration = Duration::from_secs(75);

/// A CouchDB server and the credentials for it.
pub(super) struct Http {
    client: Client,
    server: String,
    database: String,
    authorization: Option<HeaderValue>,
    refused: Mutex<Option<(Instant, String)>>,
    /// Whether the server is known to take the credentials.
    accepted: AtomicBool,
    /// Held by the one request that finds it out.
    trial: tokio::sync::Mutex<()>,
    write_calls: AtomicU64,
    rows: AtomicU64,
}

/// The server's answer.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Why there is no useful answer. Cheap to clone, because one failed batch fails many rows.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// Trying again later helps.
    Unavailable(Arc<dyn std::error::Error + Send + Sync>),
    /// There was no connection to the server, or it broke. Trying again later helps.
    Unreached(Arc<reqwest::Error>),
    /// The database or its index is not there: making them helps.
    Missing(Arc<Fault>),
    /// Trying again does not help.
    Refused(String),
}

/// What the server said instead of doing it.
#[derive(Debug, thiserror::Error)]
#[error("the server answered {status}: {error}: {reason}")]
pub(super) struct Fault {
    pub(super) status: StatusCode,
    /// CouchDB's short name for it; empty when the answer was no JSON.
    pub(super) error: String,
    pub(super) reason: String,
}

impl Trouble {
    pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(error))
    }

    pub(super) fn into_error(self, action: impl Into<String>) -> StoreError {
        let action = action.into();
        match self {
            Self::Unavailable(cause) => StoreError::Unavailable { action, source: Box::new(cause) },
            Self::Unreached(error) => StoreError::Unavailable { action, source: Box::new(Unreached(error)) },
            Self::Missing(fault) => StoreError::Unavailable { action, source: Box::new(fault) },
            Self::Refused(reason) => StoreError::Refused { action, reason },
        }
    }
}

impl From<Fault> for Trouble {
    /// 404 is here a missing database or index, for a job's own is told apart before; 429 and 5xx pass by themselves.
    fn from(fault: Fault) -> Self {
        match fault.status {
            StatusCode::NOT_FOUND => Self::Missing(Arc::new(fault)),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Self::unavailable(fault),
            status if status.is_client_error() => Self::Refused(fault.to_string()),
            _ => Self::unavailable(fault),
        }
    }
}

impl Reply {
    /// The answer's error and reason.
    pub(super) fn fault(&self) -> Fault {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            error: String,
            reason: String,
        }
        let body: Body = serde_json::from_slice(&self.body).unwrap_or_else(|_| Body {
            error: String::new(),
            reason: String::from_utf8_lossy(&self.body).chars().take(200).collect(),
        });
        Fault { status: self.status, error: body.error, reason: body.reason }
    }

    /// The body of a success, else the fault.
    pub(super) fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Trouble> {
        if !self.status.is_success() {
            return Err(self.fault().into());
        }
        serde_json::from_slice(&self.body).map_err(Trouble::unavailable)
    }
}

/// What a client is given that speaks HTTP only: one that is given nothing looks for the system's certificates, and fails where
/// there are none.
fn nobody_is_believed() -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring has the ciphers of TLS 1.2 and 1.3");
    builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

impl Http {
    pub(super) fn new(config: &CouchDbConfig) -> Result<Self, StoreError> {
        let refused =
            |reason: String| StoreError::Refused { action: "use the CouchDB of the configuration".into(), reason };
        let mut url = Url::parse(&config.url).map_err(|error| refused(format!("the URL is malformed: {error}")))?;
        let tls = match (url.scheme(), &config.tls) {
            ("http", _) => nobody_is_believed(),
            ("https", Some(tls)) => tls.as_ref().clone(),
            ("https", None) => return Err(refused("https needs certificates to believe in".into())),
            (other, _) => return Err(refused(format!("the URL's scheme is {other:?}, not \"http\" or \"https\""))),
        };
        if config.database.is_empty() {
            return Err(refused("the database's name is empty".into()));
        }
        // Credentials belong into the header only: a URL gets logged.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.set_fragment(None);
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Trouble::unavailable(error).into_error("make an HTTP client"))?;
        let authorization = authorization(config);
        Ok(Self {
            client,
            server: url.as_str().trim_end_matches('/').to_owned(),
            database: segment(&config.database),
            refused: Mutex::new(None),
            // Without credentials there is no account to lock.
            accepted: AtomicBool::new(authorization.is_none()),
            trial: tokio::sync::Mutex::new(()),
            authorization,
            write_calls: AtomicU64::new(0),
            rows: AtomicU64::new(0),
        })
    }

    /// How many requests were sent that end with an fsync on the server.
    pub(super) fn write_calls(&self) -> u64 {
        self.write_calls.load(Ordering::Relaxed)
    }

    /// How many documents were sent to be written, deletions included.
    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Counts documents of a write.
    pub(super) fn count_rows(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Where the jobs are, for errors: server and database, never the credentials.
    pub(super) fn address(&self) -> String {
        let database = percent_encoding::percent_decode_str(&self.database).decode_utf8_lossy();
        format!("{}/{database}", self.server)
    }

    /// Reads below the jobs' database; `path` is encoded and empty for the database itself.
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Reply, Trouble> {
        self.read(|| self.client.get(self.url(path)).query(query)).await
    }

    /// Reads what a body asks for.
    pub(super) async fn post(&self, path: &str, body: Bytes) -> Result<Reply, Trouble> {
        let request = || self.client.post(self.url(path)).header(CONTENT_TYPE, JSON).body(body.clone());
        self.read(request).await
    }

    /// As [`Self::post`] while the answer's body has at most `most` bytes; `None`, and nothing kept, when it has more.
    pub(super) async fn post_within(&self, path: &str, body: Bytes, most: usize) -> Result<Option<Reply>, Trouble> {
        let request = || self.client.post(self.url(path)).header(CONTENT_TYPE, JSON).body(body.clone());
        self.read_within(request, most).await
    }

    async fn read(&self, request: impl Fn() -> RequestBuilder) -> Result<Reply, Trouble> {
        Ok(self.read_within(request, usize::MAX).await?.expect("no body is longer"))
    }

    async fn read_within(&self, request: impl Fn() -> RequestBuilder, most: usize) -> Result<Option<Reply>, Trouble> {
        match self.send_within(request(), most).await {
            // A kept connection may die under a request at any time; reading once more is harmless.
            Err(Sent::Transport(error)) if !error.is_timeout() && !error.is_connect() => {
                self.send_within(request(), most).await
            }
            other => other,
        }
        .map_err(Trouble::from)
    }

    /// Writes below the jobs' database. Never repeated: whether a lost request was done is not known.
    pub(super) async fn write(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<Reply, Trouble> {
        self.write_calls.fetch_add(1, Ordering::Relaxed);
        let mut request = self.client.request(method, self.url(path));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, JSON).body(body);
        }
        Ok(self.send(request).await?)
    }

    /// Makes a database; the jobs' own when `name` is `None`.
    pub(super) async fn put_database(&self, name: Option<&str>) -> Result<Reply, Trouble> {
        let url = match name {
            Some(name) => format!("{}/{}", self.server, segment(name)),
            None => self.url(""),
        };
        Ok(self.send(self.client.put(url)).await?)
    }

    fn url(&self, path: &str) -> String {
        if path.is_empty() {
            return format!("{}/{}", self.server, self.database);
        }
        format!("{}/{}/{path}", self.server, self.database)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Reply, Sent> {
        Ok(self.send_within(request, usize::MAX).await?.expect("no body is longer"))
    }

    async fn send_within(&self, mut request: RequestBuilder, most: usize) -> Result<Option<Reply>, Sent> {
        let trial = self.trial().await;
        if let Some(reason) = self.still_refused() {
            return Err(Sent::Refused(reason));
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let mut response = request.send().await.map_err(Sent::Transport)?;
        let status = response.status();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Sent::Transport)? {
            if body.len() + chunk.len() > most {
                return Ok(None);
            }
            body.extend_from_slice(&chunk);
        }
        let reply = Reply { status, body: body.freeze() };
        self.judge_credentials(&reply);
        drop(trial);
        Ok(Some(reply))
    }

    /// Waits for its turn while it is not known whether the credentials are right.
    async fn trial(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let accepted = || self.accepted.load(Ordering::Relaxed);
        if accepted() {
            return None;
        }
        let turn = self.trial.lock().await;
        (!accepted()).then_some(turn)
    }

    fn still_refused(&self) -> Option<String> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match &*refused {
            Some((since, reason)) if since.elapsed() < REFUSED_PAUSE => Some(reason.clone()),
            _ => {
                *refused = None;
                None
            }
        }
    }

    /// "You are not …" tells a missing right of a user that is known; everything else is about the credentials.
    fn judge_credentials(&self, reply: &Reply) {
        let refusal = match reply.status {
            StatusCode::UNAUTHORIZED => Some(reply.fault()).filter(|fault| !fault.reason.starts_with("You are not")),
            StatusCode::FORBIDDEN => Some(reply.fault()).filter(|fault| fault.reason.contains("locked")),
            _ => None,
        };
        // A server in trouble, or something in front of it, has not looked at them.
        if self.authorization.is_some() && !reply.status.is_server_error() {
            self.accepted.store(refusal.is_none(), Ordering::Relaxed);
        }
        if let Some(fault) = refusal {
            tracing::warn!(pause_s = REFUSED_PAUSE.as_secs(), "CouchDB refuses the credentials: {}", fault.reason);
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused = Some((Instant::now(), fault.to_string()));
        }
    }
}

enum Sent {
    Transport(reqwest::Error),
    Refused(String),
}

impl From<Sent> for Trouble {
    fn from(sent: Sent) -> Self {
        match sent {
            // A late answer may be a write's only: the server may well take a ping.
            Sent::Transport(error) if error.is_timeout() && !error.is_connect() => {
                Self::unavailable(error.without_url())
            }
            Sent::Transport(error) => Self::Unreached(Arc::new(error.without_url())),
            Sent::Refused(reason) => Self::Refused(reason),
        }
    }
}

/// One path segment: everything but ASCII letters and digits is encoded, so no id can address anything else.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn authorization(config: &CouchDbConfig) -> Option<HeaderValue> {
    if config.username.is_empty() && config.password.is_empty() {
        return None;
    }
    let credentials = format!("{}:{}", config.username, config.password);
    let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
    let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).expect("base64 is a legal header value");
    value.set_sensitive(true);
    Some(value)
}
