//! The dashboard: the files of the `ui` crate, to browsers.
//!
//! `/` answers those that ask for HTML; clients of the API get what they always got.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ui::File;

use super::error::ApiError;
use crate::app::App;

/// The dashboard's routes. Every other method is answered as where there is no route.
pub(super) fn router() -> Router<Arc<App>> {
    let no_route = || async { ApiError::NoRoute };
    Router::new().route("/", get(index).fallback(no_route)).route("/ui/{*path}", get(file).fallback(no_route))
}

/// `GET /`.
async fn index(headers: HeaderMap) -> Result<Response, ApiError> {
    let wanted = headers.get_all(ACCEPT).iter().any(|accept| names(accept, "text/html"));
    if wanted { serve(ui::INDEX, &headers) } else { Err(ApiError::NoRoute) }
}

/// `GET /ui/…`.
async fn file(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Result<Response, ApiError> {
    let Ok(Path(path)) = path else { return Err(ApiError::NoRoute) }; // not UTF-8
    serve(&path, &headers)
}

fn serve(path: &str, headers: &HeaderMap) -> Result<Response, ApiError> {
    let file = ui::file(path).ok_or(ApiError::NoRoute)?;
    let mut response = match headers.get(IF_NONE_MATCH) {
        Some(known) if known == "*" || names(known, file.etag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => content(file, headers),
    };
    let values = [
        (ETAG, file.etag),
        // A browser keeps it, and asks each time whether it is still the same.
        (CACHE_CONTROL, "no-cache"),
        (VARY, if path == ui::INDEX { "accept, accept-encoding" } else { "accept-encoding" }),
        (CONTENT_SECURITY_POLICY, file.policy()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in values {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn content(file: &'static File, headers: &HeaderMap) -> Response {
    let packed = headers.get_all(ACCEPT_ENCODING).iter().any(|accepted| names(accepted, "gzip"));
    let (body, encoding) = if packed { (file.gzip, Some("gzip")) } else { (file.plain, None) };
    let mut response = ([(CONTENT_TYPE, file.media_type)], body).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether a header's list names this and does not refuse it by `q=0`.
fn names(list: &HeaderValue, name: &str) -> bool {
    list.to_str().unwrap_or_default().split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|first| first.eq_ignore_ascii_case(name));
        named && !parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::names;

    #[test]
    fn a_list_names_what_it_does_not_refuse() {
        let browser = HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assert!(names(&browser, "text/html"));
        assert!(!names(&HeaderValue::from_static("*/*"), "text/html"));
        assert!(names(&HeaderValue::from_static("br, GZIP;q=0.5"), "gzip"));
        assert!(!names(&HeaderValue::from_static("gzip;q=0, br"), "gzip"));
        assert!(names(&HeaderValue::from_static(r#"W/"a", W/"b""#), r#"W/"b""#));
    }
}
