//! One request of a page, and what a script may do to it while it is held.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cdp_session::CDPSession;
use crate::dialect::Dialect;
use crate::error::{Error, ProtocolError};
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
    fragment: String,
    resource_type: String,
    method: String,
    body: Body,
    initiator: Option<Value>,
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
    /// The headers; each value is a header of its own.
    pub headers: Vec<(String, Vec<String>)>,
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
        let fragment = details["urlFragment"].as_str().unwrap_or_default();
        let of_data = details["url"].as_str().is_some_and(|url| url.starts_with("data:"));
        let body = Body::new(details);
        let chain = earlier.last().map(|request| request.chain.clone()).unwrap_or_default();
        Rc::new(Self {
            session,
            is_navigation: event["loaderId"] == id.as_str() && kind == "Document",
            id,
            interception_id: interception.id,
            allows_interception: interception.allowed,
            handled: Cell::new(false),
            url: format!("{}{}", text(&details["url"]), if of_data { fragment } else { "" }),
            fragment: if of_data { String::new() } else { fragment.to_owned() },
            resource_type: if kind.is_empty() { "other".to_owned() } else { kind.to_lowercase() },
            method: text(&details["method"]),
            body,
            initiator: event.get("initiator").cloned(),
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

    /// The size of what its page has written into it.
    pub(crate) fn text_bytes(&self) -> usize {
        self.url.len() + self.fragment.len() + self.post_data().map_or(0, str::len)
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

    /// The address as that Puppeteer tells it: newer ones with the fragment.
    pub fn url_in(&self, dialect: Dialect) -> String {
        if dialect.is_modern() { format!("{}{}", self.url, self.fragment) } else { self.url.clone() }
    }

    /// What made the page ask, in CDP's form.
    pub fn initiator(&self) -> Option<&Value> {
        self.initiator.as_ref()
    }

    /// The script's view of the session that the request belongs to.
    ///
    /// # Errors
    /// When the page is gone.
    pub fn client(&self) -> Result<Rc<CDPSession>, Error> {
        self.frame().ok_or(Error::TargetClosed)?.page()?.client_of(&self.session)
    }

    /// Whether there is a body, be it told or not.
    pub fn has_post_data(&self) -> bool {
        self.body.exists
    }

    /// The whole body as text; `None` when there is none, or Chromium no longer has it.
    pub async fn fetch_post_data(&self) -> Option<String> {
        let answer = self.session.send_raw("Network.getRequestPostData", json!({"requestId": self.id})).await;
        answer.ok()?["postData"].as_str().map(str::to_owned)
    }

    /// The whole body.
    pub async fn content(&self) -> Option<Vec<u8>> {
        match &self.body.bytes {
            Some(bytes) => Some(bytes.clone()),
            None if self.body.exists => self.fetch_post_data().await.map(String::into_bytes),
            None => None,
        }
    }

    /// Whether the script may say what becomes of the request.
    pub fn is_held(&self) -> bool {
        self.allows_interception
    }

    /// Whether it was answered, continued or aborted.
    pub fn is_handled(&self) -> bool {
        self.handled.get()
    }

    /// Whether a vote about it means anything; fails as [`continue_request`](Self::continue_request) does.
    ///
    /// # Errors
    /// [`Error::InterceptionDisabled`], [`Error::RequestHandled`].
    pub fn may_vote(&self) -> Result<bool, Error> {
        if self.never_held() {
            return Ok(false);
        }
        if !self.allows_interception {
            return Err(Error::InterceptionDisabled);
        }
        if self.handled.get() { Err(Error::RequestHandled) } else { Ok(true) }
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
        self.body.text.as_deref()
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

    /// Neither `data:` addresses nor what is in the page's memory reach the network.
    fn never_held(&self) -> bool {
        self.url.starts_with("data:") || self.from_memory_cache.get() && self.interception_id.is_none()
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
        let Err(error) = self.session.send_raw(method, arguments).await else { return Ok(()) };
        let is_about_headers = matches!(&error, ProtocolError::Refused { message, .. }
            if message.contains("Invalid header") || message.contains("Unsafe header"));
        let page = self.frame.as_ref().and_then(|frame| frame.page().ok());
        if is_about_headers && page.is_some_and(|page| page.dialect().is_modern()) {
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
            "requestId": self.interception_id,
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
            let arguments = json!({"requestId": self.interception_id, "errorReason": reason});
            self.handle("Fetch.failRequest", arguments).await?;
        }
        Ok(())
    }
}

/// What CDP calls that reason; its own names are known, too.
///
/// # Errors
/// For an unknown code.
pub fn abort_reason(code: &str) -> Result<&'static str, Error> {
    let found = ABORT_REASONS.iter().find(|(name, reason)| *name == code || *reason == code);
    found.map(|(_, reason)| *reason).ok_or_else(|| Error::message(format!("Unknown error code: {code}")))
}

/// The body of a request, as far as Chromium told it at once.
#[derive(Debug)]
struct Body {
    exists: bool,
    text: Option<String>,
    /// All of it.
    bytes: Option<Vec<u8>>,
}

impl Body {
    fn new(details: &Value) -> Self {
        let exists = details["hasPostData"] == true;
        let told = || details["postData"].as_str().map(str::to_owned);
        let Some(entries) = details["postDataEntries"].as_array().filter(|entries| !entries.is_empty()) else {
            return Self { exists, text: told(), bytes: None };
        };
        let parts: Vec<_> = entries.iter().map(|entry| STANDARD.decode(entry["bytes"].as_str()?).ok()).collect();
        let is_whole = parts.iter().all(Option::is_some);
        let bytes: Vec<u8> = parts.into_iter().flatten().flatten().collect();
        // Files and blobs have no bytes here.
        let text = if bytes.is_empty() { told() } else { Some(String::from_utf8_lossy(&bytes).into_owned()) };
        Self { exists, text, bytes: is_whole.then_some(bytes) }
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
