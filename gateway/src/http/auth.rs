//! Who may use the API: whoever sends one of its tokens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use service::Secret;
use subtle::{Choice, ConstantTimeEq};

use super::error::ApiError;
use crate::app::App;

/// The tokens that open the API.
pub(crate) struct Tokens(Vec<Secret>);

impl Tokens {
    /// These, none of them empty.
    pub(crate) fn new(tokens: Vec<Secret>) -> Self {
        Self(tokens)
    }

    /// Whether the text is one of them. Takes as long for a nearly right text as for a wrong one.
    fn accept(&self, given: &[u8]) -> bool {
        let equal = self.0.iter().map(|token| token.expose().as_bytes().ct_eq(given));
        equal.fold(Choice::from(0), |any, one| any | one).into()
    }
}

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

#[cfg(test)]
mod tests {
    use service::Secret;

    use super::Tokens;

    #[test]
    fn only_a_whole_token_is_accepted() {
        let tokens = Tokens::new(vec![Secret::new("one"), Secret::new("two")]);
        for (given, accepted) in [("one", true), ("two", true), ("", false), ("on", false), ("onetwo", false)] {
            assert_eq!(tokens.accept(given.as_bytes()), accepted, "{given}");
        }
        assert!(!Tokens::new(Vec::new()).accept(b""));
    }
}
