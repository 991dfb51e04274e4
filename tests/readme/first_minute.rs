//! The commands of the README's first minute run as they stand there.

use std::path::Path;
use std::time::Duration;

use testkit::ports;
use testkit::processes::{self, Process, Program};
use testkit::site::Site;
use tests::stack::CHROMIUM_ARGS;

use crate::commands::{assert_safe_to_paste, blocks, commands};
use crate::readme;
use crate::shell::{shell, shells};

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
async fn the_commands_beside_make_up_work_when_pasted() {
    let text = std::fs::read_to_string(readme()).expect("a README");
    let (_, rest) = text.split_once("## Try it").expect("the README says how to try it");
    let (first_steps, _) = rest.split_once("\n## ").expect("something follows");
    let commands = commands(first_steps);
    assert!(commands.len() >= 3, "{commands:?}");
    commands.iter().for_each(|command| assert_safe_to_paste(command));
    let folder = tempfile::tempdir().expect("a folder");
    let site = Site::start();
    let (_process, port) = up(folder.path()).await;
    let script = commands.concat().replace("curl ", "curl --fail-with-body -sS ").replace(":3000", &format!(":{port}"));
    let script = format!("set -e\n{}", script.replace("https://example.org/", &site.url("/index.html")));
    for name in shells() {
        let printed = shell(name, folder.path(), &script).await;
        assert!(printed.contains(r#""results":{"sum":2}"#), "{name}: {printed}");
        let picture = std::fs::read(folder.path().join("example.png")).expect("a picture");
        assert!(picture.starts_with(b"\x89PNG"), "{name}: {printed}");
    }
}

#[test]
fn what_make_up_leaves_is_ignored_by_git() {
    let text = std::fs::read_to_string(readme().with_file_name(".gitignore")).expect("a .gitignore");
    let default = "puppet-master-data"; // DATA_DIR's
    assert!(text.lines().any(|line| line == format!("{default}/")), "{text}");
    let up = std::fs::read_to_string(readme().with_file_name("crates").join("cli/src/up.rs")).expect("up.rs");
    assert!(up.contains(&format!("default_value = \"{default}\"")));
}
