//! The table of docs/SETTINGS.md is what the binaries have: each row is a flag's doc comment.
//!
//! `UPDATE_README=1 cargo test -p tests --test readme` writes it anew, and that of docs/DIFFERENCES.md.
//!
//! The commands of the README's first minute run as they stand there, and so do the first lines of the examples.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::CommandFactory;
use testkit::ports;
use testkit::processes::{self, Process, Program};
use testkit::site::Site;
use tests::stack::CHROMIUM_ARGS;

const BEGIN: &str = "<!-- settings: written by tests/readme.rs -->\n";
const END: &str = "<!-- end of settings -->";

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("README.md")
}

/// The page of a name in docs/.
fn page(name: &str) -> PathBuf {
    readme().with_file_name("docs").join(name)
}

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
    const BEGIN: &str = "<!-- limits: written by tests/readme.rs -->\n";
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

/// `puppet-master up` as `make up` starts it, in a folder of its own, with the token that it makes.
async fn up(folder: &Path) -> (Process, u16) {
    let port = ports::free();
    let program = Program::new(processes::binary("puppet-master")).arg("up").env("LISTEN_PORT", port);
    let program = program.env("DATA_DIR", folder.join("puppet-master-data").display());
    let program = program.env("RUN_DIR", folder.join("run").display()).env("EXECUTOR_CONCURRENCY", 1);
    let mut process = program.env("CHROMIUM_EXTRA_ARGS", CHROMIUM_ARGS).spawn();
    process.wait_for_port(port, Duration::from_secs(30)).await;
    (process, port)
}

/// What a shell prints for a script in a folder; it must end well.
async fn shell(name: &str, folder: &Path, script: &str) -> String {
    let script = format!("cd '{}' || exit 1\n{script}", folder.display());
    let mut process = Program::new(name).arg("-c").arg(&script).spawn();
    let status = process.wait(Duration::from_secs(60)).await;
    assert!(status.success(), "{name}: {status}\n{script}\n{}{}", process.stdout(), process.stderr());
    process.stdout()
}

/// The shells that people paste into, as far as this machine has them; bash is always there.
fn shells() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).exists());
    ["bash", "zsh"].into_iter().filter(|name| *name == "bash" || has(name)).collect()
}

/// zsh ends a command over a `?`, `*` or `[` outside quotes that names no file, and knows no comments at its prompt.
fn assert_safe_to_paste(command: &str) {
    let (mut quote, mut escaped) = (None, false);
    for c in command.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') if quote != Some('\'') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '?' | '*' | '[' | '#' | '!' | '~') => panic!("{c} stands outside quotes in {command}"),
            _ => {}
        }
    }
}

/// The indented blocks of a text.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(line) => blocks.last_mut().expect("there is one").push_str(&format!("{line}\n")),
            None => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_command_works_when_pasted() {
    let text = std::fs::read_to_string(readme()).expect("a README");
    let command = blocks(&text).swap_remove(0);
    assert_safe_to_paste(&command);
    let folder = tempfile::tempdir().expect("a folder");
    let site = Site::start();
    let (_process, port) = up(folder.path()).await;
    let here = command.replace(":3000", &format!(":{port}")).replace("https://example.org/", &site.url("/index.html"));
    for name in shells() {
        let answer = shell(name, folder.path(), &here).await;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{name}: {answer}"));
        let job = &answer["data"];
        assert_eq!((&job["status"], &job["error"]), (&"done".into(), &"".into()), "{name}: {answer}");
        assert!(job["results"]["title"].is_string(), "{name}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_walk_through_the_api_works_when_pasted() {
    let text = std::fs::read_to_string(readme()).expect("a README");
    let (_, rest) = text.split_once("## A walk through the API").expect("the README has a walk");
    let (walk, _) = rest.split_once("\n## ").expect("something follows");
    let mut commands: Vec<String> = Vec::new();
    for line in blocks(walk).iter().flat_map(|block| block.lines()) {
        let open = commands.last().is_some_and(|last| last.contains("<<'END'") && !last.ends_with("END\n"));
        match line.strip_prefix("$ ") {
            Some(command) => commands.push(format!("{command}\n")),
            None if open => commands.last_mut().expect("it is open").push_str(&format!("{line}\n")),
            None => {}
        }
    }
    assert!(commands.len() >= 6, "{commands:?}");
    commands.iter().for_each(|command| assert_safe_to_paste(command.lines().next().expect("a line")));
    // The id that the README shows becomes that of the job that the second command made.
    let created = commands.remove(1).replace("curl", "CREATED=$(curl");
    let created = format!("{}\n)\n", created.trim_end());
    let script = commands.join("\n");
    let (job, _) = script.split_once("JOB=").map(|(_, rest)| rest.split_once('\n').expect("a line")).expect("an id");
    let script =
        script.replace(job, r#"$(expr "$CREATED" : '.*"uuid":"\([^"]*\)')"#).replace("curl", "curl --fail -sS");
    let (first, others) = script.split_once('\n').expect("more than one");
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, port) = up(folder.path()).await;
    let script = format!("set -e\n{first}\n{created}\n{others}").replace(":3000", &format!(":{port}"));
    for name in shells() {
        let printed = shell(name, folder.path(), &script).await;
        assert!(printed.contains(r#""title":"HELLO!""#), "{name}: {printed}");
        assert!(printed.contains("event: "), "{name}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_lines_of_the_examples_are_true() {
    let workspace = readme().parent().expect("the workspace").to_owned();
    let run = tempfile::tempdir().expect("a folder");
    let binary = processes::binary("puppet-master");
    let mut examples = 0;
    for entry in std::fs::read_dir(workspace.join("examples")).expect("examples") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let code = std::fs::read_to_string(folder.join("code.mjs")).expect("code");
        let command = code.lines().find_map(|line| line.strip_prefix("//   ")).expect("a command");
        let (cargo, arguments) = command.split_once(" -- ").expect("arguments");
        assert_eq!(cargo, "cargo run --bin puppet-master", "{name}");
        assert!(arguments.contains(&format!("exec examples/{name} ")), "{name}: {command}");
        let script = format!(
            "RUN_DIR='{}' CHROMIUM_EXTRA_ARGS='{CHROMIUM_ARGS}' '{}' {arguments}",
            run.path().display(),
            binary.display()
        );
        let printed = shell("bash", &workspace, &script).await;
        assert!(printed.contains("Status              |done ") && printed.contains("Results:\n"), "{name}: {printed}");
        examples += 1;
    }
    assert_eq!(examples, 4);
}

#[test]
fn what_make_up_leaves_is_ignored_by_git() {
    let text = std::fs::read_to_string(readme().with_file_name(".gitignore")).expect("a .gitignore");
    let default = "puppet-master-data"; // DATA_DIR's
    assert!(text.lines().any(|line| line == format!("{default}/")), "{text}");
    let up = std::fs::read_to_string(readme().with_file_name("crates").join("cli/src/up.rs")).expect("up.rs");
    assert!(up.contains(&format!("default_value = \"{default}\"")));
}
