//! A request as the fixture site saw it.

use std::collections::{BTreeMap, HashMap};

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request};

const BODY_LIMIT: usize = 64 << 20;

/// A request as the fixture site saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRequest {
    /// GET, POST, …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Decoded. Of a repeated name the last one.
    pub query: HashMap<String, String>,
    /// Names in lower case. Of a repeated name the last one.
    pub headers: BTreeMap<String, String>,
    /// As text, with replacement characters for what is not UTF-8.
    pub body: String,
}

impl SiteRequest {
    pub(crate) async fn read(request: Request<Body>) -> Self {
        let (parts, body) = request.into_parts();
        let query = Query::<HashMap<String, String>>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        // A body that breaks off is recorded as the part that is known: nothing.
        let body = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query,
            headers: headers.collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// A header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A query parameter as a number, else `default`.
    pub(crate) fn number(&self, name: &str, default: u64) -> u64 {
        self.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}
