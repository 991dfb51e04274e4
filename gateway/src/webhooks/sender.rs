//! Sends one request to a receiver, through the guard of the network. Nothing else here speaks to the outside.
//!
//! A connection serves one request. Redirects are not followed: a receiver is the one that was named. Of the answer only its
//! head counts; some of its body is read so that the receiver sees an exchange that ended.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use egress::{Admission, Failure, Limits, Proxy, Settings, Target};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use job_model::{Timestamp, Webhook};
use service::Chain;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;
use url::{Position, Url};

use super::rules;
use super::settings::WebhookArgs;
use super::signature::Key;

/// The most of an answer's body that is read, in bytes.
const MOST_OF_ANSWER: usize = 64 * 1024;
/// The longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// Connections at a time.
const CONNECTIONS: usize = 1024;
/// The receiver wants no more.
const GONE: u16 = 410;

/// What speaks to receivers.
pub(super) struct Sender {
    admission: Admission,
    /// Keeps the addresses of the program's own services fresh.
    _proxy: Proxy,
    tls: TlsConnector,
    timeout: Duration,
}

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It took the delivery.
    Accepted { status: u16 },
    /// It wants no more.
    Gone { status: u16 },
    /// It did not take the delivery, and may have said when to come again.
    Refused { status: u16, retry_after: Option<Duration> },
    /// It said nothing: why.
    Failed(String),
}

impl Sender {
    /// Reads the system's certificates and looks up the program's own services.
    pub(super) async fn start(args: &WebhookArgs) -> Self {
        let proxy = Proxy::start(Settings { own: args.own(), connections: CONNECTIONS, ..Settings::default() }).await;
        let limits = Limits { connect_timeout: args.timeout, ..Limits::default() };
        let admission = proxy.admission(args.operator().into(), limits, None);
        let tls = TlsConnector::from(service::tls::client_config(None));
        Self { admission, _proxy: proxy, tls, timeout: args.timeout }
    }

    /// Sends a delivery of this id, and tells what came of it within the time that there is.
    pub(super) async fn send(&self, webhook: &Webhook, id: &str, body: Vec<u8>) -> Answer {
        let sending = tokio::time::timeout(self.timeout, self.exchange(webhook, id, body));
        match sending.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(reason)) => Answer::Failed(reason),
            Err(_) => Answer::Failed(format!("there was no answer within {} ms", self.timeout.as_millis())),
        }
    }

    async fn exchange(&self, webhook: &Webhook, id: &str, body: Vec<u8>) -> Result<Answer, String> {
        let (url, target) = rules::address(&webhook.url).map_err(|reason| format!("the webhook's URL {reason}"))?;
        let request = request(webhook, &url, id, Bytes::from(body))?;
        let stream = self.admission.connect(&target).await.map_err(|failure| told(&failure))?;
        if url.scheme() == "http" {
            return speak(stream, request).await;
        }
        let name = server_name(&target)?;
        let tls = self.tls.connect(name, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
        speak(tls, request).await
    }
}

/// Why there is no connection. The addresses behind a name are not reported.
fn told(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => format!("{refusal} (WEBHOOK_ALLOW, WEBHOOK_DENY)"),
        other => other.to_string(),
    }
}

fn server_name(target: &Target) -> Result<ServerName<'static>, String> {
    let host = target.host.address().map_or_else(|| target.host.to_string(), |address| address.to_string());
    ServerName::try_from(host).map_err(|_| "no certificate can have the host's name".to_owned())
}

/// The request, signed at this moment.
fn request(webhook: &Webhook, url: &Url, id: &str, body: Bytes) -> Result<Request<Full<Bytes>>, String> {
    let seconds = Timestamp::now().unix_millis().div_euclid(1000);
    let text = |value: &str| HeaderValue::from_str(value).map_err(|_| "a header cannot be sent".to_owned());
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("puppet-master/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in &webhook.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header cannot be sent".to_owned())?;
        let mut value = text(value)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers.insert(HOST, text(&url[Position::BeforeHost..Position::AfterPort])?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    headers.insert("webhook-id", text(id)?);
    headers.insert("webhook-timestamp", HeaderValue::from(seconds));
    if let Some(secret) = &webhook.secret {
        let key = Key::read(secret).map_err(|reason| format!("the webhook's secret {reason}"))?;
        headers.insert("webhook-signature", text(&key.sign(id, seconds, &body))?);
    }
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.parse().map_err(|_| "the webhook's URL cannot be sent".to_owned())?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, String> {
    let failed = |error: hyper::Error| format!("the exchange failed: {}", Chain(&error));
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let response = sender.send_request(request).await.map_err(failed)?;
    let answer = read(&response);
    // The receiver has said what counts, however its body ends.
    let body = Limited::new(response.into_body(), MOST_OF_ANSWER).collect().await;
    if let Err(error) = body
        && !error.is::<LengthLimitError>()
    {
        tracing::debug!(%error, "the answer to a webhook broke off");
    }
    Ok(answer)
}

fn read<B>(response: &Response<B>) -> Answer {
    let status = response.status().as_u16();
    if response.status().is_success() {
        return Answer::Accepted { status };
    }
    if status == GONE {
        return Answer::Gone { status };
    }
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    Answer::Refused { status, retry_after: retry_after.and_then(|text| wait(text, SystemTime::now())) }
}

/// [Retry-After](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3): seconds, or a date.
fn wait(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::wait;

    #[test]
    fn a_receiver_says_when_to_come_again_in_seconds_or_by_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(wait(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:40:37 GMT", now), Some(Duration::ZERO));
        assert_eq!((wait("-1", now), wait("soon", now), wait("", now)), (None, None, None));
    }
}
