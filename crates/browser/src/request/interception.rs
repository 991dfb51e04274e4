//! What a script may do to a request that Chromium holds for it: let it go on, answer it, or fail it.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Request;
use crate::error::{Error, ProtocolError};
use crate::session::Session;
use crate::status_text::status_text;

/// What to change in a request that goes on.
#[derive(Clone, Debug, Default)]
pub struct ContinueOverrides {
    /// Another address, which the page does not see.
    pub url: Option<String>,
    /// Another method.
    pub method: Option<String>,
    /// Another body.
    pub post_data: Option<String>,
    /// All headers, in place of the request's own.
    pub headers: Option<Vec<(String, String)>>,
}

/// An answer that never was on the network.
#[derive(Clone, Debug, Default)]
pub struct MockResponse {
    /// 200 when not given.
    pub status: Option<u16>,
    /// The headers; each value is a header of its own.
    pub headers: Vec<(String, Vec<String>)>,
    /// Goes before a `content-type` among the headers.
    pub content_type: Option<String>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// What the domain `Fetch` holds: only the session that tells of it can let it go.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) session: Rc<Session>,
    /// What `Fetch` says of the headers; the request takes them over.
    pub(crate) headers: Value,
}

/// How a request is held.
pub(crate) struct Interception {
    /// `None` when nothing is held.
    pub(crate) held: Option<Held>,
    /// Whether the script asked for interception.
    pub(crate) allowed: bool,
}

impl Request {
    /// Tells whether the script may say what becomes of the request.
    pub fn is_held(&self) -> bool {
        self.allows_interception
    }

    /// Tells whether it was answered, continued or aborted.
    pub fn is_handled(&self) -> bool {
        self.handled.get()
    }

    /// Tells whether a vote about it means anything; fails as [`continue_request`](Self::continue_request) does.
    ///
    /// # Errors
    /// [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub fn may_vote(&self) -> Result<bool, Error> {
        let is_refused = !self.allows_interception && (self.is_modern() || !self.never_held());
        if is_refused {
            return Err(Error::InterceptionDisabled);
        }
        if self.never_held() {
            return Ok(false);
        }
        if self.handled.get() { Err(Error::RequestHandled) } else { Ok(true) }
    }

    /// Neither `data:` addresses nor what is in the page's memory reach the network.
    fn never_held(&self) -> bool {
        self.url.starts_with("data:") || self.from_memory_cache.get() && self.held.is_none()
    }

    /// Whether there is anything to hold.
    fn begin_handling(&self) -> Result<bool, Error> {
        let may = self.may_vote()?;
        if may {
            self.handled.set(true);
        }
        Ok(may)
    }

    /// Chromium may refuse, because the request was cancelled or the page is gone; a program could do nothing about it.
    /// Newer Puppeteers tell of headers that cannot be sent, and the request waits for another word.
    async fn handle(&self, method: &'static str, arguments: Value) -> Result<(), Error> {
        let session = self.held.as_ref().map_or_else(|| self.session(), |held| held.session.clone());
        let Err(error) = session.send_raw(method, arguments).await else { return Ok(()) };
        let is_about_headers = matches!(&error, ProtocolError::Refused { message, .. }
            if message.contains("Invalid header") || message.contains("Unsafe header"));
        if is_about_headers && self.is_modern() {
            self.handled.set(false);
            return Err(error.into());
        }
        tracing::debug!(%error, "a held request was gone");
        Ok(())
    }

    /// Lets a held request go on.
    ///
    /// # Errors
    /// [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub async fn continue_request(&self, overrides: ContinueOverrides) -> Result<(), Error> {
        if !self.begin_handling()? {
            return Ok(());
        }
        let mut arguments = json!({"requestId": self.interception_id()});
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                arguments[name] = value;
            }
        };
        set("url", overrides.url.map(Value::from));
        set("method", overrides.method.map(Value::from));
        set("postData", overrides.post_data.map(|body| STANDARD.encode(body).into()));
        set("headers", overrides.headers.as_deref().map(header_list));
        self.handle("Fetch.continueRequest", arguments).await
    }

    /// Answers a held request.
    ///
    /// # Errors
    /// [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub async fn respond(&self, response: MockResponse) -> Result<(), Error> {
        if !self.begin_handling()? {
            return Ok(());
        }
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, values) in response.headers {
            let name = name.to_lowercase();
            headers.retain(|(known, _)| *known != name);
            headers.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        if let Some(content_type) = response.content_type {
            headers.retain(|(known, _)| known != "content-type");
            headers.push(("content-type".to_owned(), content_type));
        }
        let has_length = headers.iter().any(|(name, _)| name == "content-length");
        if let Some(body) = response.body.as_ref().filter(|_| !has_length) {
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        let status = response.status.unwrap_or(200);
        let mut arguments = json!({
            "requestId": self.interception_id(),
            "responseCode": status,
            "responsePhrase": status_text(status),
            "responseHeaders": header_list(&headers),
        });
        if let Some(body) = response.body {
            arguments["body"] = STANDARD.encode(body).into();
        }
        self.handle("Fetch.fulfillRequest", arguments).await
    }

    /// Fails a held request, for example with `failed` or `timedout`.
    ///
    /// # Errors
    /// For an unknown code; [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub async fn abort(&self, code: &str) -> Result<(), Error> {
        if self.never_held() {
            return Ok(());
        }
        let reason = abort_reason(code)?;
        if self.begin_handling()? {
            let arguments = json!({"requestId": self.interception_id(), "errorReason": reason});
            self.handle("Fetch.failRequest", arguments).await?;
        }
        Ok(())
    }
}

/// Returns what CDP calls that reason; its own names are known, too.
///
/// # Errors
/// For an unknown code.
pub fn abort_reason(code: &str) -> Result<&'static str, Error> {
    let found = ABORT_REASONS.iter().find(|(name, reason)| *name == code || *reason == code);
    found.map(|(_, reason)| *reason).ok_or_else(|| Error::message(format!("Unknown error code: {code}")))
}

/// Puppeteer's codes and CDP's reasons.
const ABORT_REASONS: [(&str, &str); 14] = [
    ("aborted", "Aborted"),
    ("accessdenied", "AccessDenied"),
    ("addressunreachable", "AddressUnreachable"),
    ("blockedbyclient", "BlockedByClient"),
    ("blockedbyresponse", "BlockedByResponse"),
    ("connectionaborted", "ConnectionAborted"),
    ("connectionclosed", "ConnectionClosed"),
    ("connectionfailed", "ConnectionFailed"),
    ("connectionrefused", "ConnectionRefused"),
    ("connectionreset", "ConnectionReset"),
    ("internetdisconnected", "InternetDisconnected"),
    ("namenotresolved", "NameNotResolved"),
    ("timedout", "TimedOut"),
    ("failed", "Failed"),
];

fn header_list(headers: &[(String, String)]) -> Value {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}
