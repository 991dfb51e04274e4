//! `puppet-master doctor` on machines that lack something.

use serde_json::Value;
use testkit::ports;
use tests::stack::{CHROMIUM_ARGS, TOKEN};
use tests::up::{program, started};

use super::{Ended, ended, here, shell};

/// The check of a name in the JSON that it printed.
fn check(ended: &Ended, name: &str) -> (String, String) {
    let checks: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    let found = checks.as_array().expect("an array").iter().find(|check| check["check"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {checks}"));
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    assert!(["ok", "skip"].contains(&&*text("state")) || !text("advice").is_empty(), "{found}");
    (text("state"), text("found"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_can_run_jobs_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = ports::free();
    let (_up, _client) = started(program(port, folder.path()).env("ENABLE_JOBS", "false"), port).await;
    let data = folder.path().join("data").display().to_string();
    let server = format!("127.0.0.1:{port}");
    let healthy =
        here(folder.path(), &["doctor", "--json", "--data-dir", &data, "--server", &server, "--token", TOKEN]);
    let healthy = ended(healthy).await;
    assert_eq!(healthy.code, Some(0), "{healthy:?}");
    assert!(check(&healthy, "job").1.contains("ran a job in"), "{healthy:?}");
    for name in ["version", "chromium", "job", "gateway", "clock"] {
        assert_eq!(check(&healthy, name).0, "ok", "{name}: {healthy:?}");
    }
    for name in ["broker", "database", "files"] {
        assert_eq!(check(&healthy, name).0, "skip", "{name}: {healthy:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_fails_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let (broker, database, gateway) = (ports::free(), ports::free(), ports::free());
    let sick = here(folder.path(), &["doctor", "--json", "--server", &format!("localhost:{gateway}"), "--token", "t"])
        .env("CHROMIUM_EXECUTABLE", "/nowhere/chromium")
        .env("DATA_DIR", "/proc/data")
        .env("QUEUE_HOST", "127.0.0.1")
        .env("QUEUE_PORT", broker)
        .env("QUEUE_USERNAME", "q")
        .env("QUEUE_PASSWORD", "hunter2")
        .env("COUCH_DB_HOST", "127.0.0.1")
        .env("COUCH_DB_PORT", database)
        .env("COUCH_DB_USERNAME", "c")
        .env("FILES_URL", "ftp://user:hunter2@files/");
    let sick = ended(sick).await;
    assert_eq!(sick.code, Some(1), "{sick:?}");
    for (name, told) in [
        ("chromium", "/nowhere/chromium"),
        ("data", "/proc"),
        ("broker", &format!("127.0.0.1:{broker}")),
        ("database", "COUCH_DB_PASSWORD (--couch-db-password) is missing"),
        ("files", "ftp"),
        ("gateway", &format!("localhost:{gateway}")),
    ] {
        let (state, found) = check(&sick, name);
        assert!(state == "fail" && found.contains(told), "{name}: {found}");
    }
    assert!(!sick.stdout.contains("hunter2"), "{sick:?}");
}

/// A disk of 64 KiB is full at once. It is mounted in a namespace of the test's own, and where users have none by sudo.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let mount = format!("mount -t tmpfs -o size=64k none \"{}\"", folder.path().display());
    let doctor = "\"$pm\" doctor --json --run-dir \"$disk\" --data-dir \"$disk/data\"; echo \"ended with $?\" >&2";
    let line = format!(
        "unshare -rm true 2> /dev/null && own='unshare -rm' || own='sudo -n --preserve-env unshare -m'; \
         $own bash -c '{mount} && {{ {doctor}; }}'"
    );
    let full = shell(&line).env("disk", folder.path().display()).env("CHROMIUM_EXTRA_ARGS", CHROMIUM_ARGS);
    let full = ended(full).await;
    assert!(full.stderr.contains("ended with 1"), "{full:?}");
    for name in ["profiles", "data"] {
        let (state, found) = check(&full, name);
        assert!(state == "fail" && found.contains("No space left on device"), "{name}: {found}");
    }
}
