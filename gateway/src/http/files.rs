//! The API's verbs on the files of a job.
//!
//! A job's file is content that nobody has looked at: it is answered so that no browser runs it as a page of the gateway.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use job_files::{FilesError, JobFiles, SetKey};
use serde_json::{Value, json};
use service::Chain;
use url::form_urlencoded;

use super::caller::Caller;
use super::error::ApiError;
use super::lookup::{self, JobPath, PartPath};
use super::zip;
use crate::app::App;
use crate::left_file::LeftFile;

/// How long an address of the store's own can be used.
const PRESIGNED: Duration = Duration::from_secs(5 * 60);

/// Marks an answer that must reach the client byte by byte as it is: it has a length, an ETag and ranges.
#[derive(Clone, Copy)]
pub(crate) struct Verbatim;

/// `GET /jobs/{uuid}/files`.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
) -> Result<Json<Value>, ApiError> {
    let job = lookup::read(&app, &id, &caller.reach()).await?;
    Ok(Json(json!({"data": job.files.unwrap_or_default()})))
}

/// `GET /jobs/{uuid}/files/{name}`.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    PartPath(id, name): PartPath,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let job = lookup::read(&app, &id, &caller.reach()).await?;
    let found = LeftFile::of(&job, &name).ok_or_else(|| ApiError::FileNotFound { name: name.clone() })?;
    let files = store(&app)?;
    if asks_for_redirect(query.as_deref())
        && let Some(address) = files.presigned(&found.set, found.index, found.file, PRESIGNED).await.map_err(away)?
    {
        return Ok((StatusCode::FOUND, [(LOCATION, address.to_string())]).into_response());
    }
    answer(files, &found, &method, &headers).await
}

/// `GET /jobs/{uuid}/files.zip`: all files of a job, as they come.
pub(crate) async fn archive(
    State(app): State<Arc<App>>,
    caller: Caller,
    JobPath(id): JobPath,
) -> Result<Response, ApiError> {
    let job = lookup::read(&app, &id, &caller.reach()).await?;
    let files = store(&app)?.clone();
    let set = job.file_set.clone().map(|set| SetKey::of(&job, set));
    let list = set.map(|set| (set, job.files.unwrap_or_default()));
    let name = format!("attachment; filename*=UTF-8''{}.zip", encoded(id.as_str()));
    let mut response = Response::new(Body::from_stream(zip::stream(files, list)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    protect(headers);
    response.extensions_mut().insert(Verbatim);
    Ok(response)
}

/// The bytes of a file, or those that are asked for.
pub(super) async fn answer(
    files: &JobFiles,
    found: &LeftFile<'_>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let file = found.file;
    let etag = format!("\"{}\"", file.sha256);
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let known = text(IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    });
    if known {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response());
    }
    let current = text(IF_RANGE).is_none_or(|tag| tag == etag);
    let range = match text(RANGE).filter(|_| current).and_then(|range| asked_range(range, file.bytes)) {
        Some(Err(())) => {
            let range = [(CONTENT_RANGE, format!("bytes */{}", file.bytes))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
        Some(Ok(range)) => Some(range),
        None => None,
    };
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        let content = files.get(&found.set, found.index, file, range.clone()).await.map_err(away)?;
        let name = file.name.clone();
        Body::from_stream(content.stream.inspect(move |piece| {
            if let Err(error) = piece {
                tracing::error!(file = %name, error = %Chain(error), "a file could not be answered as a whole");
            }
        }))
    };
    let mut response = Response::new(body);
    let length = range.as_ref().map_or(file.bytes, |range| range.end - range.start);
    if let Some(range) = &range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, file.bytes);
        insert(response.headers_mut(), CONTENT_RANGE, &shown);
    }
    let out = response.headers_mut();
    insert(out, CONTENT_TYPE, &file.media_type);
    insert(out, CONTENT_LENGTH, &length.to_string());
    insert(out, ETAG, &etag);
    insert(out, ACCEPT_RANGES, "bytes");
    let kind = if shows_inline(&file.media_type) { "inline" } else { "attachment" };
    insert(out, CONTENT_DISPOSITION, &format!("{kind}; filename*=UTF-8''{}", encoded(file.name.base())));
    protect(out);
    response.extensions_mut().insert(Verbatim);
    Ok(response)
}

/// What a browser may do with the answer: show it, alone.
fn protect(headers: &mut HeaderMap) {
    insert(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(headers, CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    insert(headers, CACHE_CONTROL, "private, no-transform");
}

/// Types that show no more than themselves. What could hold a program is saved instead.
fn shows_inline(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    matches!(
        essence,
        "image/png"
            | "image/jpeg"
            | "image/webp"
            | "image/gif"
            | "image/avif"
            | "application/pdf"
            | "text/plain"
            | "text/csv"
            | "application/json"
    )
}

/// The bytes that a Range header asks for; `None` for what is answered as a whole, an error for what is not there.
fn asked_range(header: &str, bytes: u64) -> Option<Result<Range<u64>, ()>> {
    let range = header.strip_prefix("bytes=")?;
    let (first, last) = range.split_once('-')?;
    let range = match (first.trim(), last.trim()) {
        ("", suffix) => bytes.saturating_sub(suffix.parse::<u64>().ok()?)..bytes,
        (first, "") => first.parse().ok()?..bytes,
        (first, last) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(bytes)
        }
    };
    Some(if range.start < range.end { Ok(range) } else { Err(()) })
}

fn asks_for_redirect(query: Option<&str>) -> bool {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.any(|(name, value)| name == "redirect" && !matches!(&*value, "0" | "false"))
}

/// The store of files.
pub(super) fn store(app: &App) -> Result<&JobFiles, ApiError> {
    app.files.as_ref().ok_or(ApiError::NoFiles)
}

/// The answer to a failure of the store of files.
pub(super) fn away(error: FilesError) -> ApiError {
    match error {
        FilesError::NotFound { key } => ApiError::FileNotFound { name: key },
        source => ApiError::Files { source },
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// As <https://www.rfc-editor.org/rfc/rfc8187> writes a text.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::{asked_range, encoded, shows_inline};

    #[test]
    fn a_range_is_read_as_http_says() {
        for (header, range) in [
            ("bytes=0-0", Some(Ok(0..1))),
            ("bytes=2-", Some(Ok(2..10))),
            ("bytes=-3", Some(Ok(7..10))),
            ("bytes=-30", Some(Ok(0..10))),
            ("bytes=5-100", Some(Ok(5..10))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=3-2", None),
            ("bytes=0-1,4-5", None),
            ("lines=0-1", None),
            ("bytes=a-b", None),
        ] {
            assert_eq!(asked_range(header, 10), range, "{header}");
        }
    }

    #[test]
    fn what_could_hold_a_program_is_saved() {
        assert!(shows_inline("image/png") && shows_inline("text/plain; charset=utf-8"));
        for kind in ["text/html; charset=utf-8", "image/svg+xml", "text/javascript", "application/xml", ""] {
            assert!(!shows_inline(kind), "{kind}");
        }
        assert_eq!(encoded("a b\"é.png"), "a%20b%22%C3%A9.png");
    }
}
