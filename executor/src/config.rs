//! The executor's configuration: one field, one flag, one environment variable.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use job_model::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::config::{address, boolean, duration_from, number_between, number_from};
use service::{FilesArgs, QueueArgs, StopArgs, TelemetryArgs, Traces, TracesArgs};

use crate::network::arguments::NetworkArgs;
use crate::safeguard_choice::SafeguardChoice;

// The least that a job can do anything with. A job that does nothing but open its page was measured to need half of it.
/// JOB_TIMEOUT and JOB_CPU.
const SHORTEST_JOB: Duration = Duration::from_millis(100);
/// JOB_MEMORY, in MiB.
const LEAST_MEMORY: u32 = 8;
/// JOB_STACK, in KiB. The engine takes 0 for "no bound", and the process then dies of a deep recursion.
const LEAST_STACK: u32 = 128;
/// JOB_STACK, in KiB: what the slot's thread has.
const MOST_STACK: u32 = 65_536;
/// JOB_LOG_LINES: three lines are in every job's log.
const LEAST_LOG_LINES: u32 = 4;
/// JOB_LOG_BYTES, for the same lines.
const LEAST_LOG_BYTES: u32 = 512;
/// JOB_RESULT_BYTES.
const LEAST_RESULT_BYTES: u32 = 64;
/// JOB_DOCUMENT_BYTES: a small job with its log.
const LEAST_DOCUMENT_BYTES: u32 = 4096;
/// JOB_DOCUMENT_BYTES: no gateway stores more.
const MOST_DOCUMENT_BYTES: u32 = 8_000_000;
/// JOB_PAGE_MEMORY, in MiB: with less, Chromium does not start.
const LEAST_PAGE_MEMORY: u32 = 256;
/// JOB_BROWSER_MEMORY, in MiB: an empty page alone needs 100 to 128.
const LEAST_BROWSER_MEMORY: u32 = 256;
/// JOB_TEMP_FILES, in MiB: Chromium keeps some for a page with no more than a heading.
const LEAST_TEMP_FILES: u32 = 16;

/// JOB_FILES_BYTES.
const LEAST_FILES_BYTES: u64 = 1024;

