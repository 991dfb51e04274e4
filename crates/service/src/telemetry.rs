//! Logs: one line of JSON per event on standard error, or text for people.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::boolean;

/// What is logged, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Logs")]
pub struct TelemetryArgs {
    /// Log at debug level.
    #[arg(long, env = "VERBOSE", value_name = "BOOL", default_value = "false", num_args = 0..=1,
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set, value_parser = boolean)]
    pub verbose: bool,
    /// How log lines look on standard error.
    #[arg(long, env = "LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
    /// What is logged: a level, or directives such as `info,gateway=trace`. Takes precedence over VERBOSE.
    #[arg(long, env = "LOG_LEVEL", value_name = "FILTER", value_parser = filter_text)]
    pub log_level: Option<String>,
}

impl TelemetryArgs {
    /// Writes the same choice as flags, for a child process.
    pub fn to_flags(&self) -> Vec<String> {
        let format = match self.log_format {
            LogFormat::Json => "json",
            LogFormat::Text => "text",
        };
        let mut flags = vec![format!("--verbose={}", self.verbose), format!("--log-format={format}")];
        flags.extend(self.log_level.as_ref().map(|filter| format!("--log-level={filter}")));
        flags
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// LOG_LEVEL is not a filter.
    #[error("LOG_LEVEL {filter:?} is not a filter")]
    Filter {
        /// The text.
        filter: String,
        /// What is wrong with it.
        #[source]
        source: ParseError,
    },
    /// Something else in this process logs already.
    #[error("failed to install the log subscriber")]
    Installed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends the process's events to standard error from now on. To be called once.
///
/// # Errors
/// A malformed filter, or a second call.
pub fn init(args: &TelemetryArgs) -> Result<(), TelemetryError> {
    // Standard error may be closed; reporting that there would end the process.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(args)?)
        .with_writer(std::io::stderr)
        .with_target(true)
        .log_internal_errors(false);
    let installed = match args.log_format {
        LogFormat::Json => subscriber.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => subscriber.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    installed.map_err(TelemetryError::Installed)
}

fn filter(args: &TelemetryArgs) -> Result<EnvFilter, TelemetryError> {
    let default = if args.verbose { "debug,hyper=info,h2=info" } else { "info" };
    let mut filter = args.log_level.as_deref().unwrap_or(default).to_owned();
    // lapin's warnings print whole messages, a job's code and variables with them, and a clean end is an error to it;
    // job-queue reports for it. Who names lapin wants it.
    if !filter.contains("lapin") {
        filter.push_str(",lapin=off");
    }
    EnvFilter::try_new(&filter).map_err(|source| {
        let filter = args.log_level.clone().unwrap_or(filter);
        TelemetryError::Filter { filter, source }
    })
}

/// A filter that can be used, as its text.
fn filter_text(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{LogFormat, TelemetryArgs, filter};

    fn args(verbose: bool, log_level: Option<&str>) -> TelemetryArgs {
        TelemetryArgs { verbose, log_format: LogFormat::Json, log_level: log_level.map(str::to_owned) }
    }

    #[test]
    fn the_log_level_takes_precedence_over_verbose() {
        assert_eq!(filter(&args(true, Some("warn"))).unwrap().to_string(), "lapin=off,warn");
        assert!(filter(&args(true, None)).unwrap().to_string().contains("debug"));
        assert!(filter(&args(false, None)).unwrap().to_string().contains("info"));
    }

    #[test]
    fn lapin_is_silent_unless_it_is_named() {
        for args in
            [args(false, None), args(true, None), args(false, Some("info")), args(true, Some("job_queue=trace"))]
        {
            assert!(filter(&args).unwrap().to_string().contains("lapin=off"), "{args:?}");
        }
        assert_eq!(filter(&args(false, Some("lapin=debug"))).unwrap().to_string(), "lapin=debug");
    }

    #[test]
    fn a_malformed_filter_names_its_variable() {
        let error = filter(&args(false, Some("gateway=loud"))).unwrap_err();
        assert_eq!(error.to_string(), "LOG_LEVEL \"gateway=loud\" is not a filter");
    }
}
