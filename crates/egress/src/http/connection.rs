//! One connection of the browser: its requests, the stream to the latest target, and the tunnel it may turn into.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONNECTION, HOST, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, UPGRADE};
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::answer::{self, Body};
use super::{Dropped, MOST_HEADERS, headers};
use crate::failure::Failure;
use crate::record::Outcome;
use crate::session::Guard;
use crate::stream::BoxStream;
use crate::target::{Target, TargetError};
use crate::tunnel;
use crate::upstream::Upstream;

/// The port of a URL that names none.
const HTTP_PORT: u16 = 80;

pub(super) struct Connection {
    guard: Arc<Guard>,
    /// The stream that the next request to the same target goes over.
    kept: Mutex<Option<Link>>,
    tunnel: Mutex<Option<Tunnel>>,
}

/// A stream to a target that takes requests. Dropping the driver closes it.
struct Link {
    target: Target,
    sender: SendRequest<Incoming>,
    driver: AbortOnDropHandle<()>,
}

/// What the connection turns into once its last answer is sent.
enum Tunnel {
    Connect { browser: OnUpgrade, target: BoxStream },
    Upgrade { browser: OnUpgrade, target: OnUpgrade, _driver: AbortOnDropHandle<()> },
}

impl Connection {
    pub(super) fn new(guard: Arc<Guard>) -> Self {
        Self { guard, kept: Mutex::default(), tunnel: Mutex::default() }
    }

    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        if request.method() == Method::CONNECT {
            return Ok(self.connect(request).await);
        }
        let target = match target_of(request.uri()) {
            Ok(target) => target,
            Err(refused) => return Ok(answer::text(StatusCode::BAD_REQUEST, refused)),
        };
        match self.link_to(&target).await {
            Ok(link) => self.forward(link, request).await,
            Err(failure) => self.failed(failure),
        }
    }

    /// What becomes of a plain request that cannot be sent.
    fn failed(&self, failure: Failure) -> Result<Response<Body>, Dropped> {
        if self.guard.drops_failures { Err(Dropped::NotSent(failure)) } else { Ok(answer::failure(&failure)) }
    }

    /// Runs the tunnel that the requests have asked for, if any, until both sides have ended.
    pub(super) async fn run_tunnel(&self) {
        let Some(asked) = take(&self.tunnel) else { return };
        let ended = match asked {
            Tunnel::Connect { browser, mut target } => match browser.await {
                Ok(browser) => tunnel::run(&mut TokioIo::new(browser), &mut *target).await,
                Err(error) => Err(std::io::Error::other(error)),
            },
            Tunnel::Upgrade { browser, target, _driver } => match tokio::try_join!(browser, target) {
                Ok((browser, target)) => tunnel::run(&mut TokioIo::new(browser), &mut TokioIo::new(target)).await,
                Err(error) => Err(std::io::Error::other(error)),
            },
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a tunnel ended");
        }
    }

    async fn connect(&self, request: Request<Incoming>) -> Response<Body> {
        let authority = request.uri().authority().map(|authority| authority.as_str()).unwrap_or_default();
        let target = match Target::parse_authority(authority) {
            Ok(target) => target,
            Err(error) => return answer::failure(&Failure::Malformed(error)),
        };
        let authorization = request.headers().get(PROXY_AUTHORIZATION).cloned();
        match self.guard.dial(&target, authorization).await {
            Ok(stream) => {
                let browser = hyper::upgrade::on(request);
                put(&self.tunnel, Tunnel::Connect { browser, target: stream });
                answer::tunnel_stands()
            }
            Err(failure) => answer::failure(&failure),
        }
    }

    /// Returns the stream of the request before, when it led to the same target and still stands; else a new one.
    async fn link_to(&self, target: &Target) -> Result<Link, Failure> {
        if let Some(mut link) = take(&self.kept).filter(|link| link.target == *target)
            && link.sender.ready().await.is_ok()
        {
            self.guard.judge_request(target).await?;
            return Ok(link);
        }
        self.new_link(target).await
    }

    async fn new_link(&self, target: &Target) -> Result<Link, Failure> {
        let stream = self.guard.dial_for_requests(target).await?;
        let handshake = http1::Builder::new()
            .max_headers(MOST_HEADERS)
            .preserve_header_case(true)
            // What browsers put up with from servers.
            .http09_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, connection) = handshake.map_err(|_| Failure::ConnectionFailed)?;
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to a target ended");
            }
        }));
        Ok(Link { target: target.clone(), sender, driver })
    }

    async fn forward(&self, mut link: Link, mut request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        let upgrade = headers::wants_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));
        let (mut parts, body) = request.into_parts();
        rewrite(&mut parts, upgrade.is_some(), self.guard.upstream_for(&link.target));
        let request = Request::from_parts(parts, body);
        let response = match link.sender.try_send_request(request).await {
            Ok(response) => response,
            // The target closed the kept stream before the request went out: nothing was sent, so it can be sent again.
            Err(mut error) => match error.take_message() {
                Some(request) => {
                    link = match self.new_link(&link.target).await {
                        Ok(link) => link,
                        Err(failure) => return self.failed(failure),
                    };
                    link.sender.send_request(request).await.map_err(Dropped::NoAnswer)?
                }
                None => return Err(Dropped::NoAnswer(error.into_error())),
            },
        };
        self.pass_on(link, response, upgrade)
    }

    fn pass_on(
        &self,
        link: Link,
        mut response: Response<Incoming>,
        upgrade: Option<OnUpgrade>,
    ) -> Result<Response<Body>, Dropped> {
        let mut challenges = Vec::new();
        if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let Some(upstream) = self.guard.upstream_for(&link.target).filter(|upstream| upstream.speaks_http()) else {
                // The browser would take it for a wish of this proxy, and answer with credentials.
                return Ok(answer::text(StatusCode::BAD_GATEWAY, "the target asked for credentials of a proxy"));
            };
            challenges.extend(response.headers().get_all(PROXY_AUTHENTICATE).iter().cloned());
            let failure = upstream.wants_credentials(challenges.clone());
            self.guard.record.note(&link.target, Outcome::Failed(failure.clone()));
            if let Failure::Upstream(_) = failure {
                return self.failed(failure);
            }
        }
        if let (StatusCode::SWITCHING_PROTOCOLS, Some(browser)) = (response.status(), upgrade) {
            let target = hyper::upgrade::on(&mut response);
            put(&self.tunnel, Tunnel::Upgrade { browser, target, _driver: link.driver });
            return Ok(response.map(BodyExt::boxed));
        }
        let (mut parts, body) = response.into_parts();
        parts.headers = headers::end_to_end(&parts.headers);
        parts.version = Version::HTTP_11;
        for challenge in challenges {
            parts.headers.append(PROXY_AUTHENTICATE, challenge);
        }
        put(&self.kept, link);
        Ok(Response::from_parts(parts, body.boxed()))
    }
}

