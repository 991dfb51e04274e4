//! A page's requests and responses as objects, and the network settings of the page: interception, credentials,
//! headers, cache, being offline.
//!
//! With interception on, Chromium tells about a request twice, in either order: that it will be sent (`Network`) and
//! that it is held (`Fetch`). A script hears of it when both have come.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::{Rc, Weak};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::context_proxy::{self, ContextProxy};
use crate::error::{Error, ProtocolError};
use crate::event::PageEvent;
use crate::frame::Frame;
use crate::page::Page;
use crate::promise::Waiters;
use crate::request::{Interception, Request};
use crate::response::Response;
use crate::session::{RawEvent, Session};

/// How many finished requests lead to their responses and back, whoever holds only one of the two.
const KEPT: usize = 2000;
/// How many bytes their addresses and bodies may have together: a page can make each as long as it likes.
const KEPT_BYTES: usize = 32 << 20;

/// Events of one request that wait, in order.
type Waiting = VecDeque<(Rc<Session>, RawEvent)>;

/// One page's network.
#[derive(Debug)]
pub struct NetworkManager {
    page: Weak<Page>,
    /// The page's own first, then those of its out-of-process frames.
    sessions: RefCell<Vec<Rc<Session>>>,
    requests: RefCell<HashMap<String, Rc<Request>>>,
    finished: RefCell<VecDeque<Rc<Request>>>,
    finished_bytes: Cell<usize>,
    /// Announced by `Network`, not yet held by `Fetch`.
    announced: RefCell<HashMap<String, (Rc<Session>, Value)>>,
    /// Held by `Fetch`, not yet announced by `Network`: the ids to continue them by.
    held: RefCell<HashMap<String, String>>,
    extra_headers: RefCell<Map<String, Value>>,
    credentials: RefCell<Option<(String, String)>>,
    tried_credentials: RefCell<HashSet<String>>,
    script_intercepts: Cell<bool>,
    intercepts: Cell<bool>,
    cache_disabled: Cell<bool>,
    conditions: Cell<Conditions>,
    bypasses_service_worker: Cell<bool>,
    accept_language: RefCell<Option<String>>,
    user_agent: RefCell<UserAgent>,
    /// What the network itself said of answers that are not told yet, by request.
    extra_infos: RefCell<HashMap<String, VecDeque<Value>>>,
    /// Events that wait for it, in order, by request.
    waiting: RefCell<HashMap<String, Waiting>>,
    /// Wakes when a request comes, is answered or ends.
    changed: Waiters,
}

