//! Child processes and what they leave behind.

use std::time::Duration;

use testkit::names::unique;
use testkit::processes::{self, Program};

const SOON: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Program {
    Program::new("/bin/sh").arg("-c").arg(script)
}

#[tokio::test]
async fn output_and_exit_status_are_seen() {
    let mut process = shell("echo $WORD; echo more >&2; exit 3").env("WORD", "hello").spawn();
    assert_eq!(process.wait_for_output("hel", SOON).await, "hello");
    assert_eq!(process.wait(SOON).await.code(), Some(3));
    assert_eq!(process.stderr(), "more\n");
}

#[tokio::test]
async fn drop_kills_the_whole_group() {
    let mark = unique("mark");
    let mut process = shell(&format!("(sh -c 'sleep 600; : {mark}') & echo up; wait; : {mark}")).spawn();
    process.wait_for_output("up", SOON).await;
    let root = process.id();
    assert!(processes::mentioning(&mark).contains(&root));
    assert!(processes::tree(root).len() >= 2);
    assert!(processes::tree_memory(root) > 0);
    assert!(processes::open_files(root) >= 3);
    drop(process);
    processes::assert_none_mentioning(&mark, SOON).await;
}

#[tokio::test]
async fn terminate_reaches_the_program_alone() {
    let mut process = shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done").spawn();
    process.wait_for_output("up", SOON).await;
    process.terminate();
    assert_eq!(process.wait(SOON).await.code(), Some(7));
}
