//! Traces of jobs, sent to an [OpenTelemetry](https://opentelemetry.io/docs/specs/otlp/) collector as OTLP over HTTP.
//!
//! A [`Span`] is recorded when it is over, with the times that it had: it is written behind those that wait, and a task sends all
//! of them some seconds later. Nobody waits for that task: spans for which there is no room are dropped and counted. Who takes part in a trace hands its
//! [`TraceContext`] on as text, the [`traceparent`](https://www.w3.org/TR/trace-context/#traceparent-header) header.
//! Without an endpoint there is no task, and nothing is made or sent.

mod batch;
mod context;
mod exporter;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use clap::Args;
use reqwest::Url;
use tokio::sync::{mpsc, oneshot};

use crate::Secret;
use batch::{Added, Batch};
use exporter::{Exporter, Signal};

pub use context::{SpanId, TraceContext, TraceId};
pub use exporter::TracesError;

/// Signals that the task has not seen yet. One that finds no place is not missed: those before it have all spans sent.
const SIGNALS: usize = 16;
/// How long the end of a process waits for its last spans.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// Where traces go. Names and meaning are
/// [OpenTelemetry's](https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/).
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Traces")]
pub struct TracesArgs {
    /// Address of an OpenTelemetry collector that takes OTLP over HTTP, such as `http://collector:4318`. Traces of jobs are
    /// sent there, to `/v1/traces` below it. Nothing is traced without one.
    #[arg(id = "otel_endpoint", long = "otel-exporter-otlp-endpoint", env = "OTEL_EXPORTER_OTLP_ENDPOINT",
          value_name = "URL", value_parser = endpoint)]
    pub endpoint: Option<String>,
    /// Headers of the requests to the collector, such as a key: `name=value`, several with commas in between.
    #[arg(
        id = "otel_headers",
        long = "otel-exporter-otlp-headers",
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        value_name = "HEADERS",
        hide_env_values = true
    )]
    pub headers: Option<Secret>,
    /// Name of the service in traces. Default: the binary's.
    #[arg(id = "otel_service_name", long = "otel-service-name", env = "OTEL_SERVICE_NAME", value_name = "NAME")]
    pub service_name: Option<String>,
    /// Share of jobs that are traced, from 0 to 1. A client's `traceparent` that says whether takes precedence.
    #[arg(id = "otel_sampler_arg", long = "otel-traces-sampler-arg", env = "OTEL_TRACES_SAMPLER_ARG", value_name = "SHARE",
          default_value_t = 1.0, value_parser = share)]
    pub share: f64,
}

/// Takes spans. Clones share one task; the default is off.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Arc<Sending>>);

#[derive(Debug)]
struct Sending {
    batch: Batch,
    signals: mpsc::Sender<Signal>,
    /// In the unit of a trace's last eight bytes.
    most: u64,
    dropped: AtomicU64,
}

/// A part of a trace that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Span<'a> {
    /// Which trace.
    pub trace: TraceId,
    /// Which part.
    pub id: SpanId,
    /// The part that it belongs to; `None` for the whole.
    pub parent: Option<SpanId>,
    /// What was done.
    pub name: &'static str,
    /// How it stands to other processes.
    pub kind: SpanKind,
    /// When it began.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// More about it, by [OpenTelemetry's names](https://opentelemetry.io/docs/specs/semconv/) where there is one.
    pub attributes: &'a [(&'static str, Value<'a>)],
    /// What went wrong.
    pub error: Option<&'a str>,
}

/// How a span stands to other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// It is of one process.
    Internal,
    /// It answers a request.
    Server,
    /// It takes a message.
    Consumer,
    /// It sends a message.
    Producer,
}

/// The value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(i64),
}

impl Span<'_> {
    /// Makes a part of `context` from `start` until now.
    pub fn of(context: &TraceContext, name: &'static str, start: SystemTime) -> Self {
        Self {
            trace: context.trace,
            id: SpanId::fresh(),
            parent: Some(context.span),
            name,
            kind: SpanKind::Internal,
            start,
            end: SystemTime::now(),
            attributes: &[],
            error: None,
        }
    }
}

impl Traces {
    /// Begins to send, when an endpoint is configured. To be called inside a runtime. The task ends when the last clone is gone.
    ///
    /// # Errors
    /// [`TracesError`] when there can be no HTTP client.
    pub fn start(args: &TracesArgs, service: &str) -> Result<Self, TracesError> {
        let Some(endpoint) = &args.endpoint else { return Ok(Self::default()) };
        let name = args.service_name.as_deref().unwrap_or(service);
        let exporter = Exporter::new(endpoint, args.headers.as_ref(), name)?;
        let (signals, received) = mpsc::channel(SIGNALS);
        let batch = Batch::default();
        tokio::spawn(exporter.run(batch.clone(), received));
        tracing::info!(endpoint, share = args.share, "traces of jobs are sent");
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share is not exact, and is between 0 and 1"
        )]
        let most = (args.share * u64::MAX as f64) as u64;
        Ok(Self(Some(Arc::new(Sending { batch, signals, most, dropped: AtomicU64::new(0) }))))
    }

    /// Tells whether anything is sent.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells whether a trace is among the share that is to be sent. Every process says the same of one trace.
    pub fn takes(&self, trace: TraceId) -> bool {
        self.0.as_ref().is_some_and(|sending| sending.most > 0 && trace.tail() <= sending.most)
    }

    /// Hands a span over to be sent. Never waits.
    pub fn record(&self, span: &Span<'_>) {
        let Some(sending) = &self.0 else { return };
        let signal = match sending.batch.add(span) {
            Added::First => Signal::First,
            Added::Enough => Signal::Enough,
            Added::More => return,
            Added::Dropped => {
                if sending.dropped.fetch_add(1, Ordering::Relaxed).is_multiple_of(10_000) {
                    tracing::warn!("spans are dropped: more come than the collector takes");
                }
                return;
            }
        };
        let _ = sending.signals.try_send(signal);
    }

    /// Returns when everything recorded before has been sent, or after two seconds.
    pub async fn flush(&self) {
        let Some(sending) = &self.0 else { return };
        let (mark, sent) = oneshot::channel();
        let flushed = async {
            if sending.signals.send(Signal::Flush(mark)).await.is_ok() {
                let _ = sent.await;
            }
        };
        let _ = tokio::time::timeout(LAST_SPANS, flushed).await;
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    let expected = "expected an address such as http://collector:4318";
    let url = Url::parse(text).map_err(|error| format!("{expected}: {error}"))?;
    let usable = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if usable { Ok(text.trim_end_matches('/').to_owned()) } else { Err(expected.to_owned()) }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{endpoint, share};

    #[test]
    fn an_endpoint_is_the_address_of_a_server() {
        assert_eq!(endpoint("http://c:4318/").as_deref(), Ok("http://c:4318"));
        assert_eq!(endpoint("https://c/otlp").as_deref(), Ok("https://c/otlp"));
        for wrong in ["c:4318", "grpc://c", "http://c?key=1", ""] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_between_nothing_and_all() {
        assert_eq!(share("0.25"), Ok(0.25));
        for wrong in ["-1", "1.5", "NaN", "half"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
