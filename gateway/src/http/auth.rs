//! Who may use the API: whoever sends one of its tokens, as far as the token goes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::body;
use super::error::ApiError;
use crate::app::App;
use crate::caller::{Caller, RequestId};
use crate::tokens::Scope;

/// Lets a request pass whose first `Authorization` is `Bearer TOKEN` or the bare token, and whose token has not sent too many.
pub(crate) async fn require_token(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let header = request.headers().get(AUTHORIZATION).ok_or(ApiError::Unauthorized)?.as_bytes().trim_ascii();
    let token = header.strip_prefix(b"Bearer ").unwrap_or(header);
    let grant = app.tokens.accept(token).ok_or(ApiError::Unauthorized)?;
    if let Err(wait) = app.tokens.take_turn(&grant) {
        body::discard(request, &app.settings).await;
        return Err(ApiError::TooManyRequests { token: grant.name().to_owned(), wait });
    }
    let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(|| RequestId::of(None));
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    request.extensions_mut().insert(Caller { grant, request_id, peer });
    Ok(next.run(request).await)
}

/// Lets a request pass whose token holds all of a route's scopes.
pub(crate) async fn require_scopes(
    State((app, scopes)): State<(Arc<App>, &'static [Scope])>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match scopes.iter().try_for_each(|scope| require(&caller, *scope)) {
        Ok(()) => Ok(next.run(request).await),
        Err(refused) => {
            body::discard(request, &app.settings).await;
            Err(refused)
        }
    }
}

/// Refuses a caller whose token lacks a scope.
pub(crate) fn require(caller: &Caller, scope: Scope) -> Result<(), ApiError> {
    if caller.grant.holds(scope) {
        return Ok(());
    }
    Err(ApiError::Forbidden { token: caller.grant.name().to_owned(), scope })
}

/// There behind [`require_token`].
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Unauthorized)
    }
}
