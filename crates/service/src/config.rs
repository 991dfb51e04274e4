//! Reading the configuration: flags and environment variables, every mistake named by its variable.
//!
//! A variable that is set to nothing counts as absent, whichever it is: compose files and unit files write `NAME=` for
//! "the default". A flag that is given nothing (`--name=`) is a mistake.

mod changed;
mod values;

use std::ffi::OsString;
use std::io::Write;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Parser};

pub use changed::changed;
pub use values::{
    HostPort, address, boolean, duration, duration_from, host, host_and_port, number_between, number_from, time_text,
    zero_or_duration_from,
};

/// The exit code for a configuration that cannot be used.
pub const EXIT_BAD_CONFIG: i32 = 2;

/// Reads the process's flags and environment. On a mistake it names the variable on standard error and ends the process
/// with [`EXIT_BAD_CONFIG`]; for `--help` and `--version` with 0.
pub fn parse<T: Parser>() -> T {
    parse_from(std::env::args_os())
}

/// Parses given arguments as [`parse`] does.
pub fn parse_from<T: Parser>(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> T {
    match try_parse_from(args) {
        Ok(config) => config,
        Err(Stop::Shown(error)) => error.exit(),
        Err(Stop::Mistake(text)) => refuse(text),
    }
}

/// Ends the process over a configuration that cannot be used, for checks that span several variables.
pub fn refuse(reason: impl std::fmt::Display) -> ! {
    let _ = writeln!(std::io::stderr(), "error: {reason}");
    std::process::exit(EXIT_BAD_CONFIG)
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum Stop {
    /// Help or version was asked for, or the command line itself is wrong: clap says it best.
    Shown(Box<clap::Error>),
    /// A variable is missing or malformed.
    Mistake(String),
}

/// Parses given arguments as [`parse`] does, without ending the process.
///
/// # Errors
/// [`Stop`] with what to print.
pub fn try_parse_from<T: Parser>(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<T, Stop> {
    let explain = |error: clap::Error| {
        let mut command = T::command();
        command.build(); // an argument's usage text is known only then
        match mistake(&error, &command) {
            Some(text) => Stop::Mistake(text),
            None => Stop::Shown(Box::new(without_variables(error))),
        }
    };
    let mut command = without_empty_variables(T::command());
    let mut matches = command.try_get_matches_from_mut(args).map_err(explain)?;
    if let Some(text) = empty_flag(&matches, &T::command()) {
        return Err(Stop::Mistake(text));
    }
    T::from_arg_matches_mut(&mut matches).map_err(|error| explain(error.format(&mut command)))
}

/// The error without the usage that clap writes for a mistake: it lists each argument of which a variable of the environment
/// has the value, as if it had been typed.
fn without_variables(mut error: clap::Error) -> clap::Error {
    if matches!(error.kind(), ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict) {
        error.remove(ContextKind::Usage);
    }
    error
}

/// The command, deaf to variables that are set to nothing.
fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(None::<&'static str>) } else { arg })
        .mut_subcommands(without_empty_variables)
}

/// The sentence for a setting that a flag sets to nothing.
fn empty_flag(matches: &ArgMatches, command: &Command) -> Option<String> {
    let is_empty = |arg: &&Arg| {
        let id = arg.get_id().as_str();
        let mut raw = matches.get_raw(id).into_iter().flatten();
        arg.get_env().is_some()
            && matches.value_source(id) == Some(ValueSource::CommandLine)
            && raw.all(|value| value.is_empty())
    };
    if let Some(arg) = command.get_arguments().find(is_empty) {
        return Some(format!("{} is empty", name(arg)));
    }
    let (subcommand, matches) = matches.subcommand()?;
    empty_flag(matches, command.find_subcommand(subcommand)?)
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
            if value.is_empty() {
                return Some(format!("{name} is empty"));
            }
            let reason = match std::error::Error::source(error) {
                Some(source) => source.to_string(),
                None => format!("expected one of {}", text(ContextKind::ValidValue)),
            };
            Some(format!("{name} has the malformed value {:?}: {reason}", without_passwords(&value)))
        }
        _ => None,
    }
}

/// A value without the users and passwords that addresses in it name. An address may be malformed: what may be its user's is
/// not shown.
fn without_passwords(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((scheme, behind)) = rest.split_once("://") {
        text.push_str(scheme);
        text.push_str("://");
        let authority = behind.find(['/', '"', ',', ' ']).unwrap_or(behind.len());
        rest = match behind[..authority].rfind('@') {
            Some(at) => {
                text.push_str("***");
                &behind[at..]
            }
            None => behind,
        };
    }
    text.push_str(rest);
    text
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
    use clap::Parser;

    use super::{Stop, try_parse_from, without_passwords};
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
        let flag = |text: &str| text.split('=').next().map(str::to_owned);
        let kept = given.iter().chain(&rest).filter(|text| !extra.iter().any(|more| flag(more) == flag(text)));
        match try_parse_from(kept.chain(extra)) {
            Ok(config) => Ok(config),
            Err(Stop::Mistake(text)) => Err(text),
            Err(Stop::Shown(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn flags_fill_every_group_and_secrets_stay_hidden() {
        let config = parse(&["--queue-host=r", "--verbose"]).unwrap();
        assert_eq!((config.queue.addresses(), config.queue.vhost.as_str()), (vec![("r".to_owned(), 5672)], "/"));
        assert_eq!((config.couchdb.port, config.couchdb.database.as_str()), (5984, "jobs"));
        assert!(config.telemetry.verbose);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn an_address_has_no_password() {
        for (value, kept) in [
            (r#"["--proxy-server=http://a:b@c:1","--x"]"#, r#"["--proxy-server=http://***@c:1","--x"]"#),
            ("s3://k:s@b/p,file:///a@b", "s3://***@b/p,file:///a@b"),
            ("http://u:a#b?c@h/", "http://***@h/"),
            ("private,10.0.0.0/8", "private,10.0.0.0/8"),
        ] {
            assert_eq!(without_passwords(value), kept);
        }
    }

    #[test]
    fn a_malformed_address_is_named_without_its_password() {
        let error = parse(&["--queue-host=amqp://user:hunter2@r/x@y"]).unwrap_err();
        assert!(error.contains("has the malformed value \"amqp://***@r/x@y\""), "{error}");
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
        let error = parse(&["--queue-host=r", "--verbose=yes"]).unwrap_err();
        assert_eq!(error, "VERBOSE (--verbose) has the malformed value \"yes\": expected true or false");
        let error = parse(&["--queue-host=r", "--log-level=gateway=loud"]).unwrap_err();
        assert!(error.starts_with("LOG_LEVEL (--log-level) has the malformed value \"gateway=loud\": "), "{error}");
        let error = parse(&["--queue-host=r", "--couch-db-database=Jobs"]).unwrap_err();
        assert!(error.starts_with("COUCH_DB_DATABASE (--couch-db-database) has the malformed value"), "{error}");
    }

    #[test]
    fn a_flag_that_is_given_nothing_is_a_mistake_whatever_its_type() {
        for flag in ["queue-host", "queue-port", "queue-vhost", "queue-password", "log-level", "log-format", "verbose"]
        {
            let error = parse(&["--queue-host=r", &format!("--{flag}=")][usize::from(flag == "queue-host")..]);
            let name = flag.to_uppercase().replace('-', "_");
            assert_eq!(error.unwrap_err(), format!("{name} (--{flag}) is empty"));
        }
    }
}
