//! The task that sends spans.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use super::Value;
use super::batch::{Batch, Waiting};
use super::wire::Head;
use crate::{Backoff, Chain, Secret, tls};

/// How long the first span of a request waits for others: OpenTelemetry's own
/// [default](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor).
const DELAY: Duration = Duration::from_secs(5);
/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How often a request is sent that the collector could not take just then.
const TRIES: usize = 4;
/// Log lines about a collector that cannot be reached come no more often.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// No client could be made.
    #[error("failed to make an HTTP client for traces")]
    Client(#[from] reqwest::Error),
}

/// What the exporter is woken by.
#[derive(Debug)]
pub(super) enum Signal {
    /// A first span waits.
    First,
    /// As many wait as one request should have.
    Enough,
    /// Somebody waits until everything recorded before has been sent, or is lost.
    Flush(oneshot::Sender<()>),
}

/// Sends spans to one collector.
pub(super) struct Exporter {
    client: Client,
    address: String,
    head: Head,
    logged: Option<Instant>,
}

impl Exporter {
    pub(super) fn new(endpoint: &str, headers: Option<&Secret>, service: &str) -> Result<Self, TracesError> {
        let mut all = HeaderMap::new();
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        for pair in headers.map(Secret::expose).unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty()) {
            match pair.split_once('=').and_then(|(name, value)| header(name.trim(), value.trim())) {
                Some((name, value)) => drop(all.insert(name, value)),
                None => tracing::warn!("a header in OTEL_EXPORTER_OTLP_HEADERS is not name=value and is left out"),
            }
        }
        let client = Client::builder()
            .tls_backend_preconfigured((*tls::client_config(None)).clone())
            .no_proxy()
            .timeout(LIMIT)
            .default_headers(all)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let instance = format!("{}-{}", host_name(), std::process::id());
        let head = Head::of(&[
            ("service.name", Value::Text(service)),
            ("service.version", Value::Text(env!("CARGO_PKG_VERSION"))),
            ("service.instance.id", Value::Text(&instance)),
        ]);
        Ok(Self { client, address: format!("{endpoint}/v1/traces"), head, logged: None })
    }

    /// Sends what waits in `batch` until the last sender of signals is gone.
    ///
    /// Between the first span and its request nothing wakes the task: a wake-up takes longer than to record a job's spans.
    pub(super) async fn run(mut self, batch: Batch, mut signals: mpsc::Receiver<Signal>) {
        while let Some(mut signal) = signals.recv().await {
            let deadline = Instant::now() + DELAY;
            while matches!(signal, Signal::First) {
                match timeout_at(deadline, signals.recv()).await {
                    Ok(Some(next)) => signal = next,
                    // It is time, or nobody records any more.
                    Ok(None) | Err(_) => break,
                }
            }
            let waiting = batch.take();
            if waiting.spans > 0 {
                self.send(&waiting).await;
            }
            if let Signal::Flush(sent) = signal {
                // Whoever waited may have given up.
                let _ = sent.send(());
            }
        }
    }

    async fn send(&mut self, waiting: &Waiting) {
        let body = Bytes::from(self.head.request(&waiting.bytes));
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(5));
        for tried in 1..=TRIES {
            let problem = match self.client.post(&self.address).body(body.clone()).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) if !may_pass(answer.status()) => {
                    return self.log(waiting.spans, &format!("it answered {}", answer.status()));
                }
                Ok(answer) => format!("it answered {}", answer.status()),
                Err(error) => Chain(&error.without_url()).to_string(),
            };
            if tried == TRIES {
                return self.log(waiting.spans, &problem);
            }
            sleep(backoff.next_delay()).await;
        }
    }

    fn log(&mut self, spans: usize, error: &str) {
        if self.logged.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
            self.logged = Some(Instant::now());
            tracing::warn!(
                spans,
                error,
                address = self.address,
                "failed to send traces to the collector: they are dropped"
            );
        }
    }
}

/// What [the specification](https://opentelemetry.io/docs/specs/otlp/#failures-1) says to try again.
fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "unknown".to_owned() } else { name.trim().to_owned() }
}