/// Runs jobs from the queue in headless Chromium and publishes their results.
#[derive(Debug, Parser)]
#[command(name = "puppet-master-executor", version)]
pub struct Config {
    /// The broker.
    #[command(flatten)]
    pub queue: QueueArgs,
    /// How jobs run.
    #[command(flatten)]
    pub executor: ExecutorArgs,
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

/// How jobs run, whatever queue they come from.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Executor")]
pub struct ExecutorArgs {
    /// Jobs that run at the same time, each in a process and a Chromium of its own. Default: the number of cores.
    #[arg(long, env = "EXECUTOR_CONCURRENCY", value_name = "JOBS")]
    pub executor_concurrency: Option<NonZeroU16>,
    /// Takes spans of jobs' traces.
    #[arg(skip)]
    pub traces: Traces,
    /// Longest time a job's code may run when the job does not say (a number of seconds, or with ms, s, m, h).
    #[arg(long, env = "JOB_TIMEOUT", value_name = "TIME", default_value = "300",
          value_parser = duration_from(SHORTEST_JOB))]
    pub job_timeout: Duration,
    /// Memory that a job's code may use in its sandbox, in MiB; a number in an array takes 16 bytes there. The page's own
    /// memory is Chromium's.
    #[arg(long, env = "JOB_MEMORY", value_name = "MIB", default_value_t = 1024,
          value_parser = number_from(LEAST_MEMORY))]
    pub job_memory: u32,
    /// Time that a job's code itself may compute, waiting for its page not counted (as JOB_TIMEOUT).
    #[arg(long, env = "JOB_CPU", value_name = "TIME", default_value = "300",
          value_parser = duration_from(SHORTEST_JOB))]
    pub job_cpu: Duration,
    /// Depth of a job's calls, as memory of its stack in KiB: about 1 KiB a call; 65536 at most.
    #[arg(long, env = "JOB_STACK", value_name = "KIB", default_value_t = 32_768,
          value_parser = number_between(LEAST_STACK, MOST_STACK))]
    pub job_stack: u32,
    /// Lines that a job may log.
    #[arg(long, env = "JOB_LOG_LINES", value_name = "LINES", default_value_t = 50_000,
          value_parser = number_from(LEAST_LOG_LINES))]
    pub job_log_lines: u32,
    /// Size of all that a job logs, as JSON.
    #[arg(long, env = "JOB_LOG_BYTES", value_name = "BYTES", default_value_t = 4_000_000,
          value_parser = number_from(LEAST_LOG_BYTES))]
    pub job_log_bytes: u32,
    /// Size of a job's results, as JSON.
    #[arg(long, env = "JOB_RESULT_BYTES", value_name = "BYTES", default_value_t = 6_000_000,
          value_parser = number_from(LEAST_RESULT_BYTES))]
    pub job_result_bytes: u32,
    /// Size of a job's code, vars, modules, log and results together, as JSON. Database and broker must take a job of this
    /// size: CouchDB takes 8,000,000 bytes as it is installed.
    #[arg(long, env = "JOB_DOCUMENT_BYTES", value_name = "BYTES", default_value_t = 7_800_000,
          value_parser = number_between(LEAST_DOCUMENT_BYTES, MOST_DOCUMENT_BYTES))]
    pub job_document_bytes: u32,
    /// Memory that a process of Chromium may use for a job's page, in MiB; a page that wants more crashes.
    #[arg(long, env = "JOB_PAGE_MEMORY", value_name = "MIB", default_value_t = 2048,
          value_parser = number_from(LEAST_PAGE_MEMORY))]
    pub job_page_memory: u32,
    /// Memory that all processes of Chromium together may use while a job runs, in MiB.
    #[arg(long, env = "JOB_BROWSER_MEMORY", value_name = "MIB", default_value_t = 4096,
          value_parser = number_from(LEAST_BROWSER_MEMORY))]
    pub job_browser_memory: u32,
    /// Temporary files that Chromium may keep for a job, traces and other streams, in MiB.
    #[arg(long, env = "JOB_TEMP_FILES", value_name = "MIB", default_value_t = 1024,
          value_parser = number_from(LEAST_TEMP_FILES))]
    pub job_temp_files: u32,
    /// Pages that a job may have open at the same time, popups included, and browser contexts.
    #[arg(long, env = "JOB_PAGES", value_name = "PAGES", default_value = "100")]
    pub job_pages: NonZeroU16,
    /// Frames and workers of its pages that a job may have at the same time, the pages' own frames not counted. A page makes them
    /// by itself; the job does not see those beyond.
    #[arg(long, env = "JOB_FRAMES", value_name = "FRAMES", default_value_t = 5000, value_parser = number_from(1_u32))]
    pub job_frames: u32,
    /// Size of all files that a job may have in its folder, in bytes: what it writes, downloads and was sent.
    #[arg(long, env = "JOB_FILES_BYTES", value_name = "BYTES", default_value_t = 256 << 20,
          value_parser = number_from(LEAST_FILES_BYTES))]
    pub job_files_bytes: u64,
    /// Files and folders that a job may have there.
    #[arg(long, env = "JOB_FILES", value_name = "FILES", default_value_t = 1000, value_parser = number_from(1_u32))]
    pub job_files: u32,
    /// Let job code make requests of its own (`fetch`), under the same rules and limits as its pages' requests.
    #[arg(long, env = "JOB_FETCH", value_name = "BOOL", default_value = "true", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub job_fetch: bool,
    /// Requests that a job may make with `fetch`; each hop of a redirect is one.
    #[arg(long, env = "JOB_FETCHES", value_name = "REQUESTS", default_value_t = 100_000,
          value_parser = number_from(1_u64))]
    pub job_fetches: u64,
    /// When what a job does is kept among its files, under `trace/`: `failed`, when it did not succeed; `always`; `never`. For
    /// jobs that do not say, and where FILES_URL is set.
    #[arg(long, env = "JOB_RECORD", value_name = "WHEN", default_value_t = Record::Failed)]
    pub job_record: Record,
    /// Keep the bodies of requests and answers in recordings, up to 512 KiB each and 4 MiB together. For jobs that do not say.
    #[arg(long, env = "JOB_RECORD_BODIES", value_name = "BOOL", default_value = "false", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub job_record_bodies: bool,
    /// How many executors may begin a job before it is given up, when the job does not say.
    #[arg(long, env = "MAX_ATTEMPTS", value_name = "ATTEMPTS", default_value = "3")]
    pub max_attempts: NonZeroU16,
    /// How long running jobs may go on after SIGTERM before they are handed back to the queue: [`StopArgs`] has the flag.
    #[arg(skip = Duration::from_secs(30))]
    pub stop_grace: Duration,
    /// The settings that differ from what they are as delivered, for people who look at the fleet.
    #[arg(skip)]
    pub changed: BTreeMap<String, String>,
    /// Give job code the files of this machine: file: URLs, and absolute paths in calls of the page. For trusted users only.
    #[arg(long, env = "ALLOW_LOCAL_FILES", value_name = "BOOL", default_value = "false", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub allow_local_files: bool,
    /// Port of `/livez`, `/readyz` and `/metrics`. Default: none is opened.
    #[arg(long, env = "STATUS_PORT", value_name = "PORT")]
    pub status_port: Option<NonZeroU16>,
    /// Address of that port. Default: every address of the machine; in `puppet-master up` 127.0.0.1.
    #[arg(long, env = "STATUS_ADDRESS", value_name = "ADDRESS", value_parser = address)]
    pub status_address: Option<IpAddr>,
    /// Folder for the browsers' profiles; each executor makes a folder of its own below it and removes it at its end.
    /// Default: puppet-master-UID in the system's folder for temporary files.
    #[arg(long, env = "RUN_DIR", value_name = "FOLDER")]
    pub run_dir: Option<PathBuf>,
    /// The network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// The browser.
    #[command(flatten)]
    pub browser: BrowserArgs,
}

