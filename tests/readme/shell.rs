//! Scripts in the shells that people paste into.

use std::path::Path;
use std::time::Duration;

use testkit::processes::Program;

/// What a shell prints for a script in a folder; it must end well.
pub(crate) async fn shell(name: &str, folder: &Path, script: &str) -> String {
    let script = format!("cd '{}' || exit 1\n{script}", folder.display());
    let mut process = Program::new(name).arg("-c").arg(&script).spawn();
    let status = process.wait(Duration::from_secs(60)).await;
    assert!(status.success(), "{name}: {status}\n{script}\n{}{}", process.stdout(), process.stderr());
    process.stdout()
}

/// The shells that people paste into, as far as this machine has them; bash is always there.
pub(crate) fn shells() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).exists());
    ["bash", "zsh"].into_iter().filter(|name| *name == "bash" || has(name)).collect()
}
