//! Under which names the API may be called.
//!
//! A web page can have its own name resolved to this machine, and its visitor's browser then takes the API for a part of that
//! page ([rebinding](https://en.wikipedia.org/wiki/DNS_rebinding)). The browser still sends the page's name.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

use super::error::ApiError;
use super::health::CHECKS;
use crate::app::App;
use crate::host_pattern::{fits, without_port};

/// Lets a request pass that names an allowed host, and every request when all are allowed.
pub(crate) async fn require_host(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let allowed = &app.settings.allowed_hosts;
    let named = request
        .uri()
        .host()
        .or_else(|| request.headers().get(HOST).and_then(|value| value.to_str().ok()).map(without_port));
    let passes = allowed.is_empty()
        || CHECKS.contains(&request.uri().path())
        || named.is_some_and(|named| allowed.iter().any(|allowed| fits(allowed, named)));
    if passes { Ok(next.run(request).await) } else { Err(ApiError::WrongHost) }
}
