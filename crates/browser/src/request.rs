//! One request of a page, and what a script may do to it while it is held.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::frame::Frame;
use crate::response::Response;
use crate::session::Session;
use crate::status_text::status_text;

/// Puppeteer's `Request`.
#[derive(Debug)]
pub struct Request {
    session: Rc<Session>,
    id: String,
    interception_id: Option<String>,
    allows_interception: bool,
    handled: Cell<bool>,
    url: String,
    resource_type: String,
    method: String,
    post_data: Option<String>,
    headers: Map<String, Value>,
    is_navigation: bool,
    frame: Option<Rc<Frame>>,
    /// The requests that led here, oldest first; shared by all of them.
    chain: Rc<RefCell<Vec<Weak<Request>>>>,
    /// Keeps the requests before this one alive.
    earlier: Vec<Rc<Request>>,
    response: RefCell<Option<Rc<Response>>>,
    failure: RefCell<Option<String>>,
    from_memory_cache: Cell<bool>,
}

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
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// Goes before a `content-type` among the headers.
    pub content_type: Option<String>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

pub(crate) struct Interception {
    pub(crate) id: Option<String>,
    pub(crate) allowed: bool,
}

impl Request {
    pub(crate) fn new(
        session: Rc<Session>,
        frame: Option<Rc<Frame>>,
        interception: Interception,
        event: &Value,
        earlier: Vec<Rc<Request>>,
    ) -> Rc<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (id, kind) = (text(&event["requestId"]), text(&event["type"]));
        let details = &event["request"];
        let fragment = details["urlFragment"]
            .as_str()
            .filter(|_| details["url"].as_str().is_some_and(|url| url.starts_with("data:")));
        let chain = earlier.last().map(|request| request.chain.clone()).unwrap_or_default();
        Rc::new(Self {
            session,
            is_navigation: event["loaderId"] == id.as_str() && kind == "Document",
            id,
            interception_id: interception.id,
            allows_interception: interception.allowed,
            handled: Cell::new(false),
            url: format!("{}{}", text(&details["url"]), fragment.unwrap_or_default()),
            resource_type: if kind.is_empty() { "other".to_owned() } else { kind.to_lowercase() },
            method: text(&details["method"]),
            post_data: details["postData"].as_str().map(str::to_owned),
            headers: lower_case_names(&details["headers"]),
            frame,
            chain,
            earlier,
            response: RefCell::default(),
            failure: RefCell::default(),
            from_memory_cache: Cell::new(false),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn session(&self) -> &Rc<Session> {
        &self.session
    }

    pub(crate) fn interception_id(&self) -> Option<&str> {
        self.interception_id.as_deref()
    }

    pub(crate) fn set_response(&self, response: Rc<Response>) {
        *self.response.borrow_mut() = Some(response);
    }

    pub(crate) fn set_failure(&self, text: String) {
        *self.failure.borrow_mut() = Some(text);
    }

    pub(crate) fn set_from_memory_cache(&self) {
        self.from_memory_cache.set(true);
    }

    pub(crate) fn is_from_memory_cache(&self) -> bool {
        self.from_memory_cache.get()
    }

    /// A redirect ended this request; the next one continues its chain.
    pub(crate) fn into_chain(self: &Rc<Self>) -> Vec<Rc<Request>> {
        self.chain.borrow_mut().push(Rc::downgrade(self));
        let mut chain = self.earlier.clone();
        chain.push(self.clone());
        chain
    }

    /// The address, without a fragment.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `document`, `stylesheet`, `image`, `xhr`, `fetch`, …
    pub fn resource_type(&self) -> &str {
        &self.resource_type
    }

    /// `GET`, `POST`, …
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The body, if it has one.
    pub fn post_data(&self) -> Option<&str> {
        self.post_data.as_deref()
    }

    /// The headers, their names in lower case.
    pub fn headers(&self) -> &Map<String, Value> {
        &self.headers
    }

    /// The answer, once it has begun.
    pub fn response(&self) -> Option<Rc<Response>> {
        self.response.borrow().clone()
    }

    /// Which frame asked; `None` when it is gone, or when a worker asked.
    pub fn frame(&self) -> Option<Rc<Frame>> {
        self.frame.clone()
    }

    /// Whether it is for a frame's document.
    pub fn is_navigation_request(&self) -> bool {
        self.is_navigation
    }

    /// The requests whose redirects led here; for a request that was redirected itself, up to and with the last such.
    pub fn redirect_chain(&self) -> Vec<Rc<Request>> {
        let shared: Vec<Rc<Request>> = self.chain.borrow().iter().filter_map(Weak::upgrade).collect();
        if shared.len() >= self.earlier.len() { shared } else { self.earlier.clone() }
    }

    /// Chromium's reason, for example `net::ERR_FAILED`; `None` unless it failed.
    pub fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    /// Whether there is anything to hold: `data:` addresses never reach the network.
    fn begin_handling(&self) -> Result<bool, Error> {
        if self.url.starts_with("data:") {
            return Ok(false);
        }
        if !self.allows_interception {
            return Err(Error::InterceptionDisabled);
        }
        if self.handled.replace(true) {
            return Err(Error::RequestHandled);
        }
        Ok(true)
    }

    /// Chromium may refuse, because the request was cancelled or the page is gone; a program could do nothing about it.
    async fn handle(&self, method: &'static str, arguments: Value) {
        if let Err(error) = self.session.send_raw(method, arguments).await {
            tracing::debug!(%error, "a held request was gone");
        }
    }

    /// Lets a held request go on.
    ///
    /// # Errors
    /// [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub async fn continue_request(&self, overrides: ContinueOverrides) -> Result<(), Error> {
        if !self.begin_handling()? {
            return Ok(());
        }
        let mut arguments = json!({"requestId": self.interception_id});
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                arguments[name] = value;
            }
        };
        set("url", overrides.url.map(Value::from));
        set("method", overrides.method.map(Value::from));
        set("postData", overrides.post_data.map(|body| STANDARD.encode(body).into()));
        set("headers", overrides.headers.as_deref().map(header_list));
        self.handle("Fetch.continueRequest", arguments).await;
        Ok(())
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
        let mut set = |name: &str, value: String| match headers.iter_mut().find(|(known, _)| known == name) {
            Some(header) => header.1 = value,
            None => headers.push((name.to_owned(), value)),
        };
        for (name, value) in response.headers {
            set(&name.to_lowercase(), value);
        }
        if let Some(content_type) = response.content_type {
            set("content-type", content_type);
        }
        let has_length = headers.iter().any(|(name, _)| name == "content-length");
        if let Some(body) = response.body.as_ref().filter(|_| !has_length) {
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        let status = response.status.unwrap_or(200);
        let mut arguments = json!({
            "requestId": self.interception_id,
            "responseCode": status,
            "responsePhrase": status_text(status),
            "responseHeaders": header_list(&headers),
        });
        if let Some(body) = response.body {
            arguments["body"] = STANDARD.encode(body).into();
        }
        self.handle("Fetch.fulfillRequest", arguments).await;
        Ok(())
    }

    /// Fails a held request, for example with `failed` or `timedout`.
    ///
    /// # Errors
    /// For an unknown code; [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub async fn abort(&self, code: &str) -> Result<(), Error> {
        if self.url.starts_with("data:") {
            return Ok(());
        }
        let reason = ABORT_REASONS.iter().find(|(name, _)| *name == code).map(|(_, reason)| *reason);
        let reason = reason.ok_or_else(|| Error::message(format!("Unknown error code: {code}")))?;
        if self.begin_handling()? {
            self.handle("Fetch.failRequest", json!({"requestId": self.interception_id, "errorReason": reason})).await;
        }
        Ok(())
    }
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

pub(crate) fn lower_case_names(headers: &Value) -> Map<String, Value> {
    let pairs = headers.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.to_lowercase(), value.clone())).collect()
}