/// Which Chromium, and how long one lives.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Chromium")]
pub struct BrowserArgs {
    /// Chromium to run. Default: the first of chromium-headless-shell, chromium and google-chrome on the PATH.
    #[arg(long, env = "CHROMIUM_EXECUTABLE", value_name = "FILE")]
    pub chromium_executable: Option<PathBuf>,
    /// Run Chromium without a window; anything but `false` means yes.
    #[arg(long, env = "CHROMIUM_HEADLESS", value_name = "BOOL", default_value = "true")]
    pub chromium_headless: String,
    /// More arguments for Chromium, as a JSON array of strings; what is empty (`""`, null, false) is left out. A `--proxy-server` is
    /// what the guard of the network goes through; `--host-resolver-rules` are the guard's.
    #[arg(long, env = "CHROMIUM_EXTRA_ARGS", value_name = "JSON", default_value = "[]", value_parser = json_strings)]
    pub chromium_extra_args: JsonStrings,
    /// Accept certificates of web sites that are not valid, with a WARN line in the job's log for each host.
    #[arg(long, env = "IGNORE_HTTPS_ERRORS", value_name = "BOOL", default_value = "true", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub ignore_https_errors: bool,
    /// Chromium's own sandbox around each page. `auto`: when the system allows it to this user, and not to root; `on`: the
    /// executor does not start without it; `off`: Chromium gets `--no-sandbox`.
    #[arg(long, env = "CHROMIUM_SANDBOX", value_name = "WHEN", value_enum, default_value_t = SafeguardChoice::Auto)]
    pub chromium_sandbox: SafeguardChoice,
    /// Longest time a Chromium may take to start.
    #[arg(long, env = "BROWSER_START_TIMEOUT", value_name = "TIME", default_value = "30",
          value_parser = duration_from(Duration::from_secs(1)))]
    pub browser_start_timeout: Duration,
    /// What keeps jobs apart: a browser context each in a warm Chromium, or a Chromium process each, of which the next
    /// one starts while a job runs.
    #[arg(long, env = "BROWSER_ISOLATION", value_name = "KIND", value_enum, default_value_t = BrowserIsolation::Context)]
    pub browser_isolation: BrowserIsolation,
    /// Jobs after which a warm Chromium is replaced.
    #[arg(long, env = "BROWSER_MAX_JOBS", value_name = "JOBS", default_value_t = 100,
          value_parser = number_from(1_u32))]
    pub browser_max_jobs: u32,
    /// Time after which a warm Chromium is replaced, between two jobs.
    #[arg(long, env = "BROWSER_MAX_AGE", value_name = "TIME", default_value = "30m",
          value_parser = duration_from(Duration::from_millis(1)))]
    pub browser_max_age: Duration,
    /// Memory of a Chromium's processes together, in MiB, above which it is replaced between two jobs.
    #[arg(long, env = "BROWSER_MAX_MEMORY", value_name = "MIB", default_value_t = 1024,
          value_parser = number_from(1_u32))]
    pub browser_max_memory: u32,
    /// Starts of a Chromium that may fail in a row before the executor ends with an error.
    #[arg(long, env = "BROWSER_START_ATTEMPTS", value_name = "TIMES", default_value = "5")]
    pub browser_start_attempts: NonZeroU16,
}

