//! Asks a proxy of HTTP for a tunnel, by CONNECT ([RFC 9110, 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use crate::stream::BoxStream;
use crate::target::Target;

/// Why there is no tunnel.
pub(super) enum NoTunnel {
    /// What the proxy did instead.
    Failed(String),
    /// It wants credentials of one of these kinds.
    CredentialsWanted(Vec<HeaderValue>),
}

impl From<String> for NoTunnel {
    fn from(what: String) -> Self {
        Self::Failed(what)
    }
}

/// Returns the tunnel.
///
/// # Errors
///
/// What the proxy did instead.
pub(super) async fn tunnel(
    stream: BoxStream,
    target: &Target,
    authorization: Option<HeaderValue>,
) -> Result<BoxStream, NoTunnel> {
    let authority = target.to_string();
    let mut request = Request::connect(&authority)
        .header(HOST, &authority)
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("cannot be asked for {authority}: {error}"))?;
    if let Some(authorization) = authorization {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
    }
    let broken = |error: hyper::Error| format!("broke off: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends once the tunnel stands; a tunnel that does not come about takes the task with it.
    let _driver = AbortOnDropHandle::new(tokio::spawn(async move {
        connection.with_upgrades().await.ok();
    }));
    let answer = sender.send_request(request).await.map_err(broken)?;
    if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(NoTunnel::CredentialsWanted(
            answer.headers().get_all(PROXY_AUTHENTICATE).iter().cloned().collect(),
        ));
    }
    if !answer.status().is_success() {
        return Err(format!("answered {} to CONNECT", answer.status()).into());
    }
    let tunnel = hyper::upgrade::on(answer).await.map_err(broken)?;
    Ok(Box::new(TokioIo::new(tunnel)))
}
