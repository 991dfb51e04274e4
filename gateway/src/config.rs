//! What can be configured: flags and environment variables of the gateway.

mod error;
mod tokens;

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::{Args, Parser, ValueEnum};
use job_store::MAX_JOB_BYTES;
use service::config::{boolean, duration, duration_from, number_between, zero_or_duration_from};
use service::http_server::Door;
use service::{CouchDbArgs, FilesArgs, ListenArgs, QueueArgs, Secret, StopArgs, TelemetryArgs, Traces, TracesArgs};

use crate::host_pattern;
use crate::webhooks::settings::WebhookArgs;

pub use self::error::ConfigError;

/// Descriptors that are not for clients.
const OTHER_DESCRIPTORS: u64 = 512;
/// The smallest MAX_BODY_BYTES: a job of a few lines fits.
const SMALLEST_MAX_BODY: usize = 1024;
/// How long a job may be lost before it is published again, unless REQUEUE_AFTER says so.
const REQUEUE_AFTER: Duration = Duration::from_secs(15 * 60);

/// Accepts jobs over HTTP, publishes them to executors and collects their results.
#[derive(Clone, Debug, Parser)]
#[command(name = "puppet-master-gateway", version)]
pub struct Config {
    /// Where the API is.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Everything that does not depend on where jobs are stored and queued.
    #[command(flatten)]
    pub settings: Settings,
    /// Where jobs are queued.
    #[command(flatten)]
    pub queue: QueueArgs,
    /// Where jobs are stored.
    #[command(flatten)]
    pub couchdb: CouchDbArgs,
    /// Where files of jobs live.
    #[command(flatten)]
    pub files: FilesArgs,
    /// How long the end may take.
    #[command(flatten)]
    pub stop: StopArgs,
    /// What is logged.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Where traces of jobs go.
    #[command(flatten)]
    pub traces: TracesArgs,
}

