//! The process: how it starts and that it ends with whoever started it.

#![allow(clippy::unwrap_used)] // only tests are here

mod test_page;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use browser::launch::{Chromium, LaunchOptions, Sandbox};
use test_page::living_members;

const ORPHANED: &str = "BROWSER_TEST_RUN_DIR";

fn options(run_dir: &std::path::Path) -> LaunchOptions {
    LaunchOptions {
        executable: std::env::var_os("CHROMIUM_EXECUTABLE").map(Into::into),
        run_dir: run_dir.to_owned(),
        sandbox: Sandbox::if_possible(),
        ..LaunchOptions::default()
    }
}

#[tokio::test]
async fn dropping_it_leaves_nothing() {
    let run_dir = tempfile::tempdir().unwrap();
    let (chromium, pipe) = Chromium::launch(&options(run_dir.path())).await.unwrap();
    let group = chromium.process_group();
    assert!(!living_members(group).is_empty());
    drop(chromium);
    assert_eq!(living_members(group).len(), 0);
    assert_eq!(std::fs::read_dir(run_dir.path()).unwrap().count(), 0);
    drop(pipe);
}

#[tokio::test]
async fn it_listens_nowhere() {
    let run_dir = tempfile::tempdir().unwrap();
    let (chromium, _pipe) = Chromium::launch(&options(run_dir.path())).await.unwrap();
    assert_eq!(listening_sockets(chromium.process_group()), 0);
}

/// How many TCP sockets the processes of a group listen on.
fn listening_sockets(group: i32) -> usize {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    // State 0A is listening; the tenth field is the socket's number.
    let listening: Vec<String> = tables
        .iter()
        .flat_map(|table| table.lines())
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.get(3) == Some(&"0A"))
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    let folders = living_members(group).into_iter().filter_map(|id| std::fs::read_dir(format!("/proc/{id}/fd")).ok());
    let names = folders.flatten().filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    names.filter(|name| listening.iter().any(|socket| name.as_os_str() == socket.as_str())).count()
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let run_dir = tempfile::tempdir().unwrap();
    let options = LaunchOptions { executable: Some("/no/such/chromium".into()), ..options(run_dir.path()) };
    let error = Chromium::launch(&options).await.unwrap_err();
    let found = "found no program that can be run at CHROMIUM_EXECUTABLE=/no/such/chromium";
    assert_eq!(error.to_string(), format!("{found}; name Chromium's, or name none to have it looked for in PATH"));
    assert_eq!(std::fs::read_dir(run_dir.path()).unwrap().count(), 0);
}

/// Not a test of its own: the process that the next test kills.
#[tokio::test]
async fn the_parent_that_is_killed() {
    let Some(run_dir) = std::env::var_os(ORPHANED) else { return };
    let (chromium, _pipe) = Chromium::launch(&options(run_dir.as_ref())).await.unwrap();
    println!("group {}", chromium.process_group());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[test]
fn it_leaves_when_its_parent_is_killed() {
    let run_dir = tempfile::tempdir().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_parent_that_is_killed", "--nocapture"])
        .env(ORPHANED, run_dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let group = lines.map_while(Result::ok).find_map(|line| line.split_once("group ")?.1.trim().parse().ok()).unwrap();
    assert!(!living_members(group).is_empty());
    parent.kill().unwrap();
    parent.wait().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !living_members(group).is_empty() {
        assert!(std::time::Instant::now() < deadline, "Chromium outlived its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}
