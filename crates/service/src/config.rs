//! Reading the configuration: flags and environment variables, every mistake named by its variable.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Parser};

/// The exit code for a configuration that cannot be used.
pub const EXIT_BAD_CONFIG: i32 = 2;

/// Reads the process's flags and environment. On a mistake it names the variable on standard error and ends the process
/// with [`EXIT_BAD_CONFIG`]; for `--help` and `--version` with 0.
pub fn parse<T: Parser>() -> T {
    match try_parse_from(std::env::args_os()) {
        Ok(config) => config,
        Err(Stop::Shown(error)) => error.exit(),
        Err(Stop::Mistake(text)) => refuse(text),
    }
}

/// Ends the process over a configuration that cannot be used, for checks that span several variables.
pub fn refuse(reason: impl std::fmt::Display) -> ! {
    eprintln!("error: {reason}");
    std::process::exit(EXIT_BAD_CONFIG)
}

/// Reads a boolean as the predecessor did: 1, t, true, 0, f, false, in lower, upper or title case.
///
/// # Errors
/// A sentence that lists what is accepted.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

/// Reads a length of time: a number of seconds, or one with a unit (`250ms`, `5s`, `10m`, `1h`).
///
/// # Errors
/// A sentence that lists what is accepted.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("expected a number with ms, s, m or h".to_owned()),
    };
    let millis = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    millis.map(std::time::Duration::from_millis).ok_or_else(|| "expected a number with ms, s, m or h".to_owned())
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum Stop {
    /// Help or version was asked for, or the command line itself is wrong: clap says it best.
    Shown(Box<clap::Error>),
    /// A variable is missing or malformed.
    Mistake(String),
}

/// [`parse`] for given arguments, without ending the process.
///
/// # Errors
/// [`Stop`] with what to print.
pub fn try_parse_from<T: Parser>(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<T, Stop> {
    T::try_parse_from(args).map_err(|error| {
        let mut command = T::command();
        command.build(); // an argument's usage text is known only then
        match mistake(&error, &command) {
            Some(text) => Stop::Mistake(text),
            None => Stop::Shown(Box::new(error)),
        }
    })
}

/// The sentence for an error that a variable caused.
fn mistake(error: &clap::Error, command: &Command) -> Option<String> {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            let ContextValue::Strings(missing) = error.get(ContextKind::InvalidArg)? else { return None };
            let named = missing.iter().map(|usage| Some(name(argument(command, usage)?)));
            let named: Vec<String> = named.collect::<Option<_>>()?;
            Some(format!("{} {} missing", named.join(", "), if named.len() == 1 { "is" } else { "are" }))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let ContextValue::String(usage) = error.get(ContextKind::InvalidArg)? else { return None };
            let name = name(argument(command, usage)?);
            let value = text(ContextKind::InvalidValue);
            let reason = match std::error::Error::source(error) {
                Some(source) => source.to_string(),
                None if value.is_empty() => return Some(format!("{name} is empty")),
                None => format!("expected one of {}", text(ContextKind::ValidValue)),
            };
            Some(format!("{name} has the malformed value {value:?}: {reason}"))
        }
        _ => None,
    }
}

/// The argument that clap's error shows as `usage` (`--listen-port <PORT>`), also of a subcommand.
fn argument<'a>(command: &'a Command, usage: &str) -> Option<&'a Arg> {
    let own = command.get_arguments().find(|arg| arg.get_env().is_some() && arg.to_string() == usage);
    own.or_else(|| command.get_subcommands().find_map(|command| argument(command, usage)))
}

/// `QUEUE_HOST (--queue-host)`.
fn name(arg: &Arg) -> String {
    let env = arg.get_env().unwrap_or_default().to_string_lossy();
    arg.get_long().map_or_else(|| env.to_string(), |long| format!("{env} (--{long})"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::{Stop, boolean, duration, try_parse_from};
    use crate::{CouchDbArgs, QueueArgs, TelemetryArgs};

    #[derive(Debug, Parser)]
    struct Config {
        #[command(flatten)]
        queue: QueueArgs,
        #[command(flatten)]
        couchdb: CouchDbArgs,
        #[command(flatten)]
        telemetry: TelemetryArgs,
    }

    fn parse(extra: &[&str]) -> Result<Config, String> {
        let given = ["x", "--queue-username=q", "--queue-password=hunter2", "--couch-db-host=c"];
        let rest = ["--couch-db-username=u", "--couch-db-password=hunter2"];
        match try_parse_from(given.iter().chain(&rest).chain(extra)) {
            Ok(config) => Ok(config),
            Err(Stop::Mistake(text)) => Err(text),
            Err(Stop::Shown(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn flags_fill_every_group_and_secrets_stay_hidden() {
        let config = parse(&["--queue-host=r", "--verbose"]).unwrap();
        assert_eq!((config.queue.host.as_str(), config.queue.port, config.queue.vhost.as_str()), ("r", 5672, "/"));
        assert_eq!((config.couchdb.port, config.couchdb.database.as_str()), (5984, "jobs"));
        assert!(config.telemetry.verbose);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(parse(&[]).unwrap_err(), "QUEUE_HOST (--queue-host) is missing");
    }

    #[test]
    fn a_malformed_variable_is_named_with_its_value() {
        let error = parse(&["--queue-host=r", "--queue-port=abc"]).unwrap_err();
        assert_eq!(error, "QUEUE_PORT (--queue-port) has the malformed value \"abc\": invalid digit found in string");
        let error = parse(&["--queue-host=r", "--log-format=xml"]).unwrap_err();
        assert_eq!(error, "LOG_FORMAT (--log-format) has the malformed value \"xml\": expected one of json, text");
        assert_eq!(parse(&["--queue-host="]).unwrap_err(), "QUEUE_HOST (--queue-host) is empty");
        let error = parse(&["--queue-host=r", "--verbose=yes"]).unwrap_err();
        assert_eq!(error, "VERBOSE (--verbose) has the malformed value \"yes\": expected true or false");
    }

    #[test]
    fn booleans_are_the_predecessors() {
        for (text, value) in [("1", true), ("true", true), ("TRUE", true), ("0", false), ("False", false)] {
            assert_eq!(boolean(text), Ok(value));
        }
        for text in ["", "yes", "on", "tRue"] {
            assert!(boolean(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_take_units() {
        for (text, millis) in [("250ms", 250), ("5", 5000), ("5s", 5000), ("2m", 120_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
        }
        for text in ["", "s", "-1", "1.5s", "1d", "99999999999999999999", "18446744073709551615h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