impl NetworkManager {
    pub(crate) fn new(page: Weak<Page>, session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self {
            page,
            sessions: RefCell::new(vec![session]),
            requests: RefCell::default(),
            finished: RefCell::default(),
            finished_bytes: Cell::new(0),
            announced: RefCell::default(),
            held: RefCell::default(),
            extra_headers: RefCell::default(),
            credentials: RefCell::default(),
            tried_credentials: RefCell::default(),
            script_intercepts: Cell::new(false),
            intercepts: Cell::new(false),
            cache_disabled: Cell::new(false),
            conditions: Cell::default(),
            bypasses_service_worker: Cell::new(false),
            accept_language: RefCell::default(),
            user_agent: RefCell::default(),
            extra_infos: RefCell::default(),
            waiting: RefCell::default(),
            changed: Waiters::default(),
        })
    }

    pub(crate) fn enable(session: &Session) -> impl Future<Output = Result<Value, ProtocolError>> + use<> {
        session.send_raw("Network.enable", json!({}))
    }

    /// An out-of-process frame: what was set for the page holds for it, too.
    pub(crate) fn add_session(&self, session: &Rc<Session>) {
        self.sessions.borrow_mut().push(session.clone());
        if !self.extra_headers.borrow().is_empty() {
            session.post("Network.setExtraHTTPHeaders", json!({"headers": *self.extra_headers.borrow()}));
        }
        if let Some(arguments) = self.user_agent_override() {
            session.post("Network.setUserAgentOverride", arguments);
        }
        if self.conditions.get() != Conditions::default() {
            session.post("Network.emulateNetworkConditions", self.conditions.get().to_protocol());
        }
        if self.bypasses_service_worker.get() {
            session.post("Network.setBypassServiceWorker", json!({"bypass": true}));
        }
        if self.is_cache_off() {
            session.post("Network.setCacheDisabled", json!({"cacheDisabled": true}));
        }
        if self.intercepts.get() {
            session.post("Fetch.enable", fetch_patterns());
        }
    }

    pub(crate) fn remove_session(&self, session: &Rc<Session>) {
        self.sessions.borrow_mut().retain(|known| !Rc::ptr_eq(known, session));
    }

    /// Sends one command to every session and waits for all answers.
    async fn everywhere(&self, method: &'static str, arguments: Value) -> Result<(), Error> {
        let sessions = self.sessions.borrow().clone();
        let mut answers: Vec<_> = sessions.iter().map(|session| session.send_raw(method, arguments.clone())).collect();
        let main = answers.remove(0);
        // A frame may go away while it is being told.
        let (main, _) = futures::future::join(main, futures::future::join_all(answers)).await;
        main.map(drop).map_err(Error::from)
    }

    /// The user name and password for servers and proxies that ask.
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

    /// Whether requests go past the page's service workers.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_bypass_service_worker(&self, bypass: bool) -> Result<(), Error> {
        self.bypasses_service_worker.set(bypass);
        self.everywhere("Network.setBypassServiceWorker", json!({"bypass": bypass})).await
    }

    /// Whether requests go past the page's service workers.
    pub fn bypasses_service_worker(&self) -> bool {
        self.bypasses_service_worker.get()
    }

    /// What `navigator.userAgent`, its client hints and the requests say.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_user_agent(&self, user_agent: UserAgent) -> Result<(), Error> {
        *self.user_agent.borrow_mut() = user_agent;
        self.update_user_agent().await
    }

    /// The languages that the requests ask for; `None` ends it.
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

    fn user_agent_override(&self) -> Option<Value> {
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

    /// Whether the browser's caches are used.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub async fn set_cache_enabled(&self, enabled: bool) -> Result<(), Error> {
        self.cache_disabled.set(!enabled);
        self.update_cache().await
    }

    /// Whether requests are held until the script says what becomes of them.
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
    fn is_cache_off(&self) -> bool {
        let is_modern = self.page.upgrade().is_some_and(|page| page.dialect().is_modern());
        self.cache_disabled.get() || self.intercepts.get() && !is_modern
    }

    /// How many requests have no response yet. One whose body never ends, as an event stream's, has one.
    pub(crate) fn unanswered_requests(&self) -> usize {
        self.requests.borrow().values().filter(|request| request.response().is_none()).count()
    }

    /// How many requests of a frame have no response, or no whole one, yet.
    pub(crate) fn unfinished_requests_of(&self, frame: &Frame) -> usize {
        let requests = self.requests.borrow();
        requests.values().filter(|request| request.frame().is_some_and(|of| std::ptr::eq(&*of, frame))).count()
    }

    /// Waits until it has been quiet for so long.
    pub(crate) async fn idle(&self, is_quiet: impl Fn() -> bool, time: Duration) {
        loop {
            self.changed.until(|| is_quiet().then_some(())).await;
            let busy = self.changed.until(|| (!is_quiet()).then_some(()));
            if tokio::time::timeout(time, busy).await.is_err() {
                return;
            }
        }
    }

    fn proxy(&self) -> Option<Rc<dyn ContextProxy>> {
        self.page.upgrade()?.browser_context().proxy().cloned()
    }

    /// A text of Chromium about the failure of an address, as it would be without the context's proxy.
    pub(crate) fn translated(&self, url: &str, text: &str) -> String {
        context_proxy::translated(self.proxy().as_ref(), url, text)
    }

    /// Why the request of this id has failed lately, in the words of a browser without a proxy.
    pub fn failure_of(&self, id: &str) -> Option<String> {
        let finished = self.finished.borrow();
        finished.iter().rev().find(|request| request.id() == id)?.failure()
    }

    fn emit(&self, event: PageEvent) {
        self.changed.wake();
        let Some(page) = self.page.upgrade() else { return };
        if let PageEvent::Request(request) = &event {
            page.frame_manager().on_request(request);
        }
        page.emit(event);
    }

    pub(crate) fn on_event(&self, session: &Rc<Session>, event: &RawEvent) {
        if event.method == "Network.responseReceivedExtraInfo" {
            return self.on_extra_info(&event.params);
        }
        if self.must_wait(event) {
            let id = text(&event.params, "requestId").to_owned();
            self.waiting.borrow_mut().entry(id).or_default().push_back((session.clone(), event.clone()));
            return;
        }
        self.on_event_in_turn(session, event);
    }

    /// Whether the event, or one before it, tells of an answer of which the network's own word has not come yet.
    fn must_wait(&self, event: &RawEvent) -> bool {
        let params = &event.params;
        let needs = match event.method.as_str() {
            "Network.responseReceived" => {
                let is_cached = self.request(params).is_none_or(|request| request.is_from_memory_cache());
                params["hasExtraInfo"] == true && !is_cached
            }
            "Network.requestWillBeSent" => params["redirectHasExtraInfo"] == true && self.request(params).is_some(),
            "Network.loadingFinished" | "Network.loadingFailed" => false,
            _ => return false,
        };
        let id = text(params, "requestId");
        let is_behind = self.waiting.borrow().contains_key(id);
        let has_none = || self.extra_infos.borrow().get(id).is_none_or(VecDeque::is_empty);
        is_behind || needs && has_none()
    }

    fn on_extra_info(&self, params: &Value) {
        let id = text(params, "requestId").to_owned();
        let mut infos = self.extra_infos.borrow_mut();
        if infos.len() > KEPT {
            // What nobody asked for, as the answers of requests that failed meanwhile.
            infos.clear();
        }
        infos.entry(id.clone()).or_default().push_back(params.clone());
        drop(infos);
        let waiting = self.waiting.borrow_mut().remove(&id);
        for (session, event) in waiting.into_iter().flatten() {
            self.on_event(&session, &event);
        }
    }

    /// What the network itself said of the answer that is told now.
    fn extra_info(&self, params: &Value, flag: &str) -> Option<Value> {
        if params[flag] != true {
            return None;
        }
        self.extra_infos.borrow_mut().get_mut(text(params, "requestId"))?.pop_front()
    }

    fn on_event_in_turn(&self, session: &Rc<Session>, event: &RawEvent) {
        let params = &event.params;
        match event.method.as_str() {
            "Network.requestWillBeSent" => {
                self.note_certificate(&params["redirectResponse"]);
                self.on_announced(session, params);
            }
            "Fetch.requestPaused" => self.on_held(session, params),
            "Fetch.authRequired" => self.on_auth_required(session, params),
            "Network.requestServedFromCache" => {
                // What comes from memory is never held.
                let announced = self.announced.borrow_mut().remove(text(params, "requestId"));
                if let Some((session, announcement)) = announced {
                    self.on_request_of(&session, &announcement, None, Source::Memory);
                }
                if let Some(request) = self.request(params) {
                    request.set_from_memory_cache();
                    self.emit(PageEvent::RequestServedFromCache(request));
                }
            }
            "Network.responseReceived" => {
                self.note_certificate(&params["response"]);
                if let Some(request) = self.request(params) {
                    let extra = self.extra_info(params, "hasExtraInfo").filter(|_| !request.is_from_memory_cache());
                    // What a service worker answers has no word of the network's.
                    let extra = extra.filter(|_| params["response"]["fromServiceWorker"] != true);
                    let response = Response::new(&request, &params["response"], extra.as_ref(), self.proxy());
                    request.set_response(response.clone());
                    self.emit(PageEvent::Response(response));
                }
            }
            "Network.loadingFinished" => {
                if let Some(request) = self.take_request(params) {
                    self.emit(PageEvent::RequestFinished(request));
                }
            }
            "Network.loadingFailed" => {
                if let Some(request) = self.take_request(params) {
                    request.set_failure(self.translated(request.url(), text(params, "errorText")));
                    self.emit(PageEvent::RequestFailed(request));
                }
            }
            _ => {}
        }
    }

    /// Chromium calls an answer by TLS insecure whose certificate it has accepted because it was told to.
    fn note_certificate(&self, response: &Value) {
        let url = text(response, "url");
        if text(response, "securityState") == "insecure"
            && url.starts_with("https:")
            && let Some(browser) = self.page.upgrade().and_then(|page| page.browser().ok())
        {
            browser.note_bad_certificate(url);
        }
    }

    fn request(&self, params: &Value) -> Option<Rc<Request>> {
        self.requests.borrow().get(text(params, "requestId")).cloned()
    }

    /// The request has come to its end.
    fn take_request(&self, params: &Value) -> Option<Rc<Request>> {
        let id = text(params, "requestId");
        let request = self.requests.borrow_mut().remove(id)?;
        if params["redirectResponse"].is_null() {
            self.extra_infos.borrow_mut().remove(id);
        }
        if let Some(id) = request.interception_id() {
            self.tried_credentials.borrow_mut().remove(id);
        }
        if let Some(response) = request.response() {
            response.on_loaded(Ok(()));
        }
        self.keep(request.clone());
        Some(request)
    }

    fn keep(&self, request: Rc<Request>) {
        let mut bytes = self.finished_bytes.get() + request.text_bytes();
        let mut finished = self.finished.borrow_mut();
        finished.push_back(request);
        while finished.len() > KEPT || bytes > KEPT_BYTES && finished.len() > 1 {
            let Some(oldest) = finished.pop_front() else { break };
            bytes -= oldest.text_bytes();
            if let Some(response) = oldest.response() {
                response.let_request_go();
            }
        }
        self.finished_bytes.set(bytes);
    }

    fn on_announced(&self, session: &Rc<Session>, params: &Value) {
        let is_data = params["request"]["url"].as_str().is_some_and(|url| url.starts_with("data:"));
        if !self.intercepts.get() || is_data {
            return self.on_request(session, params, None);
        }
        let id = text(params, "requestId");
        let held = self.held.borrow_mut().remove(id);
        match held {
            Some(interception) => self.on_request(session, params, Some(interception)),
            None => drop(self.announced.borrow_mut().insert(id.to_owned(), (session.clone(), params.clone()))),
        }
    }

    fn on_held(&self, session: &Rc<Session>, params: &Value) {
        let interception = text(params, "requestId").to_owned();
        if !self.script_intercepts.get() && self.intercepts.get() {
            session.post("Fetch.continueRequest", json!({"requestId": interception}));
        }
        let Some(id) = params["networkId"].as_str() else {
            // Preflights and the like, which `Network` says nothing about. They never end, so they are not counted.
            if self.script_intercepts.get() {
                self.on_unannounced(session, params, interception);
            }
            return;
        };
        let announced = self.announced.borrow_mut().remove(id);
        match announced {
            Some((session, announcement)) => self.on_request(&session, &announcement, Some(interception)),
            None => drop(self.held.borrow_mut().insert(id.to_owned(), interception)),
        }
    }

    fn on_unannounced(&self, session: &Rc<Session>, params: &Value, interception: String) {
        let mut event = params.clone();
        event["type"] = params["resourceType"].clone();
        let frame = self.frame_of(params);
        let interception = Interception { id: Some(interception), allowed: true };
        self.emit(PageEvent::Request(Request::new(session.clone(), frame, interception, &event, Vec::new())));
    }

    fn frame_of(&self, params: &Value) -> Option<Rc<Frame>> {
        self.page.upgrade()?.frame_manager().frame(params["frameId"].as_str()?)
    }

    fn on_request(&self, session: &Rc<Session>, params: &Value, interception: Option<String>) {
        self.on_request_of(session, params, interception, Source::Network);
    }

    fn on_request_of(&self, session: &Rc<Session>, params: &Value, interception: Option<String>, source: Source) {
        let mut earlier = Vec::new();
        if params["redirectResponse"].is_object() {
            // A session that was attached late has missed the beginning.
            if let Some(request) = self.request(params) {
                self.on_redirected(&request, params);
                earlier = request.into_chain();
            }
        }
        let frame = self.frame_of(params);
        let interception = Interception { id: interception, allowed: self.script_intercepts.get() };
        let request = Request::new(session.clone(), frame, interception, params, earlier);
        if source == Source::Memory {
            request.set_from_memory_cache();
        }
        self.requests.borrow_mut().insert(request.id().to_owned(), request.clone());
        self.emit(PageEvent::Request(request));
    }

    fn on_redirected(&self, request: &Rc<Request>, params: &Value) {
        let extra = self.extra_info(params, "redirectHasExtraInfo");
        let response = Response::new(request, &params["redirectResponse"], extra.as_ref(), self.proxy());
        request.set_response(response.clone());
        response.on_loaded(Err(Error::message("Response body is unavailable for redirect responses")));
        self.take_request(params);
        self.emit(PageEvent::Response(response));
        self.emit(PageEvent::RequestFinished(request.clone()));
    }

    fn on_auth_required(&self, session: &Rc<Session>, params: &Value) {
        let id = text(params, "requestId");
        let credentials = self.credentials.borrow().clone();
        let answer = if !self.tried_credentials.borrow_mut().insert(id.to_owned()) {
            json!({"response": "CancelAuth"})
        } else if let Some((username, password)) = credentials {
            json!({"response": "ProvideCredentials", "username": username, "password": password})
        } else {
            self.tried_credentials.borrow_mut().remove(id);
            json!({"response": "Default"})
        };
        session.post("Fetch.continueWithAuth", json!({"requestId": id, "authChallengeResponse": answer}));
    }
}

impl Drop for NetworkManager {
    fn drop(&mut self) {
        let requests = self.finished.take().into_iter().chain(self.requests.take().into_values());
        for response in requests.filter_map(|request| request.response()) {
            response.let_request_go();
        }
    }
}

fn text<'a>(params: &'a Value, name: &str) -> &'a str {
    params[name].as_str().unwrap_or_default()
}

fn fetch_patterns() -> Value {
    json!({"handleAuthRequests": true, "patterns": [{"urlPattern": "*"}]})
}

/// Where a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Network,
    Memory,
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
    fn to_protocol(self) -> Value {
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
