//! One request of a page, and what a script may do to it while it is held.

mod body;
mod interception;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cdp_session::CDPSession;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::frame::Frame;
use crate::response::Response;
use crate::session::Session;
use body::Body;
pub use interception::{ContinueOverrides, MockResponse, abort_reason};
pub(crate) use interception::{Held, Interception};

/// Puppeteer's `Request`.
#[derive(Debug)]
pub struct Request {
    /// The one that told of it last: a document of another process, and a worker's script, go on in their own.
    session: RefCell<Rc<Session>>,
    id: String,
    held: Option<Held>,
    allows_interception: bool,
    handled: Cell<bool>,
    url: String,
    fragment: String,
    resource_type: String,
    method: String,
    body: Body,
    initiator: Option<Value>,
    headers: RefCell<Map<String, Value>>,
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
        let mut headers = lower_case_names(&details["headers"]);
        // What holds the request knows more of them, such as `accept`: a script that hands them on must not lose any.
        let held = interception.held.map(|mut held| {
            headers.extend(lower_case_names(&held.headers.take()));
            held
        });
        Rc::new(Self {
            session: RefCell::new(session),
            is_navigation: event["loaderId"] == id.as_str() && kind == "Document",
            id,
            held,
            allows_interception: interception.allowed,
            handled: Cell::new(false),
            url: format!("{}{}", text(&details["url"]), if of_data { fragment } else { "" }),
            fragment: if of_data { String::new() } else { fragment.to_owned() },
            resource_type: if kind.is_empty() { "other".to_owned() } else { kind.to_lowercase() },
            method: text(&details["method"]),
            body,
            initiator: event.get("initiator").cloned(),
            headers: RefCell::new(headers),
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

    pub(crate) fn session(&self) -> Rc<Session> {
        self.session.borrow().clone()
    }

    /// From now on the request is that session's.
    pub(crate) fn adopt(&self, session: &Rc<Session>) {
        if !Rc::ptr_eq(&self.session.borrow(), session) {
            self.session.replace(session.clone());
        }
    }

    pub(crate) fn interception_id(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.id.as_str())
    }

    /// Returns the size of what its page has written into it.
    pub(crate) fn text_bytes(&self) -> usize {
        self.url.len() + self.fragment.len() + self.post_data().map_or(0, str::len)
    }

    pub(crate) fn set_response(&self, response: Rc<Response>) {
        *self.response.borrow_mut() = Some(response);
    }

    pub(crate) fn set_failure(&self, text: String) {
        *self.failure.borrow_mut() = Some(text);
    }

    /// What the network itself says of the headers, the cookies among them.
    pub(crate) fn add_headers(&self, headers: &Value) {
        self.headers.borrow_mut().extend(lower_case_names(headers));
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

    /// Returns the address, without a fragment.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address as that Puppeteer shows it: newer ones with the fragment.
    pub fn url_in(&self, dialect: Dialect) -> String {
        if dialect.is_modern() { format!("{}{}", self.url, self.fragment) } else { self.url.clone() }
    }

    /// Returns what made the page ask, in CDP's form.
    pub fn initiator(&self) -> Option<&Value> {
        self.initiator.as_ref()
    }

    /// Returns the script's view of the session that the request belongs to.
    ///
    /// # Errors
    /// When the page is gone.
    pub fn client(&self) -> Result<Rc<CDPSession>, Error> {
        self.frame().ok_or(Error::TargetClosed)?.page()?.client_of(&self.session())
    }

    /// Tells whether there is a body, known here or not.
    pub fn has_post_data(&self) -> bool {
        self.body.exists
    }

    /// Asks for the whole body as text; `None` when there is none, or Chromium no longer has it.
    pub async fn fetch_post_data(&self) -> Option<String> {
        self.content().await.map(|body| String::from_utf8_lossy(&body).into_owned())
    }

    /// Returns the whole body; `None` as [`fetch_post_data`](Self::fetch_post_data).
    pub async fn content(&self) -> Option<Vec<u8>> {
        if let Some(bytes) = &self.body.bytes {
            return Some(bytes.clone());
        }
        if !self.body.exists {
            return None;
        }
        let answer = self.session().send_raw("Network.getRequestPostData", json!({"requestId": self.id})).await.ok()?;
        let body = answer["postData"].as_str()?;
        if answer["base64Encoded"] == true { STANDARD.decode(body).ok() } else { Some(body.as_bytes().to_vec()) }
    }

    /// `document`, `stylesheet`, `image`, `xhr`, `fetch`, …
    pub fn resource_type(&self) -> &str {
        &self.resource_type
    }

    /// `GET`, `POST`, …
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the body, if it has one.
    pub fn post_data(&self) -> Option<&str> {
        self.body.text.as_deref()
    }

    /// Returns the headers that are known by now, their names in lower case.
    pub fn headers(&self) -> Map<String, Value> {
        self.headers.borrow().clone()
    }

    /// Returns the answer, once it has begun.
    pub fn response(&self) -> Option<Rc<Response>> {
        self.response.borrow().clone()
    }

    /// Returns which frame asked; `None` when it is gone, or when a worker asked.
    pub fn frame(&self) -> Option<Rc<Frame>> {
        self.frame.clone()
    }

    /// Tells whether it is for a frame's document.
    pub fn is_navigation_request(&self) -> bool {
        self.is_navigation
    }

    /// Returns the requests whose redirects led here; for a request that was redirected itself, up to and with the last such.
    pub fn redirect_chain(&self) -> Vec<Rc<Request>> {
        let shared: Vec<Rc<Request>> = self.chain.borrow().iter().filter_map(Weak::upgrade).collect();
        if shared.len() >= self.earlier.len() { shared } else { self.earlier.clone() }
    }

    /// Chromium's reason, for example `net::ERR_FAILED`; `None` unless it failed.
    pub fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    fn is_modern(&self) -> bool {
        let page = self.frame.as_ref().and_then(|frame| frame.page().ok());
        page.is_some_and(|page| page.dialect().is_modern())
    }
}

pub(crate) fn lower_case_names(headers: &Value) -> Map<String, Value> {
    let pairs = headers.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.to_lowercase(), value.clone())).collect()
}