/// What a gateway does and within which limits, wherever jobs are stored and queued.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Gateway")]
pub struct Settings {
    /// The settings that differ from what they are as delivered, for people who look at the fleet.
    #[arg(skip)]
    pub changed: BTreeMap<String, String>,
    /// Serve the API.
    #[arg(long, env = "ENABLE_API", value_name = "BOOL", default_value = "true", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub enable_api: bool,
    /// Log a line for each request that is answered, with its method, path, status, time, request id and the name of its token:
    /// `on` or `off`. Health checks have theirs at debug level.
    #[arg(long, env = "ACCESS_LOG", value_name = "CHOICE", value_enum, default_value_t = AccessLog::On)]
    pub access_log: AccessLog,
    /// Takes spans of jobs' traces.
    #[arg(skip)]
    pub traces: Traces,
    /// Publish jobs and collect results.
    #[arg(long, env = "ENABLE_JOBS", value_name = "BOOL", default_value = "true", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub enable_jobs: bool,
    /// Serve the dashboard at `/` beside the API.
    #[arg(long, env = "DASHBOARD", value_name = "BOOL", default_value = "true", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub dashboard: bool,
    /// Token that clients must send. Without any token `puppet-master up` makes one and keeps it in DATA_DIR.
    #[arg(long, env = "API_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub api_token: Option<Secret>,
    /// More tokens, separated by commas.
    #[arg(long, env = "API_TOKENS", value_name = "TOKENS", hide_env_values = true, value_delimiter = ',')]
    pub api_tokens: Vec<Secret>,
    /// File with more tokens, one a line; empty lines and lines that begin with # are passed over.
    #[arg(long, env = "API_TOKEN_FILE", value_name = "FILE")]
    pub api_token_file: Option<PathBuf>,
    /// TOML file with named tokens: what each may do, how often, and whose jobs it sees (`deploy/tokens.toml`). Read again
    /// when it changes.
    #[arg(long, env = "TOKENS_FILE", value_name = "FILE")]
    pub tokens_file: Option<PathBuf>,
    /// Largest body of a request, in bytes. A job with all that is added to it may have 8,000,000: CouchDB takes no more.
    #[arg(long, env = "MAX_BODY_BYTES", value_name = "BYTES", default_value_t = MAX_JOB_BYTES,
          value_parser = number_between(SMALLEST_MAX_BODY, MAX_JOB_BYTES))]
    pub max_body_bytes: usize,
    /// What the bodies of all requests may take at the same time, in bytes. For tests.
    #[arg(skip = 268_435_456_usize)]
    pub bodies_bytes: usize,
    /// Size of all files together that may come with a job as multipart/form-data, in bytes. Those in a job's JSON are within
    /// MAX_BODY_BYTES.
    #[arg(long, env = "MAX_FILES_BYTES", value_name = "BYTES", default_value_t = 256 << 20,
          value_parser = number_between(SMALLEST_MAX_BODY as u64, u64::MAX))]
    pub max_files_bytes: u64,
    /// Refuse new jobs with 503 while so many wait in the queue; no limit when absent.
    #[arg(long, env = "MAX_QUEUE_LENGTH", value_name = "JOBS")]
    pub max_queue_length: Option<NonZeroU32>,
    /// Longest time for reading a request's body, and for each call to the database.
    #[arg(long, env = "REQUEST_TIMEOUT", value_name = "TIME", default_value = "30s",
          value_parser = duration_from(Duration::from_secs(1)))]
    pub request_timeout: Duration,
    /// Longest time for the head of a request, and for the first byte of a connection.
    #[arg(long, env = "HEADER_TIMEOUT", value_name = "TIME", default_value = "15s",
          value_parser = duration_from(Duration::from_millis(100)))]
    pub header_timeout: Duration,
    /// Longest pause between two requests of a connection; a load balancer in front should give up earlier.
    #[arg(long, env = "IDLE_TIMEOUT", value_name = "TIME", default_value = "2m",
          value_parser = duration_from(Duration::from_secs(1)))]
    pub idle_timeout: Duration,
    /// Connections at the same time. When they are taken, only health checks are answered. The system's limit of open
    /// descriptors may allow fewer.
    #[arg(long, env = "MAX_CONNECTIONS", value_name = "CONNECTIONS", default_value = "10000")]
    pub max_connections: NonZeroU32,
    /// Names under which the API may be called, without ports, separated by commas; `*.example.org` means all below
    /// example.org. Every name is allowed when absent. Health checks are answered under any name.
    #[arg(long, env = "ALLOWED_HOSTS", value_name = "HOSTS", value_delimiter = ',', value_parser = host_pattern::pattern)]
    pub allowed_hosts: Vec<String>,
    /// Longest time that a client may wait for a job by ?wait=SECONDS.
    #[arg(long, env = "MAX_WAIT", value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub max_wait: Duration,
    /// Longest time to finish what is under way after SIGTERM: [`StopArgs`] has the flag.
    #[arg(skip = Duration::from_secs(20))]
    pub stop_grace: Duration,
    /// Origins that browsers may call the API from, separated by commas, or *; none when absent.
    #[arg(long, env = "CORS_ALLOW_ORIGIN", value_name = "ORIGINS", value_delimiter = ',',
          value_parser = origin)]
    pub cors_allow_origin: Vec<HeaderValue>,
    /// Time between two sweeps for jobs that a crash left behind.
    #[arg(long, env = "SWEEP_INTERVAL", value_name = "TIME", default_value = "5s",
          value_parser = duration_from(Duration::from_millis(100)))]
    pub sweep_interval: Duration,
    /// Time between two sweeps for files that belong to no job any more.
    #[arg(long, env = "FILES_SWEEP_INTERVAL", value_name = "TIME", default_value = "10m",
          value_parser = duration_from(Duration::from_millis(100)))]
    pub files_sweep_interval: Duration,
    /// Publish a job that stayed `created` for so long: its gateway has died, or the broker was away.
    #[arg(long, env = "PUBLISH_AFTER", value_name = "TIME", default_value = "10s",
          value_parser = duration_from(Duration::from_millis(100)))]
    pub publish_after: Duration,
    /// Publish a `queued` job again that the queue has passed so long ago and that nobody runs; not below JOB_TIMEOUT. 0
    /// never does. Default: 15m, and in `puppet-master up` at least JOB_TIMEOUT.
    #[arg(long, env = "REQUEUE_AFTER", value_name = "TIME", value_parser = zero_or_duration_from(Duration::from_secs(1)))]
    pub requeue_after: Option<Duration>,
    /// What a job's own timeout is exceeded by before it can count as lost. For tests.
    #[arg(skip = Duration::from_secs(60))]
    pub requeue_margin: Duration,
    /// Leave jobs alone that are older than this and carry no note of a gateway of ours: a predecessor left them behind.
    #[arg(long, env = "REQUEUE_MAX_AGE", value_name = "TIME", default_value = "24h",
          value_parser = duration_from(Duration::from_secs(1)))]
    pub requeue_max_age: Duration,
    /// Delete jobs that succeeded so long ago; keep them for ever when absent.
    #[arg(long, env = "JOB_RETENTION", value_name = "TIME", value_parser = duration_from(Duration::from_secs(1)))]
    pub job_retention: Option<Duration>,
    /// Delete jobs that ended in any other way so long ago; keep them for ever when absent.
    #[arg(long, env = "JOB_RETENTION_FAILED", value_name = "TIME", value_parser = duration_from(Duration::from_secs(1)))]
    pub job_retention_failed: Option<Duration>,
    /// How often a job is put on the queue before it is given up. How often it may be begun, the job says itself.
    #[arg(long, env = "MAX_PUBLISHES", value_name = "TIMES", default_value = "5")]
    pub max_publishes: NonZeroU32,
    /// How many results are worked on at a time.
    #[arg(long, env = "RESULTS_PREFETCH", value_name = "RESULTS", default_value = "64")]
    pub results_prefetch: NonZeroU16,
    /// Where events of jobs are sent.
    #[command(flatten)]
    pub webhooks: WebhookArgs,
}

