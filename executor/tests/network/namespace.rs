//! A slot's network namespace: what goes past every proxy finds nothing there.
//!
//! A script in Chromium's place dials and sends by itself, and then becomes Chromium: what it reaches is what a Chromium would
//! reach that has been taken over.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use testkit::processes;

use crate::guarded_slot::GuardedSlot;
use crate::listener::Listener;
use crate::site::Site;

/// Names the folder of the plain user, in the process that the tests start as that user.
const FOLDER: &str = "NAMESPACE_TEST_PLAIN_FOLDER";
const NOBODY: u32 = 65_534;

/// Runs the test of this name again as a plain user. Whether this is not that process.
fn as_plain_user(test: &str) -> bool {
    if std::env::var_os(FOLDER).is_some() || !nix::unistd::geteuid().is_root() {
        return false;
    }
    let folder = tempfile::tempdir().expect("a folder");
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("a folder of another user");
    let mut again = Command::new(std::env::current_exe().expect("this program"));
    again.args(["--exact", test, "--nocapture"]).uid(NOBODY).gid(NOBODY);
    again.env(FOLDER, folder.path()).env("HOME", folder.path()).env("TMPDIR", folder.path());
    let output = again.output().expect("a process");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    true
}

/// A Chromium that first goes every way to the listener that needs no proxy, and notes which the system let it go.
fn chromium_that_dials(folder: &TempDir, port: u16) -> PathBuf {
    let chromium = std::env::var_os("CHROMIUM_EXECUTABLE").map(PathBuf::from);
    let chromium = browser::launch::find_executable(chromium.as_deref()).expect("a Chromium");
    let (script, notes) = (folder.path().join("chromium"), folder.path().join("notes"));
    let lines = format!(
        "#!/bin/bash
        try() {{ (exec 5<>/dev/$1/$2/$3 && echo hello >&5) 2>/dev/null && echo $1 $2 >> {notes}; }}
        try tcp 127.0.0.1 {port}; try tcp ::1 {port}; try udp 127.0.0.1 {port}; try udp 8.8.8.8 53; try tcp 8.8.8.8 53
        cat /proc/$PPID/environ > /dev/null 2>&1 && echo environment >> {notes}
        echo tried >> {notes}
        exec {chromium} \"$@\"\n",
        notes = notes.display(),
        chromium = chromium.display(),
    );
    std::fs::write(&script, lines).expect("a script");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("a program");
    script
}

fn notes(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("notes")).expect("the script has run")
}

async fn start(script: &Path, choice: &str) -> GuardedSlot {
    let flags = [format!("--chromium-executable={}", script.display()), format!("--executor-netns={choice}")];
    GuardedSlot::start(&[&flags[0], &flags[1], "--network-deny=127.0.0.1"]).await
}

/// What the script reaches, and what a job does meanwhile.
async fn nothing_goes_past() {
    let (listener, folder) = (Listener::start().await, tempfile::tempdir().expect("a folder"));
    let site = Site::start("127.0.0.2").await;
    let script = chromium_that_dials(&folder, listener.port);
    listener.seen.begin("inside");
    let mut slot = start(&script, "on").await;
    assert_eq!(listener.seen.all(), [], "something went past the guard");
    let tried = notes(&folder);
    assert!(tried.ends_with("tried\n") && !tried.contains("tcp") && !tried.contains("8.8.8.8"), "{tried}");

    let code = "results.body = await page.goto(vars.url).then(response => response.text());
                results.online = await page.evaluate(() => navigator.onLine);
                results.changes = await page.evaluate(url => new Promise(done => {
                    let changes = 0;
                    for (const type of ['online', 'offline']) addEventListener(type, () => changes++);
                    fetch(url).then(() => setTimeout(() => done(changes), 300));
                }), vars.url);
                results.closed = await page.goto(vars.closed).then(() => 'reached', error => error.message);
                const context = await page.browser().createIncognitoBrowserContext({proxyServer: 'direct://'});
                results.other = await (await context.newPage()).goto(vars.url).then(response => response.text());";
    let closed = format!("http://127.0.0.1:{}/", listener.port);
    let url = format!("{}/serve", site.origin());
    let results = slot.results(code, &[("url", &url), ("closed", &closed)]).await;
    let refused = format!("net::ERR_BLOCKED_BY_CLIENT at {closed}");
    assert_eq!(results, json!({"body": "ok", "online": true, "changes": 0, "closed": refused, "other": "ok"}));
    assert_eq!(listener.seen.all(), []);

    // Slot and Chromium are in it, and this process is not.
    let namespace = |id: u32| std::fs::read_link(format!("/proc/{id}/ns/net")).ok();
    let own = std::process::id();
    let inside = namespace(slot.process_id()).expect("the slot's namespace");
    assert_ne!(Some(&inside), namespace(own).as_ref());
    let profile = slot.folder().display().to_string();
    let is_chromium = |id: &u32| processes::command_line(*id).contains(&profile);
    let chromium: Vec<u32> = processes::tree(own).into_iter().filter(is_chromium).collect();
    assert!(!chromium.is_empty());
    for id in chromium {
        // It may have ended meanwhile.
        assert!(namespace(id).is_none_or(|of_chromium| of_chromium == inside), "process {id}");
    }
    // The parent, which has the passwords, is no business of a plain user's in there.
    if !nix::unistd::geteuid().is_root() {
        let users = |id: u32| std::fs::read_link(format!("/proc/{id}/ns/user")).ok();
        assert_ne!(users(slot.process_id()), users(own));
        assert!(!tried.contains("environment"), "{tried}");
    }
    slot.end().await;
}

#[tokio::test]
async fn what_goes_past_the_proxies_reaches_nothing() {
    nothing_goes_past().await;
}

#[tokio::test]
async fn a_plain_users_slot_has_a_namespace_too() {
    if !as_plain_user("namespace::a_plain_users_slot_has_a_namespace_too") {
        nothing_goes_past().await;
    }
}

#[tokio::test]
async fn without_a_namespace_it_would_be_reached() {
    let (listener, folder) = (Listener::start().await, tempfile::tempdir().expect("a folder"));
    let script = chromium_that_dials(&folder, listener.port);
    let slot = start(&script, "off").await;
    let seen: Vec<String> = listener.seen.all().into_iter().map(|(_, what)| what).collect();
    assert!(seen.iter().any(|what| what.starts_with("tcp")), "{seen:?}");
    assert!(seen.iter().any(|what| what.starts_with("udp")), "{seen:?}");
    let tried = notes(&folder);
    assert!(tried.contains("tcp 127.0.0.1") && tried.contains("environment"), "{tried}");
    slot.end().await;
}
