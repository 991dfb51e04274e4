//! What a terminal gets: a pseudo-terminal of `script` (util-linux) is one.

use serde_json::json;
use testkit::ports;
use testkit::processes;
use tests::stack::TOKEN;
use tests::up::{program, started};

use super::{ended, shell};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_gets_colours_unless_they_are_unwanted_and_never_what_a_job_sends() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (_up, client) = started(program(port, folder.path()), port).await;
    let code = r"logger.info('\x1b]0;owned\x07 said'); results['k\x1b[2J'] = '\x9b31m\u202egnp'; throw new Error('\x1b[H bad')";
    std::fs::write(folder.path().join("job.mjs"), code).expect("a file");
    let binary = processes::binary("puppet-master").display().to_string();
    let on_terminal = async |line: &str, environment: &[(&str, &str)]| {
        let told = format!("--server 127.0.0.1:{port} --token {TOKEN}");
        let line = format!("script -qec \"'{binary}' {line} {told}\" /dev/null < /dev/null");
        let here = folder.path().display().to_string();
        let shell = shell(&format!("cd '{here}' && {line}")).env("TERM", "xterm");
        let shell = environment.iter().fold(shell, |shell, (name, value)| shell.env(name, value));
        ended(shell).await
    };
    let hostile = ["\u{1b}]0;owned", "\u{1b}[2Jk", "k\u{1b}[2J", "\u{9b}31m", "\u{202e}gnp", "\u{1b}[H bad"];
    let ran = on_terminal("run job.mjs", &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for text in hostile {
        assert!(!ran.stdout.contains(text), "{text:?} in {ran:?}");
    }
    for text in [r"\x1b]0;owned\x07 said", r"k\x1b[2J", r"\x9b31m\u{202e}gnp", r"\x1b[H bad"] {
        assert!(ran.stdout.contains(text), "no {text:?} in {ran:?}");
    }
    assert!(ran.stdout.contains("\u{1b}[31m✗ failed\u{1b}[0m"), "{ran:?}");
    assert!(ran.stdout.contains("queued 0 s") || ran.stdout.contains("running 0 s"), "a line of progress: {ran:?}");
    let plain = on_terminal("run job.mjs", &[("NO_COLOR", "1")]).await.stdout;
    assert!(!plain.contains("\u{1b}[31m") && !plain.contains("\u{1b}[1m"), "{plain}");
    let dumb = on_terminal("run job.mjs", &[("TERM", "dumb")]).await.stdout;
    assert!(!dumb.contains('\u{1b}'), "{dumb:?}");

    let job = client.run(json!({"code": code})).await;
    let uuid = job.uuid.as_str();
    for verb in ["list", &format!("show {uuid}"), &format!("logs {uuid}"), &format!("show {uuid} --json")] {
        let seen = on_terminal(&format!("jobs {verb}"), &[]).await.stdout;
        for text in hostile {
            assert!(!seen.contains(text), "{text:?} of {verb} in {seen:?}");
        }
    }
    let text = on_terminal(&format!("jobs show {uuid} --json"), &[]).await.stdout;
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(read["results"]["k\u{1b}[2J"], "\u{9b}31m\u{202e}gnp");
    let list = on_terminal("jobs list", &[]).await.stdout;
    assert!(list.contains("STATE") && list.contains("CREATED"), "{list}");
}
