//! Who may use the API: whoever sends one of its tokens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use super::error::ApiError;
use crate::app::App;

/// Lets a request pass whose first `Authorization` is `Bearer TOKEN` or the bare token.
pub(crate) async fn require_token(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let header = request.headers().get(AUTHORIZATION).ok_or(ApiError::Unauthorized)?.as_bytes().trim_ascii();
    let token = header.strip_prefix(b"Bearer ").unwrap_or(header);
    if app.tokens.accept(token) { Ok(next.run(request).await) } else { Err(ApiError::Unauthorized) }
}
