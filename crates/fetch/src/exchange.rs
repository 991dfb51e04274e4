//! One request over one connection, and the body that comes back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use url::{Position, Url};

use crate::encoding::Decoder;
use crate::error::{Error, of_hyper};
use crate::outgoing::{Request, RequestBody, Unpack};
use crate::pool::{Link, Origin, Pool};

/// Pieces of a body that wait to be taken. Small bodies come in as many, and free their connection at once.
const WAITING: usize = 8;
/// How long a connection may take to be ready for another request, a body that nobody gets included.
const READY: Duration = Duration::from_secs(1);

/// Headers for one connection only, which a script has no say in.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// An answer.
pub struct Response {
    /// Its status.
    pub status: u16,
    /// The words after the status.
    pub reason: String,
    /// Its headers, names in lower case; a byte of a value is a character.
    pub headers: Vec<(String, String)>,
    /// Its body; `None` where the status or the method says that there is none.
    pub body: Option<Body>,
    /// The host's certificate was believed though it is not valid, and this is the first to tell.
    pub bad_certificate: bool,
}

/// The body of an answer, unpacked where the request says so. Dropping it ends the exchange.
pub struct Body {
    pieces: mpsc::Receiver<Result<Bytes, Error>>,
    _pump: AbortOnDropHandle<()>,
}

impl Body {
    /// The next piece; `None` at the end. Cancel safe.
    ///
    /// # Errors
    /// Why no more comes. It is the last thing that comes.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        self.pieces.recv().await
    }
}

/// What an exchange needs besides its connection.
pub(crate) struct Surroundings {
    pub(crate) pool: Arc<Pool>,
    pub(crate) origin: Origin,
    pub(crate) permit: OwnedSemaphorePermit,
    pub(crate) body_timeout: Duration,
    pub(crate) bad_certificate: bool,
}

/// The head of a request, as hyper takes it.
pub(crate) struct Head {
    pub(crate) method: Method,
    pub(crate) url: Url,
    headers: HeaderMap,
    unpack: Unpack,
}

impl Head {
    pub(crate) fn of(request: &Request) -> Result<Self, Error> {
        let method =
            Method::from_bytes(request.method.as_bytes()).map_err(|_| Error::Header(request.method.clone()))?;
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
        let authority = &request.url[Position::BeforeHost..Position::AfterPort];
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(|_| Error::Header("host".to_owned()))?);
        for (name, value) in &request.headers {
            let failed = || Error::Header(name.clone());
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| failed())?;
            if HOP_BY_HOP.contains(&key.as_str()) {
                continue;
            }
            let bytes = value.chars().map(|character| u8::try_from(u32::from(character)));
            let bytes = bytes.collect::<Result<Vec<u8>, _>>().map_err(|_| failed())?;
            let value = HeaderValue::from_bytes(&bytes).map_err(|_| failed())?;
            if key == HOST {
                headers.insert(key, value);
            } else {
                headers.append(key, value);
            }
        }
        // RFC 9110, 8.6: where a body is usual, a request without one says so.
        if matches!(request.body, RequestBody::Empty) && [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(Self { method, url: request.url.clone(), headers, unpack: request.unpack })
    }

    /// The request that goes over this connection.
    pub(crate) fn request(&self, is_proxy: bool, body: RequestBody) -> Result<hyper::Request<RequestBody>, Error> {
        let path = &self.url[Position::BeforePath..Position::AfterQuery];
        let target = if is_proxy {
            format!("{}://{}{path}", self.url.scheme(), &self.url[Position::BeforeHost..Position::AfterPort])
        } else {
            path.to_owned()
        };
        let mut request = hyper::Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.parse::<Uri>().map_err(|_| Error::Header("the URL".to_owned()))?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

/// Makes a script's answer of what the server sent, and begins to read the body.
pub(crate) fn answer(
    head: &Head,
    response: hyper::Response<Incoming>,
    link: Link,
    surroundings: Surroundings,
) -> Response {
    let (parts, incoming) = response.into_parts();
    let status = parts.status.as_u16();
    let reason = parts.extensions.get::<hyper::ext::ReasonPhrase>().map(|reason| latin1(reason.as_bytes()));
    let reason = reason.unwrap_or_else(|| parts.status.canonical_reason().unwrap_or_default().to_owned());
    let headers: Vec<(String, String)> =
        parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), latin1(value.as_bytes()))).collect();
    let has_body = head.method != Method::HEAD && !matches!(status, 101 | 103 | 204 | 205 | 304);
    let encodings = parts.headers.get_all(CONTENT_ENCODING);
    let known = encodings.iter().filter(|_| head.unpack == Unpack::Yes);
    let decoder = Decoder::of(known.filter_map(|value| value.to_str().ok()));
    let bad_certificate = surroundings.bad_certificate;
    let (sender, pieces) = mpsc::channel(WAITING);
    let pump = Pump { incoming, decoder: Some(decoder).filter(|_| has_body), link, surroundings };
    let pump = AbortOnDropHandle::new(tokio::spawn(pump.run(sender)));
    let body = if has_body {
        Some(Body { pieces, _pump: pump })
    } else {
        // It frees the connection by itself, within [`READY`] twice.
        drop(pump.detach());
        None
    };
    Response { status, reason, headers, body, bad_certificate }
}

/// Reads a body as fast as it is taken, then gives the connection back.
struct Pump {
    incoming: Incoming,
    /// None for a body that nobody gets.
    decoder: Option<Decoder>,
    link: Link,
    surroundings: Surroundings,
}

impl Pump {
    async fn run(mut self, out: mpsc::Sender<Result<Bytes, Error>>) {
        let passed_on = match self.decoder {
            Some(_) => self.pass_on(&out).await,
            // A server may send one without end where an answer has none, as with the status 205.
            None => timeout(READY, self.pass_on(&out)).await.unwrap_or(Ok(false)),
        };
        match passed_on {
            Ok(true) => {
                // Before the body's end is seen: the next request then finds the connection.
                if let Ok(Ok(())) = timeout(READY, self.link.sender.ready()).await {
                    self.surroundings.pool.put(self.surroundings.origin, self.link);
                }
                drop(self.surroundings.permit);
            }
            Ok(false) => {}
            Err(error) => {
                // The connection is of no use, and not to be held until somebody takes the error.
                drop((self.link, self.surroundings.permit));
                let _ = out.send(Err(error)).await;
            }
        }
    }

    /// Passes the body on; tells whether all of it was taken.
    async fn pass_on(&mut self, out: &mpsc::Sender<Result<Bytes, Error>>) -> Result<bool, Error> {
        loop {
            let frame = match timeout(self.surroundings.body_timeout, self.incoming.frame()).await {
                Err(_) => return Err(Error::BodyTimeout),
                Ok(None) => break,
                Ok(Some(frame)) => frame.map_err(|error| of_hyper(&error))?,
            };
            // A script sees no trailers.
            let (Ok(mut data), Some(decoder)) = (frame.into_data(), &mut self.decoder) else { continue };
            while let Some(piece) = decoder.step(&mut data)? {
                if !piece.is_empty() && out.send(Ok(piece)).await.is_err() {
                    return Ok(false);
                }
            }
        }
        for piece in self.decoder.as_mut().map(Decoder::finish).transpose()?.unwrap_or_default() {
            if !piece.is_empty() && out.send(Ok(piece)).await.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