/// Returns the target of a request in absolute form, or what is wrong with the request.
fn target_of(uri: &Uri) -> Result<Target, String> {
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) => Target::parse_with_default(authority.as_str(), Some(HTTP_PORT))
            .map_err(|error: TargetError| error.to_string()),
        (Some(scheme), _) => Err(format!("this proxy takes no requests for {scheme}: use CONNECT")),
        (None, _) => Err("this is a proxy: a request has to name its target in full".to_owned()),
    }
}

/// Makes a browser's request one for the target, or for an upstream proxy of HTTP.
fn rewrite(parts: &mut Parts, upgrade: bool, upstream: Option<&Upstream>) {
    let protocol = parts.headers.get(UPGRADE).cloned();
    let of_browser = parts.headers.get(PROXY_AUTHORIZATION).cloned();
    parts.headers = headers::end_to_end(&parts.headers);
    if let Some(protocol) = protocol.filter(|_| upgrade) {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        parts.headers.insert(UPGRADE, protocol);
    }
    // The target in the request line is the one that was judged (RFC 9112, 3.2.2).
    if let Some(host) = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
        parts.headers.insert(HOST, host);
    }
    match upstream.filter(|upstream| upstream.speaks_http()) {
        Some(upstream) => {
            if let Some(authorization) = upstream.authorization().or(of_browser) {
                parts.headers.insert(PROXY_AUTHORIZATION, authorization);
            }
        }
        None => {
            let path = parts.uri.path_and_query().cloned();
            parts.uri = path.map_or_else(|| Uri::from_static("/"), Uri::from);
        }
    }
    parts.version = Version::HTTP_11;
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn put<T>(slot: &Mutex<Option<T>>, value: T) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}
