//! The executor's configuration: one field, one flag, one environment variable.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, ValueEnum};
use serde::{Deserialize, Serialize};
use service::config::{boolean, duration};
use service::{QueueArgs, TelemetryArgs};

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
    /// What is logged.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// How jobs run, whatever queue they come from.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Executor")]
pub struct ExecutorArgs {
    /// Jobs that run at the same time, each in a process and a Chromium of its own. Default: the number of cores.
    #[arg(long, env = "EXECUTOR_CONCURRENCY", value_name = "JOBS")]
    pub executor_concurrency: Option<NonZeroU16>,
    /// Longest time a job's code may run when the job does not say (a number of seconds, or with ms, s, m, h).
    #[arg(long, env = "JOB_TIMEOUT", value_name = "TIME", default_value = "300", value_parser = duration)]
    pub job_timeout: Duration,
    /// Memory that a job's code may use in its sandbox, in MiB. The page's own memory is Chromium's.
    #[arg(long, env = "JOB_MEMORY", value_name = "MIB", default_value_t = 256)]
    pub job_memory: u32,
    /// Time that a job's code itself may compute, waiting for its page not counted (as JOB_TIMEOUT).
    #[arg(long, env = "JOB_CPU", value_name = "TIME", default_value = "60", value_parser = duration)]
    pub job_cpu: Duration,
    /// Depth of a job's calls, as memory of its stack in KiB; 6144 at most.
    #[arg(long, env = "JOB_STACK", value_name = "KIB", default_value_t = 4096)]
    pub job_stack: u32,
    /// Lines that a job may log.
    #[arg(long, env = "JOB_LOG_LINES", value_name = "LINES", default_value_t = 10_000)]
    pub job_log_lines: u32,
    /// Size of all that a job logs, as JSON.
    #[arg(long, env = "JOB_LOG_BYTES", value_name = "BYTES", default_value_t = 2 << 20)]
    pub job_log_bytes: u32,
    /// Size of a job's results, as JSON. Database and broker must take a job with results and logs of their full size.
    #[arg(long, env = "JOB_RESULT_BYTES", value_name = "BYTES", default_value_t = 4 << 20)]
    pub job_result_bytes: u32,
    /// Memory that a process of Chromium may use for a job's page, in MiB; a page that wants more crashes.
    #[arg(long, env = "JOB_PAGE_MEMORY", value_name = "MIB", default_value_t = 2048)]
    pub job_page_memory: u32,
    /// How many executors may begin a job before it is given up, when the job does not say.
    #[arg(long, env = "MAX_ATTEMPTS", value_name = "ATTEMPTS", default_value = "3")]
    pub max_attempts: NonZeroU16,
    /// How long running jobs may go on after SIGTERM before they are handed back to the queue.
    #[arg(long, env = "STOP_GRACE", value_name = "TIME", default_value = "30", value_parser = duration)]
    pub stop_grace: Duration,
    /// Give job code the files of this machine: file: URLs and the `path` options of page calls. For trusted users only.
    #[arg(long, env = "ALLOW_LOCAL_FILES", value_name = "BOOL", default_value = "false", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub allow_local_files: bool,
    /// Port of `/livez`, `/readyz` and `/metrics`. Default: none is opened.
    #[arg(long, env = "STATUS_PORT", value_name = "PORT")]
    pub status_port: Option<NonZeroU16>,
    /// Folder for the browsers' profiles; each executor makes a folder of its own below it and removes it at its end.
    #[arg(long, env = "RUN_DIR", value_name = "FOLDER", default_value_os_t = default_run_dir())]
    pub run_dir: PathBuf,
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
    #[arg(long, env = "CHROMIUM_HEADLESS", value_name = "BOOL", default_value = "true",
          value_parser = NonEmptyStringValueParser::new())]
    pub chromium_headless: String,
    /// More arguments for Chromium, as a JSON array of strings.
    #[arg(long, env = "CHROMIUM_EXTRA_ARGS", value_name = "JSON", default_value = "[]", value_parser = json_strings)]
    pub chromium_extra_args: JsonStrings,
    /// Longest time a Chromium may take to start.
    #[arg(long, env = "BROWSER_START_TIMEOUT", value_name = "TIME", default_value = "30", value_parser = duration)]
    pub browser_start_timeout: Duration,
    /// What keeps jobs apart: a browser context each in a warm Chromium, or a Chromium process each, of which the next
    /// one starts while a job runs.
    #[arg(long, env = "BROWSER_ISOLATION", value_name = "KIND", value_enum, default_value_t = BrowserIsolation::Context)]
    pub browser_isolation: BrowserIsolation,
    /// Jobs after which a warm Chromium is replaced.
    #[arg(long, env = "BROWSER_MAX_JOBS", value_name = "JOBS", default_value_t = 100)]
    pub browser_max_jobs: u32,
    /// Time after which a warm Chromium is replaced, between two jobs.
    #[arg(long, env = "BROWSER_MAX_AGE", value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub browser_max_age: Duration,
    /// Memory of a Chromium's processes together, in MiB, above which it is replaced between two jobs.
    #[arg(long, env = "BROWSER_MAX_MEMORY", value_name = "MIB", default_value_t = 1024)]
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

impl ExecutorArgs {
    /// The number of slots.
    pub fn concurrency(&self) -> NonZeroU16 {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.executor_concurrency
            .or_else(|| NonZeroU16::new(u16::try_from(cores()).unwrap_or(u16::MAX)))
            .unwrap_or(NonZeroU16::MIN)
    }
}

fn default_run_dir() -> PathBuf {
    std::env::temp_dir().join("puppet-master")
}

fn json_strings(text: &str) -> Result<JsonStrings, String> {
    serde_json::from_str(text).map(JsonStrings).map_err(|error| format!("expected a JSON array of strings: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{JsonStrings, json_strings};

    #[test]
    fn extra_arguments_are_a_json_array_of_strings() {
        assert_eq!(json_strings(r#"["--a","--b=c"]"#), Ok(JsonStrings(vec!["--a".into(), "--b=c".into()])));
        for text in ["", "--a", "[1]", "{}", r#"["a""#] {
            assert!(json_strings(text).unwrap_err().starts_with("expected a JSON array of strings: "), "{text}");
        }
    }
}
