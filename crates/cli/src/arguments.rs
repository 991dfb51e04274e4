//! Reading the command line. Flags may stand in front of their verb, as they could at the predecessor's, and `-h` is short:
//! the settings of the executor are in `--help`.

use std::ffi::OsString;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Parser};

use crate::commands::Cli;

/// Headings of the settings that `-h` leaves out, in verbs that have others.
const LONG: [&str; 5] = ["Executor", "Network", "Chromium", "Logs", "Files"];

/// Reads the process's arguments. On a mistake, and for `--help`, the process ends.
pub(crate) fn read() -> Cli {
    let arguments = verb_first(std::env::args_os().collect(), &command());
    service::config::parse_from::<CommandLine>(arguments).0
}

/// The whole command, for completion and manual.
pub(crate) fn command() -> Command {
    CommandLine::command()
}

/// An id or a name. An empty one comes from a shell whose variable is not set, and would mean another address of the API.
pub(crate) fn given() -> NonEmptyStringValueParser {
    NonEmptyStringValueParser::new()
}

/// [`Cli`] with a shorter `-h`.
struct CommandLine(Cli);

impl FromArgMatches for CommandLine {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Cli::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl CommandFactory for CommandLine {
    fn command() -> Command {
        let shorter = |verb: Command| {
            verb.mut_args(|arg| {
                let long = arg.get_help_heading().is_some_and(|heading| LONG.contains(&heading));
                arg.hide_short_help(long)
            })
        };
        Cli::command().mut_subcommand("run", shorter).mut_subcommand("exec", shorter)
    }

    fn command_for_update() -> Command {
        Cli::command_for_update()
    }
}

impl Parser for CommandLine {}

/// The arguments with their verbs in front: `--code a.mjs exec dir` is `exec --code a.mjs dir`.
fn verb_first(arguments: Vec<OsString>, command: &Command) -> Vec<OsString> {
    for at in 1..arguments.len() {
        let Some(verb) = command.find_subcommand(&arguments[at]) else { continue };
        if !are_flags(&arguments[1..at], verb, command) {
            continue;
        }
        let mut rest = vec![arguments[at].clone()];
        rest.extend_from_slice(&arguments[1..at]);
        rest.extend_from_slice(&arguments[at + 1..]);
        let mut sorted = vec![arguments[0].clone()];
        sorted.extend(verb_first(rest, verb));
        return sorted;
    }
    arguments
}

/// Whether all of these are flags of a verb, of one below, or of all verbs of the command above, with their values.
fn are_flags(arguments: &[OsString], verb: &Command, above: &Command) -> bool {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let Some(flag) = argument.to_str().filter(|text| text.starts_with('-')) else { return false };
        let name = flag.split('=').next().unwrap_or(flag);
        let of_all = || above.get_arguments().find(|arg| arg.is_global_set() && is_meant(arg, name));
        let Some(arg) = find(verb, name).or_else(of_all) else { return false };
        let takes_next = arg.get_action().takes_values() && !arg.is_require_equals_set() && name == flag;
        if takes_next && rest.next().is_none() {
            return false;
        }
    }
    true
}

/// A flag of a verb, or of one below.
fn find<'a>(verb: &'a Command, flag: &str) -> Option<&'a Arg> {
    let own = verb.get_arguments().find(|arg| is_meant(arg, flag));
    own.or_else(|| verb.get_subcommands().find_map(|verb| find(verb, flag)))
}

/// Whether `--name` or `-n` is this flag.
fn is_meant(arg: &Arg, flag: &str) -> bool {
    match flag.strip_prefix("--") {
        Some(long) => arg.get_long_and_visible_aliases().into_iter().flatten().any(|name| name == long),
        None => arg.get_short().is_some_and(|short| flag.chars().eq(['-', short])),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{command, verb_first};

    #[test]
    fn flags_may_stand_in_front_of_their_verb() {
        let sorted = |line: &str| {
            let words = verb_first(line.split(' ').map(OsString::from).collect(), &command());
            words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        for (given, wanted) in [
            ("p exec dir", "p exec dir"),
            ("p --verbose exec dir", "p exec --verbose dir"),
            ("p --code a.mjs --delete exec dir --vars b", "p exec --code a.mjs --delete dir --vars b"),
            ("p --module=a,b --module c exec", "p exec --module=a,b --module c"),
            // The value of a flag is not a verb, and a verb's argument stays where it is.
            ("p --code exec exec jobs", "p exec --code exec jobs"),
            ("p run top", "p run top"),
            ("p --server here --json jobs list", "p jobs list --server here --json"),
            ("p jobs --state failed list -L 5", "p jobs list --state failed -L 5"),
            ("p --help", "p --help"),
            ("p --nonsense exec dir", "p --nonsense exec dir"),
            ("p", "p"),
        ] {
            assert_eq!(sorted(given), wanted, "{given}");
        }
    }

    #[test]
    fn the_command_holds_together() {
        command().debug_assert();
    }
}
