//! The table of docs/SETTINGS.md is what the binaries have: each row is a flag's doc comment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::{Arg, CommandFactory};
use testkit::processes::{self, Program};

use crate::page;

#[test]
fn the_table_of_settings_is_what_the_binaries_have() {
    assert_page_has("SETTINGS.md", "settings", &table());
}

/// The rows of the limits of job code, which docs/DIFFERENCES.md promises to be complete.
#[test]
fn the_differences_name_every_limit_with_its_default() {
    let mut wanted = "\n| limit | default | what it bounds |\n|---|---|---|\n".to_owned();
    let command = executor::config::Config::command();
    for (name, default, help) in command.get_arguments().filter_map(setting) {
        if name.starts_with("JOB_") {
            wanted.push_str(&format!("| `{name}` | {default} | {help} |\n"));
        }
    }
    wanted.push('\n');
    assert_page_has("DIFFERENCES.md", "limits", &wanted);
}

/// What a database with rules of its own must allow.
#[test]
fn the_fields_of_a_jobs_document_are_named() {
    let text = std::fs::read_to_string(page("OPERATING.md")).expect("the page");
    let (_, allowed) = text.split_once("allow these fields").expect("the list");
    for field in job_model::Job::fields_beside_the_predecessors() {
        assert!(allowed.contains(&format!("`{field}`")), "docs/OPERATING.md does not name {field}");
    }
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
    for command in ["up", "run", "exec", "jobs", "doctor"] {
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

/// A page has this table between the marks of its name; with UPDATE_README it gets the table.
fn assert_page_has(title: &str, name: &str, table: &str) {
    let (begin, end) = (format!("<!-- {name}: written by tests/readme -->\n"), format!("<!-- end of {name} -->"));
    let file = page(title);
    let text = std::fs::read_to_string(&file).expect("a page");
    let (before, rest) = text.split_once(&begin).expect("the page has the mark of its table");
    let (found, after) = rest.split_once(&end).expect("the page has the end mark of its table");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&file, format!("{before}{begin}{table}{end}{after}")).expect("a file that can be written");
        return;
    }
    assert_eq!(found, table, "run UPDATE_README=1 cargo test -p tests --test readme");
}

/// The variable of a flag that has one, its default, and its doc comment.
fn setting(argument: &Arg) -> Option<(&str, &str, String)> {
    let name = argument.get_env()?.to_str()?;
    let default = argument.get_default_values().first().and_then(|value| value.to_str()).unwrap_or_default();
    Some((name, default, argument.get_help().map(ToString::to_string).unwrap_or_default()))
}

fn table() -> String {
    let mut rows = BTreeMap::new();
    let mut order = Vec::new();
    for (binary, command) in
        [("gateway", gateway::config::Config::command()), ("executor", executor::config::Config::command())]
    {
        for (name, default, help) in command.get_arguments().filter_map(setting) {
            let help = help.replace('|', "\\|");
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
