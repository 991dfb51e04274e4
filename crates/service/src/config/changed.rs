//! Which settings differ from their defaults, for operators who look at what runs.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Args, Command, Parser};

use super::{without_empty_variables, without_passwords};

/// How much of a value is shown, in characters.
const SHOWN: usize = 200;
/// Ends of names whose values are never shown, whatever their arguments say.
const SECRET_ENDS: [&str; 5] = ["PASSWORD", "SECRET", "TOKEN", "TOKENS", "_KEY"];

/// Lists the settings of `Of` that this process's flags or environment set to something else than they are as delivered, by
/// the names of their variables. `All` is what the process reads, of which `Of` is a part. Passwords and tokens are not among
/// them, and an address is shown without the user and password in it.
pub fn changed<All: Parser, Of: Args>() -> BTreeMap<String, String> {
    changed_of::<All, Of>(std::env::args_os())
}

fn changed_of<All: Parser, Of: Args>(
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> BTreeMap<String, String> {
    let mut command = without_empty_variables(All::command());
    // Whoever asks has read them before.
    let Ok(matches) = command.try_get_matches_from_mut(args) else { return BTreeMap::new() };
    let mut matches = &matches;
    while let Some((_, of_subcommand)) = matches.subcommand() {
        matches = of_subcommand;
    }
    let mut changed = BTreeMap::new();
    for arg in Of::augment_args(Command::new("settings")).get_arguments() {
        let (id, Some(name)) = (arg.get_id().as_str(), arg.get_env()) else { continue };
        let is_secret = SECRET_ENDS.iter().any(|end| name.to_string_lossy().ends_with(end));
        if arg.is_hide_env_values_set() || is_secret || !matches.try_contains_id(id).is_ok_and(|there| there) {
            continue;
        }
        if !matches!(matches.value_source(id), Some(ValueSource::EnvVariable | ValueSource::CommandLine)) {
            continue;
        }
        let given: Vec<_> = matches.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy()).collect();
        let delivered: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if given != delivered {
            changed.insert(name.to_string_lossy().into_owned(), shown(&given.join(",")));
        }
    }
    changed
}

/// A value as people see it.
fn shown(value: &str) -> String {
    let text = without_passwords(value);
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Parser, Subcommand};

    use super::{changed_of, shown};

    #[derive(Debug, Parser)]
    struct Program {
        #[command(subcommand)]
        command: Verb,
    }

    #[derive(Debug, Subcommand)]
    enum Verb {
        Up(Settings),
    }

    #[derive(Debug, Args)]
    struct Settings {
        #[arg(long, env = "PM_TEST_JOBS", default_value = "4")]
        _jobs: u32,
        #[arg(long, env = "PM_TEST_TIME", default_value = "300")]
        _time: String,
        #[arg(long, env = "PM_TEST_PROXY")]
        _proxy: Option<String>,
        #[arg(long, env = "PM_TEST_LOGIN", hide_env_values = true)]
        _login: Option<String>,
        #[arg(long, env = "PM_TEST_TOKEN")]
        _token: Option<String>,
    }

    #[test]
    fn what_was_set_to_something_else_is_shown_and_no_secret() {
        let args =
            ["x", "up", "--jobs=4", "--time=5m", "--proxy=http://u:hunter2@h:1", "--login=hunter2", "--token=hunter2"];
        let changed = changed_of::<Program, Settings>(args);
        let changed: Vec<_> = changed.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(changed, ["PM_TEST_PROXY=http://***@h:1", "PM_TEST_TIME=5m"]);
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(shown(&"x".repeat(300)).chars().count(), 201);
    }
}
