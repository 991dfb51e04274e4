//! One exchange with the gateway: its time, its errors, and its restarts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use service::Chain;
use tokio::time::{Instant, sleep, timeout};

use super::{Data, Gateway};
use crate::exit::Unreachable;

/// Longest time for the head of an answer, and for the rest of one that is read as a whole.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a gateway that has answered before may be away.
const RESTART: Duration = Duration::from_secs(60);
/// Between two tries.
const RETRY: Duration = Duration::from_millis(500);

/// Whether a request may be sent again when nobody knows whether it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Yes,
    No,
}

#[derive(Deserialize)]
struct Failure {
    error: String,
    message: String,
    #[serde(default)]
    errors: Map<String, Value>,
}

impl Gateway {
    /// Asks for `data`.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<T> {
        let answer: Data<T> = self.answer(method, path, body).await?;
        Ok(answer.data)
    }

    /// Asks for an answer that has no `data`.
    pub(crate) async fn answer<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<T> {
        let response = self.send(method, path, body).await?;
        self.read(response).await
    }

    /// Reads the body of an answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, response: Response) -> anyhow::Result<T> {
        let body = timeout(ANSWER, response.bytes()).await;
        let body = body.map_err(|_| anyhow!("the answer did not end within {} s", ANSWER.as_secs()));
        let body = body.and_then(|body| Ok(body.map_err(reqwest::Error::without_url)?));
        let body = body.map_err(|reason| self.unreachable(reason))?;
        let foreign = || format!("{} answers something else than a gateway of puppet-master does", self.endpoint);
        serde_json::from_slice(&body).with_context(foreign)
    }

    /// Sends a request. The answer's status is a good one.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Response> {
        let repeat = if method == Method::POST { Repeat::No } else { Repeat::Yes };
        let build = || {
            let request = self.request(method.clone(), path);
            match &body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let response = self.exchange(repeat, build).await?;
        self.checked(response).await
    }

    /// A request with the token.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.endpoint)).bearer_auth(self.token.expose())
    }

    /// Sends a request until it is answered by somebody who can. A gateway that has never answered is not waited for.
    pub(super) async fn exchange(
        &self,
        repeat: Repeat,
        build: impl Fn() -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        let patience = Instant::now() + RESTART;
        loop {
            let (reason, arrived) = match timeout(ANSWER, build().send()).await {
                Ok(Ok(response)) if !is_away(response.status()) => {
                    self.reached.store(true, Ordering::Relaxed);
                    return Ok(response);
                }
                Ok(Ok(response)) => {
                    let reason = told(response).await;
                    (anyhow!("{reason}"), true)
                }
                Ok(Err(error)) => {
                    let arrived = !error.is_connect();
                    (self.explained(error), arrived)
                }
                Err(_) => (anyhow!("no answer within {} s", ANSWER.as_secs()), true),
            };
            let may = repeat == Repeat::Yes || !arrived;
            if !(may && self.reached.load(Ordering::Relaxed) && Instant::now() < patience) {
                return Err(self.unreachable(reason));
            }
            sleep(RETRY).await;
        }
    }

    /// Why no answer came, with what to do where that is known.
    fn explained(&self, error: reqwest::Error) -> anyhow::Error {
        let error = anyhow::Error::new(error.without_url());
        // What a server that speaks HTTP answers to a client's TLS.
        if self.endpoint.starts_with("https:") && Chain(&*error).to_string().contains("InvalidContentType") {
            return error.context("the server does not speak TLS there, try http://");
        }
        error
    }

    /// The answer when its status is a good one.
    pub(super) async fn checked(&self, response: Response) -> anyhow::Result<Response> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::UNAUTHORIZED {
            bail!("the gateway at {} refused the token (PUPPET_MASTER_API_TOKEN, --token)", self.endpoint);
        }
        let reason = told(response).await;
        bail!("{reason}")
    }

    pub(super) fn unreachable(&self, reason: anyhow::Error) -> anyhow::Error {
        Unreachable { endpoint: self.endpoint.clone(), reason }.into()
    }
}

/// Whether somebody on the way, or the gateway itself, says that it cannot serve now.
fn is_away(status: StatusCode) -> bool {
    [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT].contains(&status)
}

/// What an answer of a bad status says.
async fn told(response: Response) -> String {
    let status = response.status();
    let text = timeout(ANSWER, response.text()).await.ok().and_then(Result::ok).unwrap_or_default();
    let Ok(Failure { error, message, errors }) = serde_json::from_str(&text) else {
        let text: String = text.trim().chars().take(200).collect();
        return format!("the gateway answered {status}: {text}").trim_end_matches([':', ' ']).to_owned();
    };
    let fields = errors.iter().flat_map(|(field, texts)| {
        let texts = texts.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(move |text| format!("{field}: {text}"))
    });
    let fields: Vec<String> = fields.collect();
    let message = if fields.is_empty() { message } else { fields.join(" ") };
    format!("the gateway answered {status}: {error}: {message}")
}
