//! The routes beside the static files:
//!
//! | route | answers |
//! |---|---|
//! | `/slow?ms=N` | text `slow` after N milliseconds |
//! | `/hang` | never |
//! | `/redirect?to=/x&status=302` | a redirect |
//! | `/status/NNN` | that status with a small page (204 and 304 without) |
//! | `/headers` | the request's headers as JSON |
//! | `/echo` | method, content type and body of any request as JSON |
//! | `/cookies/set` | cookies `plain=1` and `hidden=2` (HttpOnly) |
//! | `/cookies` | the request's Cookie header as text |
//! | `/auth` | 401 unless user `user`, password `pass` |
//! | `/download` | an attachment `report.bin` |
//! | `/truncated` | the first part of a longer body, then a closed connection |
//! | `/events` | an event stream with one event, which stays open |
//! | `/big?kb=N` | a page of N kilobytes |
//! | `/cached` | text that may be cached for an hour |
//! | `/gzipped` | a compressed page |
//! | `/favicon.ico` | 204 |

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SET_COOKIE,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::time::sleep;

use super::request::SiteRequest;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/site");
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

pub(crate) async fn answer(request: &SiteRequest) -> Response {
    match request.path.as_str() {
        "/slow" => {
            sleep(Duration::from_millis(request.number("ms", 0))).await;
            typed(TEXT, "slow")
        }
        "/hang" => std::future::pending().await,
        "/redirect" => redirect(request),
        "/headers" => typed(JSON, json!(request.headers).to_string()),
        "/echo" => {
            let echo =
                json!({ "method": request.method, "type": request.header("content-type"), "body": request.body });
            typed(JSON, echo.to_string())
        }
        "/cookies/set" => {
            let cookies = [(SET_COOKIE, "plain=1; Path=/"), (SET_COOKIE, "hidden=2; Path=/; HttpOnly")];
            (AppendHeaders(cookies), page("cookies", "set")).into_response()
        }
        "/cookies" => typed(TEXT, request.header("cookie").unwrap_or_default().to_owned()),
        "/auth" => auth(request),
        "/download" => {
            let attachment = (CONTENT_DISPOSITION, "attachment; filename=\"report.bin\"");
            ([(CONTENT_TYPE, "application/octet-stream"), attachment], "data").into_response()
        }
        "/truncated" => truncated(),
        "/events" => {
            let event = stream::iter([Ok::<_, std::io::Error>("data: hi\n\n")]);
            ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(event.chain(stream::pending()))).into_response()
        }
        "/big" => {
            let kilobytes = usize::try_from(request.number("kb", 1024)).unwrap_or(1024);
            page("big", &format!("<p id=\"text\">{}</p>", "0123456789abcdef".repeat(64 * kilobytes)))
        }
        "/cached" => ([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "max-age=3600")], "cached").into_response(),
        "/gzipped" => file(&Path::new(FILES).join("gzipped.html.gz"), HTML, &[(CONTENT_ENCODING, "gzip")]).await,
        "/favicon.ico" => StatusCode::NO_CONTENT.into_response(),
        path => match path.strip_prefix("/status/").and_then(|code| code.parse().ok()) {
            Some(code) => status(code),
            None => static_file(path).await,
        },
    }
}

fn redirect(request: &SiteRequest) -> Response {
    let to = request.query.get("to").map_or("/", String::as_str);
    let code = u16::try_from(request.number("status", 302)).unwrap_or(302);
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::FOUND);
    (code, [(LOCATION, to.to_owned())]).into_response()
}

fn status(code: u16) -> Response {
    let Ok(code) = StatusCode::from_u16(code) else {
        return status(400);
    };
    if code == StatusCode::NO_CONTENT || code == StatusCode::NOT_MODIFIED {
        return code.into_response();
    }
    let number = code.as_str();
    (code, page(number, &format!("<p>status {number}</p>"))).into_response()
}

fn auth(request: &SiteRequest) -> Response {
    let expected = format!("Basic {}", BASE64_STANDARD.encode("user:pass"));
    if request.header("authorization") == Some(&expected) {
        return page("welcome", "<p>signed in</p>");
    }
    let challenge = [(WWW_AUTHENTICATE, "Basic realm=\"fixture\"")];
    (StatusCode::UNAUTHORIZED, challenge, page("denied", "<p>who are you?</p>")).into_response()
}

fn truncated() -> Response {
    let first = stream::iter([Ok("<p>the first part")]);
    // Not ready at once: what is pending lets the server send the part it has.
    let cut = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("cut on purpose"))
    });
    let headers = [(CONTENT_TYPE, HTML), (CONTENT_LENGTH, "1000")];
    (headers, Body::from_stream(first.chain(cut))).into_response()
}

async fn static_file(path: &str) -> Response {
    let relative = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
    if relative.split('/').any(|part| part == "..") {
        return status(404);
    }
    let path = PathBuf::from(FILES).join(relative);
    let content_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => HTML,
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => JSON,
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => TEXT,
        _ => "application/octet-stream",
    };
    file(&path, content_type, &[]).await
}

async fn file(path: &Path, content_type: &'static str, headers: &[(HeaderName, &'static str)]) -> Response {
    match tokio::fs::read(path).await {
        Ok(bytes) => (AppendHeaders(headers.to_vec()), typed(content_type, bytes)).into_response(),
        Err(_) => status(404),
    }
}

/// Never cached, so that a test sees each of its requests.
fn typed(content_type: &'static str, body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], body.into()).into_response()
}

fn page(title: &str, body: &str) -> Response {
    typed(HTML, format!("<!doctype html><title>{title}</title>{body}"))
}
