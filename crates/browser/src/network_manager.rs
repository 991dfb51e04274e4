//! A page's requests and responses as objects, and the network settings of the page: interception, credentials,
//! headers, cache, being offline.
//!
//! With interception on, Chromium tells about a request twice, in either order: that it will be sent (`Network`) and
//! that it is held (`Fetch`). A script hears of it when both have come.

mod extra_info;
mod requests;
mod settings;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::{Rc, Weak};
use std::time::Duration;

use serde_json::{Map, Value, json};

use requests::Source;
pub use settings::{Conditions, UserAgent};

use crate::context_proxy::{self, ContextProxy};
use crate::error::{Error, ProtocolError};
use crate::event::PageEvent;
use crate::frame::Frame;
use crate::page::Page;
use crate::promise::Waiters;
use crate::request::{Held, Request};
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
    /// The page's own first, then those of its out-of-process frames and workers.
    sessions: RefCell<Vec<Rc<Session>>>,
    requests: RefCell<HashMap<String, Rc<Request>>>,
    finished: RefCell<VecDeque<Rc<Request>>>,
    finished_bytes: Cell<usize>,
    /// Announced by `Network`, not yet held by `Fetch`.
    announced: RefCell<HashMap<String, (Rc<Session>, Value)>>,
    /// Held by `Fetch`, not yet announced by `Network`.
    held: RefCell<HashMap<String, Held>>,
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
    /// The headers of requests that are not told yet, by request.
    request_headers: RefCell<HashMap<String, VecDeque<Value>>>,
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
            request_headers: RefCell::default(),
            waiting: RefCell::default(),
            changed: Waiters::default(),
        })
    }

    pub(crate) fn enable(session: &Session) -> impl Future<Output = Result<Value, ProtocolError>> + use<> {
        session.send_raw("Network.enable", json!({}))
    }

    /// An out-of-process frame or a worker: what was set for the page holds for it, too.
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

    /// A worker is gone, and with it whatever it was still loading: nobody else goes on with that.
    pub(crate) fn on_worker_gone(&self, session: &Rc<Session>) {
        self.remove_session(session);
        let unfinished: Vec<_> = {
            let requests = self.requests.borrow();
            requests.values().filter(|request| Rc::ptr_eq(&request.session(), session)).cloned().collect()
        };
        for request in unfinished {
            self.take_request(&json!({"requestId": request.id()}));
            request.set_failure("net::ERR_ABORTED".to_owned());
            self.emit(PageEvent::RequestFailed(request));
        }
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

    /// Returns how many requests have no response yet. One whose body never ends, as an event stream's, has one.
    pub(crate) fn unanswered_requests(&self) -> usize {
        self.requests.borrow().values().filter(|request| request.response().is_none()).count()
    }

    /// Returns how many requests of a frame have no response, or no whole one, yet.
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
        if event.method == "Network.requestWillBeSentExtraInfo" {
            return self.on_request_extra_info(&event.params);
        }
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
                    request.adopt(session);
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
                    request.adopt(session);
                    self.emit(PageEvent::RequestFinished(request));
                }
            }
            "Network.loadingFailed" => {
                if let Some(request) = self.take_request(params) {
                    request.adopt(session);
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