/// Reads an origin as browsers send it: <https://www.rfc-editor.org/rfc/rfc6454#section-6.2>. Nothing else could match.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let named = |rest: &str| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']);
    let fits = matches!(text, "" | "*" | "null") || text.split_once("://").is_some_and(|(_, rest)| named(rest));
    let value = if fits { HeaderValue::from_str(text).ok() } else { None };
    value.ok_or_else(|| "expected *, or origins such as https://app.example.org, without a path".to_owned())
}

impl Config {
    /// Refuses what no single variable shows.
    ///
    /// # Errors
    /// [`ConfigError`] for a configuration that no gateway can run with.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.queue.check()?;
        self.queue.ca_pem()?;
        self.couchdb.ca_pem()?;
        self.settings.tokens().map(drop)
    }

    /// Returns the settings with the grace of [`StopArgs`], and with the database and the broker among the program's own
    /// services.
    pub fn settings(&self) -> Settings {
        let mut settings = self.settings.clone().with_stop(&self.stop);
        settings.webhooks.add_own(&self.couchdb.host, self.couchdb.port);
        for (host, port) in self.queue.addresses() {
            settings.webhooks.add_own(&host, port);
        }
        settings
    }
}

/// Whether requests are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccessLog {
    /// They are.
    On,
    /// They are not.
    Off,
}

impl Settings {
    /// Takes the grace of [`StopArgs`], when that has one.
    #[must_use]
    pub fn with_stop(self, stop: &StopArgs) -> Self {
        Self { stop_grace: stop.stop_grace.unwrap_or(self.stop_grace), ..self }
    }

    /// How long connections may be held, and how many, of `descriptors` that this process may have open.
    pub(crate) fn door(&self, descriptors: u64) -> Door {
        // Half of few are for files, the database and the broker.
        let most = descriptors.saturating_sub(OTHER_DESCRIPTORS).max(descriptors / 2);
        let most = most.min(u64::from(self.max_connections.get()));
        Door {
            header_timeout: self.header_timeout,
            idle_timeout: self.idle_timeout,
            most_connections: usize::try_from(most).unwrap_or(usize::MAX),
        }
    }

    /// Returns how long a job may be lost before it is published again; zero means for ever.
    pub fn requeue_after(&self) -> Duration {
        self.requeue_after.unwrap_or(REQUEUE_AFTER)
    }

    /// Makes the defaults with one token, for a gateway inside another process.
    pub fn with_token(token: Secret) -> Self {
        #[derive(Parser)]
        struct Defaults {
            #[command(flatten)]
            settings: Settings,
        }
        let mut command = <Defaults as clap::CommandFactory>::command();
        for id in command.get_arguments().map(|arg| arg.get_id().clone()).collect::<Vec<_>>() {
            command = command.mut_arg(id, |arg| arg.env(None::<&'static str>));
        }
        let matches = command.try_get_matches_from(["gateway"]).expect("every setting has a default");
        let mut defaults = <Defaults as clap::FromArgMatches>::from_arg_matches(&matches).expect("the same");
        defaults.settings.api_token = Some(token);
        defaults.settings
    }
}
