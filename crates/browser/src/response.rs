//! The answer to a request.

use std::cell::{OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::context_proxy::{self, ContextProxy};
use crate::error::{Error, ProtocolError};
use crate::frame::Frame;
use crate::promise::Promise;
use crate::request::{Request, lower_case_names};
use crate::security_details::SecurityDetails;

/// Puppeteer's `Response`.
#[derive(Debug)]
pub struct Response {
    request: Weak<Request>,
    /// The other half of a circle that the network manager breaks, so that either of the two leads to the other.
    kept_request: RefCell<Option<Rc<Request>>>,
    url: String,
    status: u16,
    status_text: String,
    headers: Map<String, Value>,
    timing: Option<Value>,
    remote_address: (Option<String>, Option<i64>),
    /// The proxy that the response came through: Chromium knows nothing but the proxy's address.
    proxy: Option<Rc<dyn ContextProxy>>,
    address_behind_proxy: OnceCell<(Option<String>, Option<i64>)>,
    from_disk_cache: bool,
    from_service_worker: bool,
    security_details: Option<Rc<SecurityDetails>>,
    loaded: Promise<Result<(), Error>>,
    content: Promise<Result<Rc<Vec<u8>>, Error>>,
}

/// `Not Found` of `HTTP/1.1 404 Not Found`.
fn phrase_of(headers: &str) -> Option<String> {
    let first = headers.lines().next()?;
    let phrase = first.splitn(3, ' ').nth(2)?;
    (!phrase.is_empty()).then(|| phrase.to_owned())
}

impl Response {
    /// `extra` is what the network itself said, which has the cookies and the status of what was revalidated.
    pub(crate) fn new(
        request: &Rc<Request>,
        payload: &Value,
        extra: Option<&Value>,
        proxy: Option<Rc<dyn ContextProxy>>,
    ) -> Rc<Self> {
        let flag = |name: &str| payload[name] == true;
        let status = extra.map_or(&payload["status"], |extra| &extra["statusCode"]);
        let headers = extra.map_or(&payload["headers"], |extra| &extra["headers"]);
        let phrase = extra.and_then(|extra| phrase_of(extra["headersText"].as_str()?));
        let remote_address = (payload["remoteIPAddress"].as_str().map(str::to_owned), payload["remotePort"].as_i64());
        let proxy = proxy.filter(|proxy| match &remote_address {
            (Some(ip), Some(port)) => context_proxy::is_proxy(&**proxy, ip, *port),
            _ => false,
        });
        Rc::new(Self {
            request: Rc::downgrade(request),
            kept_request: RefCell::new(Some(request.clone())),
            url: request.url().to_owned(),
            status: status.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
            status_text: phrase.unwrap_or_else(|| payload["statusText"].as_str().unwrap_or_default().to_owned()),
            headers: lower_case_names(headers),
            timing: payload.get("timing").filter(|timing| timing.is_object()).cloned(),
            remote_address,
            proxy,
            address_behind_proxy: OnceCell::new(),
            from_disk_cache: flag("fromDiskCache"),
            from_service_worker: flag("fromServiceWorker"),
            security_details: payload.get("securityDetails").and_then(SecurityDetails::from_payload),
            loaded: Promise::default(),
            content: Promise::default(),
        })
    }

    /// From now on the request lives only as long as somebody else holds it.
    pub(crate) fn let_request_go(&self) {
        self.kept_request.take();
    }

    pub(crate) fn on_loaded(&self, outcome: Result<(), Error>) {
        self.loaded.settle(outcome);
    }

    /// Returns the request's address, without a fragment.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns when what happened, in CDP's form; `None` when nothing reached the network.
    pub fn timing(&self) -> Option<&Value> {
        self.timing.as_ref()
    }

    /// Tells whether the status is a success, or there is none.
    pub fn ok(&self) -> bool {
        self.status == 0 || (200..300).contains(&self.status)
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the HTTP status's text.
    pub fn status_text(&self) -> &str {
        &self.status_text
    }

    /// Returns the headers, their names in lower case.
    pub fn headers(&self) -> &Map<String, Value> {
        &self.headers
    }

    /// Returns the server's IP address and port; neither when only another proxy knows them.
    pub fn remote_address(&self) -> (Option<&str>, Option<i64>) {
        let (ip, port) = match &self.proxy {
            None => &self.remote_address,
            Some(proxy) => self.address_behind_proxy.get_or_init(|| {
                let address = context_proxy::remote_address(&**proxy, &self.url);
                (address.map(|address| address.ip().to_string()), address.map(|address| address.port().into()))
            }),
        };
        (ip.as_deref(), *port)
    }

    /// Returns the connection's certificate; `None` for plain HTTP.
    pub fn security_details(&self) -> Option<&Rc<SecurityDetails>> {
        self.security_details.as_ref()
    }

    /// Returns the request that this answers.
    pub fn request(&self) -> Option<Rc<Request>> {
        self.request.upgrade()
    }

    /// Tells whether it came from the browser's caches.
    pub fn from_cache(&self) -> bool {
        self.from_disk_cache || self.request().is_some_and(|request| request.is_from_memory_cache())
    }

    /// Tells whether a service worker made it.
    pub fn from_service_worker(&self) -> bool {
        self.from_service_worker
    }

    /// Returns which frame asked.
    pub fn frame(&self) -> Option<Rc<Frame>> {
        self.request()?.frame()
    }

    /// Returns the body, once it has come whole.
    ///
    /// # Errors
    /// For redirects, and when Chromium no longer has it.
    pub async fn buffer(&self) -> Result<Rc<Vec<u8>>, Error> {
        self.loaded.wait().await?;
        if let Some(content) = self.content.get() {
            return content;
        }
        let content = self.fetch_body().await.map(Rc::new);
        self.content.settle(content.clone());
        content
    }

    async fn fetch_body(&self) -> Result<Vec<u8>, Error> {
        let request = self.request().ok_or(Error::TargetClosed)?;
        let answer = request.session().send_raw("Network.getResponseBody", json!({"requestId": request.id()})).await;
        let mut answer = answer.map_err(|error| match error {
            ProtocolError::Refused { ref message, .. } if message == "No resource with given identifier found" => {
                Error::ResponseBodyGone(Arc::new(error))
            }
            _ => error.into(),
        })?;
        let Value::String(body) = answer["body"].take() else { return Ok(Vec::new()) };
        if answer["base64Encoded"] != true {
            return Ok(body.into_bytes());
        }
        STANDARD.decode(body).map_err(|error| Error::message(format!("unreadable response body: {error}")))
    }

    /// Returns the body as UTF-8 text.
    ///
    /// # Errors
    /// As [`buffer`](Self::buffer).
    pub async fn text(&self) -> Result<String, Error> {
        let body = self.buffer().await?;
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        Ok(String::from_utf8_lossy(body).into_owned())
    }
}
