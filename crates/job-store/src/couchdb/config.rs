//! Which CouchDB holds the jobs.

use std::sync::Arc;

use tokio_rustls::rustls::ClientConfig;

use crate::StoreError;

/// Which CouchDB, and who we are there.
#[derive(Clone)]
pub struct CouchDbConfig {
    /// The server, such as `http://couchdb:5984`; a path in front of the databases is kept.
    pub url: String,
    /// The user; no credentials are sent when it and the password are empty.
    pub username: String,
    /// The password; never printed.
    pub password: String,
    /// The database that holds the jobs.
    pub database: String,
    /// For an `https:` URL: who is believed to be the server.
    pub tls: Option<Arc<ClientConfig>>,
}

impl CouchDbConfig {
    /// Names a server by its address, with the database `jobs` and no credentials.
    pub fn new(host: &str, port: u16) -> Self {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let (username, password) = (String::new(), String::new());
        Self { url: format!("http://{host}:{port}"), username, password, database: "jobs".to_owned(), tls: None }
    }

    /// Names a server by a URL that may hold the credentials: `http://user:password@host:port`. The database is `jobs`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it is not a URL.
    pub fn from_url(url: &str) -> Result<Self, StoreError> {
        let malformed = |reason: String| StoreError::Refused { action: "read the URL of CouchDB".into(), reason };
        let mut parsed = reqwest::Url::parse(url).map_err(|error| malformed(error.to_string()))?;
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let username = decode(parsed.username());
        let password = decode(parsed.password().unwrap_or_default());
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        Ok(Self { url: parsed.into(), username, password, database: "jobs".to_owned(), tls: None })
    }

    /// Sets the credentials.
    #[must_use]
    pub fn with_credentials(self, username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into(), ..self }
    }

    /// Makes it https, and says who is believed to be the server.
    #[must_use]
    pub fn with_tls(self, tls: Arc<ClientConfig>) -> Self {
        let url = self.url.strip_prefix("http:").map_or(self.url.clone(), |rest| format!("https:{rest}"));
        Self { url, tls: Some(tls), ..self }
    }

    /// Sets the database that holds the jobs.
    #[must_use]
    pub fn with_database(self, database: impl Into<String>) -> Self {
        Self { database: database.into(), ..self }
    }
}

impl std::fmt::Debug for CouchDbConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url, username, password: _, database, tls: _ } = self;
        f.debug_struct("CouchDbConfig")
            .field("url", url)
            .field("username", username)
            .field("database", database)
            .finish_non_exhaustive()
    }
}
