//! Load on an HTTP API: so many keep-alive connections, each sending the next request when the last one is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Client, Method, StatusCode};

/// No request of the bench takes that long.
const DEADLINE: Duration = Duration::from_secs(60);

/// A request and the status it must have.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// POST or GET.
    pub method: Method,
    /// All of it.
    pub url: String,
    /// For POST.
    pub body: Option<String>,
    /// What counts as answered.
    pub expected: StatusCode,
}

impl Ask {
    /// A GET that finds something.
    pub(crate) fn get(url: String) -> Self {
        Self { method: Method::GET, url, body: None, expected: StatusCode::OK }
    }

    /// A POST that creates something.
    pub(crate) fn post(url: String, body: String) -> Self {
        Self { method: Method::POST, url, body: Some(body), expected: StatusCode::CREATED }
    }

    /// A POST that is answered with something.
    pub(crate) fn post_for(url: String, body: String) -> Self {
        Self { expected: StatusCode::OK, ..Self::post(url, body) }
    }

    /// A PUT that creates something.
    pub(crate) fn put(url: String, body: String) -> Self {
        Self { method: Method::PUT, ..Self::post(url, body) }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    /// A bearer token.
    Token(String),
    /// A user and a password.
    Password(String, String),
}

/// What a load took.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Of each request, in milliseconds, in no order.
    pub latencies: Vec<f64>,
}

impl Taken {
    /// Answered requests per second.
    #[expect(clippy::cast_precision_loss, reason = "a rate does not mind")]
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }
}

/// Sends `count` requests over `connections` connections.
///
/// # Errors
/// The first answer that is not the expected one.
pub(crate) async fn run(
    connections: usize,
    count: usize,
    login: &Login,
    ask: impl Fn(usize) -> Ask + Send + Sync + 'static,
) -> anyhow::Result<Taken> {
    let (ask, next) = (Arc::new(ask), Arc::new(AtomicUsize::new(0)));
    // A client for each connection: it keeps one alive and never opens a second. Each reads the system's certificates, which
    // takes milliseconds: that is not the gateway's time.
    let clients: Vec<Client> =
        (0..connections).map(|_| Client::builder().timeout(DEADLINE).build()).collect::<Result<_, _>>()?;
    let mut tasks = tokio::task::JoinSet::new();
    let began = Instant::now();
    for client in clients {
        let (ask, next, login) = (ask.clone(), next.clone(), login.clone());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(latencies);
                }
                let sent = Instant::now();
                send(&client, &login, ask(number)).await?;
                latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
            }
        });
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(ended) = tasks.join_next().await {
        latencies.append(&mut ended??);
    }
    Ok(Taken { seconds: began.elapsed().as_secs_f64(), latencies })
}

/// Sends one request and reads its answer.
///
/// # Errors
/// An answer that is not the expected one.
pub(crate) async fn send(client: &Client, login: &Login, ask: Ask) -> anyhow::Result<Vec<u8>> {
    let mut request = client.request(ask.method.clone(), &ask.url);
    request = match login {
        Login::Token(token) => request.bearer_auth(token),
        Login::Password(user, password) => request.basic_auth(user, Some(password)),
    };
    if let Some(body) = ask.body {
        request = request.header("content-type", "application/json").body(body);
    }
    let response = request.send().await.with_context(|| format!("{} {}", ask.method, ask.url))?;
    let status = response.status();
    let body = response.bytes().await?;
    if status != ask.expected {
        bail!("{} {} answered {status}: {}", ask.method, ask.url, String::from_utf8_lossy(&body));
    }
    Ok(body.into())
}
