//! The fixture web site: static pages of `crates/testkit/site`, routes that misbehave on request, and a log of what came in.
//!
//! It runs on a thread of its own, so that a test whose thread is busy or blocked is still served. The routes are listed in
//! `routes`; a test adds its own with [`Site::route`], [`Site::page`] and [`Site::hold`].

mod hold;
mod request;
mod routes;

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::time::timeout;

pub use hold::Held;
pub use request::SiteRequest;

use crate::background::Background;

const REQUEST_DEADLINE: Duration = Duration::from_secs(20);

type Handler = Arc<dyn Fn(SiteRequest) -> Reply + Send + Sync>;

/// What a route does: answers, or waits for the test to answer.
pub(crate) enum Reply {
    Now(Box<Response>),
    Held(Held),
}

/// A running fixture site. Stops when dropped.
#[derive(Debug)]
pub struct Site {
    port: u16,
    other_port: u16,
    state: Arc<SiteState>,
    _thread: Background,
}

#[derive(Default)]
struct SiteState {
    routes: Mutex<HashMap<String, Handler>>,
    requests: Mutex<Vec<SiteRequest>>,
    arrivals: watch::Sender<usize>,
}

impl std::fmt::Debug for SiteState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SiteState").field("requests", &*locked(&self.requests)).finish_non_exhaustive()
    }
}

impl Site {
    /// Starts it on two free ports.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at(0)
    }

    /// The same with [`Self::origin`] at a port that is free: where a site that is gone has been.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start_at(port: u16) -> Self {
        let listeners = [port, 0].map(|port| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a listener on 127.0.0.1");
            listener.set_nonblocking(true).expect("a listener can be made non-blocking");
            listener
        });
        let [port, other_port] =
            listeners.each_ref().map(|listener| listener.local_addr().expect("a bound listener has an address").port());
        let state = Arc::new(SiteState::default());
        let served = Arc::clone(&state);
        let thread = Background::spawn(move || serve(listeners, served));
        Self { port, other_port, state, _thread: thread }
    }

    /// The port of [`Self::origin`].
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same pages on another site: `http://localhost:PORT`. A frame of it runs in a process of its own.
    #[must_use]
    pub fn cross_site_origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The same pages on another origin of the same site: another port of 127.0.0.1.
    #[must_use]
    pub fn cross_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.other_port)
    }

    /// The URL of `path` (with its leading slash) on [`Self::origin`].
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The URL of `path` on [`Self::cross_site_origin`].
    #[must_use]
    pub fn cross_site_url(&self, path: &str) -> String {
        format!("{}{path}", self.cross_site_origin())
    }

    /// Answers `path` (without a query) by `handler` from now on, before any route or file of that name.
    pub fn route<R: IntoResponse>(&self, path: &str, handler: impl Fn(SiteRequest) -> R + Send + Sync + 'static) {
        let handler: Handler = Arc::new(move |request| Reply::Now(Box::new(handler(request).into_response())));
        locked(&self.state.routes).insert(path.to_owned(), handler);
    }

    /// Answers `path` with this HTML from now on.
    pub fn page(&self, path: &str, html: impl Into<String>) {
        let html = html.into();
        self.route(path, move |_| ([(CONTENT_TYPE, "text/html; charset=utf-8")], html.clone()));
    }

    /// Lets requests for `path` wait until the test releases them.
    #[must_use]
    pub fn hold(&self, path: &str) -> Held {
        let held = Held::new();
        let handed = held.clone();
        locked(&self.state.routes).insert(path.to_owned(), Arc::new(move |_| Reply::Held(handed.clone())));
        held
    }

    /// Everything requested so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<SiteRequest> {
        locked(&self.state.requests).clone()
    }

    /// The requests for `path` (without a query) so far.
    #[must_use]
    pub fn requests_for(&self, path: &str) -> Vec<SiteRequest> {
        self.requests().into_iter().filter(|request| request.path == path).collect()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        locked(&self.state.requests).clear();
    }

    /// The first request for `path` (without a query), which may already have come.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn wait_for_request(&self, path: &str) -> SiteRequest {
        let mut arrivals = self.state.arrivals.subscribe();
        let first = async {
            loop {
                arrivals.mark_unchanged();
                if let Some(request) = self.requests_for(path).into_iter().next() {
                    return request;
                }
                arrivals.changed().await.expect("the site lives as long as this borrow");
            }
        };
        let first = timeout(REQUEST_DEADLINE, first).await;
        first.unwrap_or_else(|_| panic!("no request for {path} within {REQUEST_DEADLINE:?}"))
    }
}

async fn serve(listeners: [TcpListener; 2], state: Arc<SiteState>) {
    let app = axum::Router::new().fallback(answer).with_state(state);
    let [first, second] = listeners.map(|listener| {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener moves into the runtime");
        axum::serve(listener, app.clone()).into_future()
    });
    let _: (std::io::Result<()>, std::io::Result<()>) = tokio::join!(first, second);
}

async fn answer(State(state): State<Arc<SiteState>>, request: Request<Body>) -> Response {
    let request = SiteRequest::read(request).await;
    locked(&state.requests).push(request.clone());
    state.arrivals.send_modify(|count| *count += 1);
    let handler = locked(&state.routes).get(&request.path).cloned();
    match handler.map(|handler| handler(request.clone())) {
        Some(Reply::Now(response)) => *response,
        Some(Reply::Held(held)) => held.response().await,
        None => routes::answer(&request).await,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
