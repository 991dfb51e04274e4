//! The table of docs/SETTINGS.md is what the binaries have: each row is a flag's doc comment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::CommandFactory;
use testkit::processes::{self, Program};

use crate::page;

const BEGIN: &str = "<!-- settings: written by tests/readme -->\n";
const END: &str = "<!-- end of settings -->";

#[test]
fn the_table_of_settings_is_what_the_binaries_have() {
    let file = page("SETTINGS.md");
    let text = std::fs::read_to_string(&file).expect("the settings");
    let (before, rest) = text.split_once(BEGIN).expect("the page has the mark of its table");
    let (found, after) = rest.split_once(END).expect("the page has the end mark of its table");
    let wanted = table();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{wanted}{END}{after}")).expect("a file that can be written");
        return;
    }
    assert_eq!(found, wanted, "run UPDATE_README=1 cargo test -p tests --test readme");
}

/// The rows of the limits of job code, which docs/DIFFERENCES.md promises to be complete.
#[test]
fn the_differences_name_every_limit_with_its_default() {
    const BEGIN: &str = "<!-- limits: written by tests/readme -->\n";
    const END: &str = "<!-- end of limits -->";
    let file = page("DIFFERENCES.md");
    let text = std::fs::read_to_string(&file).expect("the differences");
    let (before, rest) = text.split_once(BEGIN).expect("they have the mark of the limits");
    let (found, after) = rest.split_once(END).expect("they have the end mark of the limits");
    let mut wanted = "\n| limit | default | what it bounds |\n|---|---|---|\n".to_owned();
    for argument in executor::config::Config::command().get_arguments() {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()).filter(|name| name.starts_with("JOB_"))
        else {
            continue;
        };
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let default = argument.get_default_values().first().and_then(|value| value.to_str()).unwrap_or_default();
        wanted.push_str(&format!("| `{name}` | {default} | {help} |\n"));
    }
    wanted.push('\n');
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{wanted}{END}{after}")).expect("a file that can be written");
        return;
    }
    assert_eq!(found, wanted, "run UPDATE_README=1 cargo test -p tests --test readme");
}

#[tokio::test]
async fn the_one_process_command_has_every_setting_of_its_halves() {
    let of_servers = |name: &str| {
        name.starts_with("QUEUE_") || name.starts_with("COUCH_DB_") || ["JOBS_QUEUE", "RESULTS_QUEUE"].contains(&name)
    };
    let of = |command: clap::Command| -> BTreeSet<String> {
        let names = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
        names.filter(|name| !of_servers(name)).collect()
    };
    let mut wanted = of(gateway::config::Config::command());
    wanted.extend(of(executor::config::Config::command()));
    wanted.insert("DATA_DIR".to_owned());
    assert_eq!(settings_of("up").await, wanted);
}

#[tokio::test]
async fn no_command_has_a_setting_that_the_page_lacks() {
    let text = std::fs::read_to_string(page("SETTINGS.md")).expect("the settings");
    for command in ["up", "exec", "jobs"] {
        for name in settings_of(command).await {
            assert!(text.contains(&format!("`{name}`")), "`puppet-master {command}` reads {name}");
        }
    }
}

/// The variables that a subcommand's help names.
async fn settings_of(command: &str) -> BTreeSet<String> {
    let mut process = Program::new(processes::binary("puppet-master")).arg(command).arg("--help").spawn();
    assert!(process.wait(Duration::from_secs(20)).await.success());
    let help = process.stdout();
    help.split("[env: ").skip(1).filter_map(|rest| rest.split(['=', ']']).next().map(str::to_owned)).collect()
}

fn table() -> String {
    let mut rows = BTreeMap::new();
    let mut order = Vec::new();
    for (binary, command) in
        [("gateway", gateway::config::Config::command()), ("executor", executor::config::Config::command())]
    {
        for argument in command.get_arguments() {
            let Some(name) = argument.get_env().and_then(|name| name.to_str()) else { continue };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
            let default = argument.get_default_values().first().and_then(|value| value.to_str()).unwrap_or_default();
            let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
            let row: &mut (Vec<&str>, Vec<String>, String) = rows.entry(name.to_owned()).or_insert_with(|| {
                order.push(name.to_owned());
                (Vec::new(), Vec::new(), help)
            });
            row.0.push(binary);
            if !row.1.contains(&default) {
                row.1.push(default);
            }
        }
    }
    let mut text = "\n| variable | of | default | meaning |\n|---|---|---|---|\n".to_owned();
    for name in order {
        let (binaries, defaults, help) = &rows[&name];
        text.push_str(&format!("| `{name}` | {} | {} | {help} |\n", binaries.join(", "), defaults.join(", ")));
    }
    text.push('\n');
    text
}
