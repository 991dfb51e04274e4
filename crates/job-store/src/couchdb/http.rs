//! Requests to one CouchDB server, with credentials and deadlines. Knows nothing of jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::CouchDbConfig;
use super::credentials::Credentials;
use super::trouble::{Reply, Sent, Trouble};
use crate::StoreError;

const JSON: &str = "application/json";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A CouchDB server and the credentials for it.
pub(crate) struct Http {
    client: Client,
    server: String,
    database: String,
    credentials: Arc<Credentials>,
    write_calls: AtomicU64,
    rows: AtomicU64,
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
        Ok(Self {
            client,
            server: url.as_str().trim_end_matches('/').to_owned(),
            database: segment(&config.database),
            credentials: Arc::new(Credentials::of(config)),
            write_calls: AtomicU64::new(0),
            rows: AtomicU64::new(0),
        })
    }

    /// The same server with the same credentials, and another database: this one's name and `ending`.
    pub(crate) fn beside(&self, ending: &str) -> Self {
        Self {
            client: self.client.clone(),
            server: self.server.clone(),
            database: format!("{}{}", self.database, segment(ending)),
            credentials: self.credentials.clone(),
            write_calls: AtomicU64::new(0),
            rows: AtomicU64::new(0),
        }
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
    pub(crate) fn address(&self) -> String {
        let database = percent_encoding::percent_decode_str(&self.database).decode_utf8_lossy();
        format!("{}/{database}", self.server)
    }

    /// Reads below the jobs' database; `path` is encoded and empty for the database itself.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Reply, Trouble> {
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
    pub(crate) async fn write(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<Reply, Trouble> {
        self.write_calls.fetch_add(1, Ordering::Relaxed);
        let mut request = self.client.request(method, self.url(path));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, JSON).body(body);
        }
        Ok(self.send(request).await?)
    }

    /// Makes this database unless it is there.
    pub(crate) async fn ensure_database(&self) -> Result<(), Trouble> {
        let reply = self.put_database(None).await?;
        let exists = reply.status.is_success() || reply.status == StatusCode::PRECONDITION_FAILED;
        // Without the right to make databases it is enough that somebody else made this one.
        if !exists && !self.get("", &[]).await?.status.is_success() {
            return Err(reply.fault().into());
        }
        Ok(())
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
        let trial = self.credentials.trial().await;
        if let Some(reason) = self.credentials.still_refused() {
            return Err(Sent::Refused(reason));
        }
        if let Some(authorization) = self.credentials.header() {
            request = request.header(AUTHORIZATION, authorization);
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
        self.credentials.judge(&reply);
        drop(trial);
        Ok(Some(reply))
    }
}

/// One path segment: everything but ASCII letters and digits is encoded, so no id can address anything else.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
