//! A proxy in front of a CouchDB that writes down every request and may answer some of them itself.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a test answers instead of the server: status and JSON.
pub(crate) type Answer = Option<(StatusCode, &'static str)>;
type Script = dyn Fn(&Method, &str, &[u8]) -> Answer + Send + Sync;

/// The proxy; ends when dropped.
pub(crate) struct Recorder {
    pub(crate) port: u16,
    state: Arc<Proxy>,
    task: JoinHandle<()>,
}

struct Proxy {
    target: String,
    client: reqwest::Client,
    script: Box<Script>,
    seen: Mutex<Vec<String>>,
}

impl Recorder {
    /// In front of `http://host:port`; the script sees method, path with query, and body.
    pub(crate) async fn start(
        target: String,
        script: impl Fn(&Method, &str, &[u8]) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let state = Arc::new(Proxy { target, client, script: Box::new(script), seen: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().fallback(forward).with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, state, task }
    }

    /// The requests since the last call, each as `METHOD path?query`, percent signs decoded.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.state.seen.lock().unwrap())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = head.uri.path_and_query().unwrap().as_str();
    let readable = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    proxy.seen.lock().unwrap().push(format!("{} {readable}", head.method));
    let json = [(header::CONTENT_TYPE, "application/json")];
    if let Some((status, text)) = (proxy.script)(&head.method, &readable, &body) {
        return (status, json, text).into_response();
    }
    let mut request = proxy.client.request(head.method, format!("{}{path}", proxy.target)).body(body);
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
        if let Some(value) = head.headers.get(&name) {
            request = request.header(name, value.clone());
        }
    }
    let response = request.send().await.unwrap();
    (response.status(), json, response.bytes().await.unwrap()).into_response()
}
