//! The answers that the proxy gives itself: a status and a short line of text.

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PROXY_AUTHENTICATE};
use hyper::{Response, StatusCode};

use crate::failure::Failure;

/// The body of any answer: our own text, or what the target sends.
pub(super) type Body = BoxBody<Bytes, hyper::Error>;

/// Says why a request was not sent.
pub(super) fn failure(failure: &Failure) -> Response<Body> {
    let status = match failure {
        Failure::Refused(_) => StatusCode::FORBIDDEN,
        Failure::Malformed(_) => StatusCode::BAD_REQUEST,
        Failure::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Failure::LimitReached(_) => StatusCode::SERVICE_UNAVAILABLE,
        Failure::NameNotResolved
        | Failure::ConnectionRefused
        | Failure::AddressUnreachable
        | Failure::ConnectionFailed
        | Failure::Upstream(_) => StatusCode::BAD_GATEWAY,
        Failure::CredentialsWanted { .. } => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    };
    let mut response = text(status, failure.to_string());
    if let Failure::CredentialsWanted { challenges, .. } = failure {
        for challenge in challenges {
            response.headers_mut().append(PROXY_AUTHENTICATE, challenge.clone());
        }
    }
    response
}

/// Answers with a line of text.
pub(super) fn text(status: StatusCode, line: impl Into<String>) -> Response<Body> {
    let body = Full::from(line.into() + "\n").map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Says that the tunnel stands.
pub(super) fn tunnel_stands() -> Response<Body> {
    Response::new(Empty::new().map_err(|never| match never {}).boxed())
}