/// What keeps jobs apart in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BrowserIsolation {
    /// A fresh browser context per job in a Chromium that serves many jobs.
    Context,
    /// A fresh Chromium per job.
    Process,
}

/// A list of strings given as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonStrings(pub Vec<String>);

impl Config {
    /// Takes the executor's settings with the grace of [`StopArgs`].
    pub fn executor(&self) -> ExecutorArgs {
        self.executor.clone().with_stop(&self.stop)
    }
}

impl ExecutorArgs {
    /// Takes the same settings with the grace of [`StopArgs`], when that has one.
    #[must_use]
    pub fn with_stop(self, stop: &StopArgs) -> Self {
        Self { stop_grace: stop.stop_grace.unwrap_or(self.stop_grace), ..self }
    }

    /// Returns the folder for the browsers' profiles. Users do not share one: the first could not let the others write to it.
    pub fn run_dir(&self) -> PathBuf {
        let of_this_user = || std::env::temp_dir().join(format!("puppet-master-{}", nix::unistd::geteuid()));
        self.run_dir.clone().unwrap_or_else(of_this_user)
    }

    /// Returns the number of slots.
    pub fn concurrency(&self) -> NonZeroU16 {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.executor_concurrency
            .or_else(|| NonZeroU16::new(u16::try_from(cores()).unwrap_or(u16::MAX)))
            .unwrap_or(NonZeroU16::MIN)
    }
}

/// Reads what the predecessor read: it passed over whatever JavaScript takes for false, and an empty object for an array.
fn json_strings(text: &str) -> Result<JsonStrings, String> {
    let refused = |reason: &dyn std::fmt::Display| format!("expected a JSON array of strings: {reason}");
    let items = match serde_json::from_str(text).map_err(|error| refused(&error))? {
        Value::Array(items) => items,
        Value::Object(members) if members.is_empty() => Vec::new(),
        other => return Err(refused(&format_args!("{other} is not an array"))),
    };
    let mut strings = Vec::new();
    for item in items {
        match item {
            // To Chromium an empty argument is the address of a page.
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => strings.push(text),
            Value::Null | Value::Bool(false) => {}
            Value::Number(number) if number.as_f64() == Some(0.0) => {}
            other => return Err(refused(&format_args!("{other} is not a string"))),
        }
    }
    Ok(JsonStrings(strings))
}

#[cfg(test)]
mod tests {
    use super::{JsonStrings, json_strings};

    #[test]
    fn extra_arguments_are_a_json_array_of_strings() {
        assert_eq!(json_strings(r#"["--a","--b=c"]"#), Ok(JsonStrings(vec!["--a".into(), "--b=c".into()])));
        assert_eq!(json_strings(r#"["",null,false,0,"--b"]"#), Ok(JsonStrings(vec!["--b".into()])));
        assert_eq!(json_strings("[]"), Ok(JsonStrings::default()));
        assert_eq!(json_strings("{}"), Ok(JsonStrings::default()));
        for text in ["", "--a", "[1]", "1", r#"{"a":"b"}"#, r#"["a""#] {
            assert!(json_strings(text).unwrap_err().starts_with("expected a JSON array of strings: "), "{text}");
        }
    }
}
