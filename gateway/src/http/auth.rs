//! Who may use the API: clients that send one of its tokens, within what the token allows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::body;
use super::caller::{Caller, RequestId, TokenUsed};
use super::error::ApiError;
use crate::app::App;
use crate::tokens::Scope;

const SCHEME: &[u8] = b"Bearer ";

/// Lets a request pass whose first `Authorization` is `Bearer TOKEN` or the bare token, and whose token has not sent too many.
pub(crate) async fn require_token(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(grant) = token(request.headers()).and_then(|token| app.tokens.accept(token)) else {
        // Clients that name no media type were written for the predecessor, which answered a text.
        let names_media_types = request.headers().contains_key(ACCEPT);
        let refusal = if names_media_types { ApiError::Unauthorized } else { ApiError::UnauthorizedText };
        return Err(refuse(&app, peer(&request), refusal).await);
    };
    if let Err(wait) = app.tokens.take_turn(&grant) {
        body::discard(request, &app.settings).await;
        return Err(ApiError::TooManyRequests { token: grant.name().to_owned(), wait });
    }
    let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(|| RequestId::of(None));
    let (peer, used) = (peer(&request), TokenUsed(grant.name().to_owned()));
    request.extensions_mut().insert(Caller { grant, request_id, peer });
    let mut response = next.run(request).await;
    response.extensions_mut().insert(used);
    Ok(response)
}

/// Counts a wrong token, and holds the refusal back when many came from that address.
async fn refuse(app: &App, peer: Option<SocketAddr>, refusal: ApiError) -> ApiError {
    app.metrics.wrong_tokens.inc();
    if let Some(peer) = peer {
        match app.wrong_tokens.note(peer.ip(), Instant::now()) {
            Some(held_back) => tokio::time::sleep(held_back).await,
            None => return ApiError::TooManyWrongTokens,
        }
    }
    refusal
}

/// Where the connection comes from.
fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

/// The token of a request, right or wrong.
///
/// The scheme's case does not matter (<https://www.rfc-editor.org/rfc/rfc9110#section-11.1>), except to a client that was
/// written for the predecessor, which knew `Bearer` alone.
fn token(headers: &HeaderMap) -> Option<&[u8]> {
    let header = headers.get(AUTHORIZATION)?.as_bytes().trim_ascii();
    let Some((scheme, token)) = header.split_at_checked(SCHEME.len()) else { return Some(header) };
    let is_scheme = if headers.contains_key(ACCEPT) { scheme.eq_ignore_ascii_case(SCHEME) } else { scheme == SCHEME };
    Some(if is_scheme { token } else { header })
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::{ACCEPT, AUTHORIZATION};

    use super::token;

    #[test]
    fn a_token_stands_behind_its_scheme_or_alone() {
        let read = |value: &'static str, accept: bool| {
            let mut headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            if accept {
                headers.insert(ACCEPT, "*/*".parse().unwrap());
            }
            token(&headers).map(|token| String::from_utf8(token.to_vec()).unwrap())
        };
        for (value, expected) in [
            ("Bearer abc", "abc"),
            ("bearer abc", "abc"),
            ("BEARER abc ", "abc"),
            ("abc", "abc"),
            ("Bearer  abc", " abc"),
            ("Bearer", "Bearer"),
            ("Basic abc", "Basic abc"),
        ] {
            assert_eq!(read(value, true).as_deref(), Some(expected), "{value}");
        }
        assert_eq!(read("bearer abc", false).as_deref(), Some("bearer abc"));
        assert_eq!(read("Bearer abc", false).as_deref(), Some("abc"));
        assert_eq!(token(&HeaderMap::new()), None);
    }
}
