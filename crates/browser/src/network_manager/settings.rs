//! What a script sets for all requests of a page.

use serde_json::{Map, Value, json};

use super::{NetworkManager, fetch_patterns};
use crate::error::Error;

impl NetworkManager {
    /// Sets the user name and password for servers and proxies that ask.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn authenticate(&self, credentials: Option<(String, String)>) -> Result<(), Error> {
        *self.credentials.borrow_mut() = credentials;
        self.update_interception().await
    }

    /// Headers for every request, by lower-case name, in place of those set before.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_extra_http_headers(&self, headers: Vec<(String, String)>) -> Result<(), Error> {
        let headers: Map<String, Value> =
            headers.into_iter().map(|(name, value)| (name.to_lowercase(), value.into())).collect();
        let arguments = json!({"headers": headers});
        *self.extra_headers.borrow_mut() = headers;
        self.everywhere("Network.setExtraHTTPHeaders", arguments).await
    }

    /// One of the headers for every request.
    pub(crate) fn extra_http_header(&self, name: &str) -> Option<String> {
        self.extra_headers.borrow().get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// Cuts the page off the network.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_offline_mode(&self, offline: bool) -> Result<(), Error> {
        self.emulate_network_conditions(Conditions { offline, ..self.conditions.get() }).await
    }

    /// Makes the network slower, or takes it away.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn emulate_network_conditions(&self, conditions: Conditions) -> Result<(), Error> {
        if self.conditions.replace(conditions) == conditions {
            return Ok(());
        }
        self.everywhere("Network.emulateNetworkConditions", conditions.to_protocol()).await
    }

    /// Sets whether requests go past the page's service workers.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_bypass_service_worker(&self, bypass: bool) -> Result<(), Error> {
        self.bypasses_service_worker.set(bypass);
        self.everywhere("Network.setBypassServiceWorker", json!({"bypass": bypass})).await
    }

    /// Tells whether requests go past the page's service workers.
    pub fn bypasses_service_worker(&self) -> bool {
        self.bypasses_service_worker.get()
    }

    /// Sets what `navigator.userAgent`, its client hints and the requests say.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_user_agent(&self, user_agent: UserAgent) -> Result<(), Error> {
        *self.user_agent.borrow_mut() = user_agent;
        self.update_user_agent().await
    }

    /// Sets the languages that the requests ask for; `None` ends it.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_accept_language(&self, languages: Option<String>) -> Result<(), Error> {
        *self.accept_language.borrow_mut() = languages;
        self.update_user_agent().await
    }

    async fn update_user_agent(&self) -> Result<(), Error> {
        let arguments = self.user_agent_override().unwrap_or_else(|| json!({"userAgent": ""}));
        self.everywhere("Network.setUserAgentOverride", arguments).await
    }

    pub(super) fn user_agent_override(&self) -> Option<Value> {
        let UserAgent { text, metadata, platform } = &*self.user_agent.borrow();
        let languages = self.accept_language.borrow();
        if text.is_none() && languages.is_none() {
            return None;
        }
        // An empty text leaves Chromium's own.
        let mut arguments = json!({"userAgent": text.as_deref().unwrap_or_default()});
        let parts = [
            ("userAgentMetadata", metadata.clone()),
            ("platform", platform.clone().map(Value::from)),
            ("acceptLanguage", languages.clone().map(Value::from)),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                arguments[name] = value;
            }
        }
        Some(arguments)
    }

    /// Sets whether the browser's caches are used.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_cache_enabled(&self, enabled: bool) -> Result<(), Error> {
        self.cache_disabled.set(!enabled);
        self.update_cache().await
    }

    /// Sets whether requests are held until the script says what becomes of them.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_request_interception(&self, enabled: bool) -> Result<(), Error> {
        self.script_intercepts.set(enabled);
        self.update_interception().await
    }

    async fn update_interception(&self) -> Result<(), Error> {
        let enabled = self.script_intercepts.get() || self.credentials.borrow().is_some();
        if self.intercepts.replace(enabled) == enabled {
            return Ok(());
        }
        let fetch = async {
            if enabled {
                self.everywhere("Fetch.enable", fetch_patterns()).await
            } else {
                self.everywhere("Fetch.disable", json!({})).await
            }
        };
        futures::try_join!(self.update_cache(), fetch).map(drop)
    }

    async fn update_cache(&self) -> Result<(), Error> {
        self.everywhere("Network.setCacheDisabled", json!({"cacheDisabled": self.is_cache_off()})).await
    }

    /// 1.20 does without the cache while requests are held.
    pub(super) fn is_cache_off(&self) -> bool {
        let is_modern = self.page.upgrade().is_some_and(|page| page.dialect().is_modern());
        self.cache_disabled.get() || self.intercepts.get() && !is_modern
    }
}

/// What the network is made to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Whether there is none.
    pub offline: bool,
    /// Bytes per second; −1 for no limit.
    pub upload: f64,
    /// Bytes per second; −1 for no limit.
    pub download: f64,
    /// Before each answer, in milliseconds.
    pub latency: f64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self { offline: false, upload: -1.0, download: -1.0, latency: 0.0 }
    }
}

impl Conditions {
    pub(super) fn to_protocol(self) -> Value {
        let Self { offline, upload, download, latency } = self;
        json!({"offline": offline, "latency": latency, "downloadThroughput": download, "uploadThroughput": upload})
    }
}

/// What the browser calls itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserAgent {
    /// `navigator.userAgent`; Chromium's own when not given.
    pub text: Option<String>,
    /// Its client hints, in CDP's form.
    pub metadata: Option<Value>,
    /// `navigator.platform`.
    pub platform: Option<String>,
}
