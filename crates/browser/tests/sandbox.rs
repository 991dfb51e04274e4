//! Chromium's own sandbox, for a plain user: root makes one.

#![allow(clippy::unwrap_used)] // only tests are here

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use browser::launch::{LaunchOptions, Sandbox, SandboxObstacle, sandbox_obstacle};
use browser::page::GotoOptions;
use browser::remote_object::{EvaluationResult, PageFunction};
use browser::{Browser, Page};
use serde_json::Value;
use testkit::processes;

/// Names the folder of the plain user, in the process that the tests start as that user.
const FOLDER: &str = "BROWSER_TEST_PLAIN_FOLDER";
const NOBODY: u32 = 65_534;

/// Runs the test of this name again as a plain user.
fn as_plain_user(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture"]).env(FOLDER, folder.path()).env("HOME", folder.path());
    again.env("TMPDIR", folder.path());
    if nix::unistd::geteuid().is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        again.uid(NOBODY).gid(NOBODY);
    }
    let output = again.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// A page in a sandboxed Chromium.
fn on_page<F: Future<Output = ()>>(memory_limit: u64, test: impl FnOnce(std::rc::Rc<Browser>, std::rc::Rc<Page>) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let options = LaunchOptions {
            executable: std::env::var_os("CHROMIUM_EXECUTABLE").map(Into::into),
            run_dir: std::env::var_os(FOLDER).unwrap().into(),
            memory_limit: Some(memory_limit),
            sandbox: Sandbox::On,
            ..LaunchOptions::default()
        };
        let browser = Browser::launch(&options).await.unwrap();
        let page = browser.create_browser_context().await.unwrap().new_page().await.unwrap();
        let run = test(browser.clone(), page);
        tokio::time::timeout(Duration::from_secs(60), run).await.expect("the test ends");
        browser.close().await;
    });
}

async fn value(page: &std::rc::Rc<Page>, source: &str) -> Value {
    match page.evaluate(PageFunction::function(source).unwrap(), Vec::new()).await.unwrap() {
        EvaluationResult::Json(value) => value,
        other => panic!("{source} gave {other:?}"),
    }
}

#[test]
fn root_has_none() {
    if nix::unistd::geteuid().is_root() {
        assert_eq!(sandbox_obstacle(), Some(SandboxObstacle::Root));
    }
}

#[test]
fn renderers_are_shut_in() {
    if std::env::var_os(FOLDER).is_none() {
        return as_plain_user("renderers_are_shut_in");
    }
    assert_eq!(sandbox_obstacle(), None);
    on_page(2 << 30, |browser, page| async move {
        let site = testkit::site::Site::start();
        page.goto(&site.url("/next.html"), GotoOptions::default()).await.unwrap();
        assert_eq!(value(&page, "() => 6 * 7").await, 42);
        let mut renderers = 0;
        for id in processes::tree(browser.process_id().unwrap().cast_unsigned()) {
            let line = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            if line.contains("--type=renderer") {
                let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
                let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
                assert!(field("NSpid:").split_whitespace().count() > 1, "it sees other processes: {status}");
                assert_eq!(field("Seccomp:"), "2", "it can make any system call: {status}");
                renderers += 1;
            }
        }
        assert!(renderers > 0);
    });
}

#[test]
fn a_pages_memory_is_bounded() {
    if std::env::var_os(FOLDER).is_none() {
        return as_plain_user("a_pages_memory_is_bounded");
    }
    on_page(512 << 20, |browser, page| async move {
        let source = "() => { const kept = []; try { for (let i = 0; i < 40; i++) kept.push(new Uint8Array(64 << 20).fill(1)); return 'all' }
                      catch (error) { return error.name } }";
        let taken = page.evaluate(PageFunction::function(source).unwrap(), Vec::new());
        // The page crashes, or the allocation fails.
        let outcome = tokio::select! {
            taken = taken => taken.map(|value| format!("{value:?}")).unwrap_or_default(),
            () = page.crashed() => String::new(),
        };
        assert!(!outcome.contains("all"), "{outcome}");
        assert!(browser.is_connected());
    });
}

#[test]
fn the_containers_profile_allows_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/seccomp/chromium.json");
    let profile: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(profile["defaultAction"], "SCMP_ACT_ALLOW");
    let refused: Vec<&str> = profile["syscalls"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rule| {
            assert_eq!(rule["action"], "SCMP_ACT_ERRNO");
            rule["names"].as_array().unwrap().iter().filter_map(Value::as_str)
        })
        .collect();
    for needed in ["clone", "clone3", "unshare", "setns", "chroot", "setuid", "setgid", "seccomp", "prctl"] {
        assert!(!refused.contains(&needed), "Chromium's sandbox and the slots' namespaces need {needed}");
    }
    for dangerous in ["bpf", "ptrace", "keyctl", "mount", "kexec_load", "io_uring_setup", "userfaultfd"] {
        assert!(refused.contains(&dangerous), "{dangerous} is allowed");
    }
}
