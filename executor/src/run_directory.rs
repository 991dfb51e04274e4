//! The folder that holds all browser profiles of one executor, and finding the processes that use it.
//!
//! `RUN_DIR/executor-XXXX/slot-N/…`: whoever holds the lock on `executor-XXXX/lock` is alive. What an executor that was
//! killed left behind, folders and browsers, the next one on the same `RUN_DIR` finds and removes when it starts or ends.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, geteuid, getpgid};

use crate::processes;

const PREFIX: &str = "executor-";

/// An executor's own folder, removed when dropped.
pub(crate) struct RunDirectory {
    folder: tempfile::TempDir,
    _lock: Flock<File>,
}

/// Why there is no run directory.
#[derive(Debug, thiserror::Error)]
#[error("failed to use {folder} as the folder for browsers' profiles, RUN_DIR (--run-dir)")]
pub struct RunDirectoryError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

impl RunDirectory {
    /// Removes what dead executors left below `base`, then makes a folder for this one.
    ///
    /// # Errors
    /// When `base` cannot be made, listed or written to.
    pub(crate) fn create(base: &Path) -> Result<Self, RunDirectoryError> {
        let failed = |source| RunDirectoryError { folder: base.to_owned(), source };
        make(base).map_err(failed)?;
        remove_dead(base).map_err(failed)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base).map_err(failed)?;
        let lock = File::create(folder.path().join("lock")).map_err(failed)?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| failed(io::Error::from_raw_os_error(errno as i32)))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Returns the folder for one slot process. Made by whoever writes to it.
    pub(crate) fn slot(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("slot-{name}"))
    }

    /// Returns the folder itself.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        kill_browsers(self.folder.path());
        remove(self.folder.path());
        // One that was being killed when this one started had its lock still.
        if let Some(base) = self.folder.path().parent() {
            let _ = remove_dead(base);
        }
    }
}

/// Checks that an executor can make its folder below `base`.
///
/// # Errors
/// When `base` cannot be made or written to.
pub(crate) fn check(base: &Path) -> Result<(), RunDirectoryError> {
    let made = make(base).and_then(|()| tempfile::Builder::new().prefix("check-").tempdir_in(base));
    made.map(drop).map_err(|source| RunDirectoryError { folder: base.to_owned(), source })
}

/// Makes the folder for its owner alone. One that is there must be this user's, or root's as mounted volumes are: whoever
/// owns a folder decides what its paths lead to.
fn make(base: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(base)?;
    let owner = fs::metadata(base)?.uid();
    if owner == geteuid().as_raw() || owner == 0 {
        return Ok(());
    }
    let reason = format!("it belongs to user {owner}: name another folder by RUN_DIR");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, reason))
}

/// Removes what dead executors left below `base`.
fn remove_dead(base: &Path) -> io::Result<()> {
    for entry in fs::read_dir(base)?.flatten() {
        if entry.file_name().as_bytes().starts_with(PREFIX.as_bytes()) {
            remove_when_dead(&entry.path());
        }
    }
    Ok(())
}

fn remove_when_dead(folder: &Path) {
    // An executor that has made its folder and not yet its lock is younger than this check is quick: leave it alone.
    let Ok(lock) = File::open(folder.join("lock")) else {
        let old = fs::metadata(folder).and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        if old.is_some_and(|age| age > Duration::from_secs(60)) {
            remove(folder);
        }
        return;
    };
    let Ok(_lock) = Flock::lock(lock, FlockArg::LockExclusiveNonblock) else { return };
    let killed = kill_browsers(folder);
    tracing::warn!(run_dir = %folder.display(), browsers = killed, "cleaning up after an executor that was killed");
    remove(folder);
}

/// Removes a folder whose last writers may be dying just now.
pub(crate) fn remove(folder: &Path) {
    for _ in 0..20 {
        match fs::remove_dir_all(folder) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    tracing::warn!(run_dir = %folder.display(), "failed to remove a folder, the next start of an executor will");
}

/// Kills every browser with a profile below `folder`; tells how many process groups that were.
fn kill_browsers(folder: &Path) -> usize {
    let groups = browser_groups(folder);
    for group in &groups {
        // An error means that the group is gone already.
        let _ = killpg(*group, Signal::SIGKILL);
    }
    groups.len()
}

/// Returns the process groups of all browsers with a profile below `folder`.
pub(crate) fn browser_groups(folder: &Path) -> Vec<Pid> {
    let mut groups: Vec<Pid> =
        browser_processes(folder).into_iter().filter_map(|pid| getpgid(Some(pid)).ok()).collect();
    let own = nix::unistd::getpgrp();
    groups.retain(|group| *group != own && group.as_raw() > 1);
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// The processes that were started with a profile below `folder`.
fn browser_processes(folder: &Path) -> Vec<Pid> {
    // With its slash: `slot-1` is not `slot-10`.
    let mut needle = b"--user-data-dir=".to_vec();
    needle.extend_from_slice(folder.as_os_str().as_bytes());
    needle.push(b'/');
    let uses = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.windows(needle.len()).any(|part| part == needle)
    };
    processes::all().filter(uses).map(Pid::from_raw).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use super::{RunDirectory, browser_groups, browser_processes, kill_browsers};

    /// A process with a browser's argument that does nothing until it is killed. It starts no other: a fork that is
    /// about to run something else would be found by its parent's arguments.
    fn pretender(profile: &std::path::Path) -> Child {
        let profile = format!("--user-data-dir={}", profile.display());
        let mut waits = Command::new("sh");
        waits.args(["-c", "read line", &profile]).stdin(Stdio::piped()).process_group(0).spawn().unwrap()
    }

    #[test]
    fn a_slots_browsers_are_found_and_its_neighbours_are_left_alone() {
        let base = tempfile::tempdir().unwrap();
        let (one, ten) = (base.path().join("slot-1"), base.path().join("slot-10"));
        let (mut first, mut second) = (pretender(&one.join("profile")), pretender(&ten.join("profile")));
        // A process that was just started may not have its arguments yet.
        let started = std::time::Instant::now();
        while browser_groups(base.path()).len() < 2 && started.elapsed() < Duration::from_secs(10) {}
        assert_eq!(browser_groups(base.path()).len(), 2);

        assert_eq!(kill_browsers(&one), 1);
        first.wait().unwrap();

        assert!(browser_processes(&one).is_empty());
        assert_eq!(browser_processes(&ten).len(), 1);
        assert!(second.try_wait().unwrap().is_none());
        kill_browsers(&ten);
        second.wait().unwrap();
    }

    #[test]
    fn a_dead_executors_folder_goes_and_a_living_ones_stays() {
        let base = tempfile::tempdir().unwrap();
        let living = RunDirectory::create(base.path()).unwrap();
        let dead = base.path().join("executor-dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("lock"), "").unwrap();
        let foreign = base.path().join("something-else");
        std::fs::create_dir(&foreign).unwrap();

        let second = RunDirectory::create(base.path()).unwrap();

        assert!(!dead.exists());
        assert!(living.path().exists() && foreign.exists());
        // It died while the second one started, and had its lock still.
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("lock"), "").unwrap();
        let path = second.path().to_owned();
        drop(second);
        assert!(!path.exists() && !dead.exists());
        assert!(living.path().exists());
        assert!(browser_processes(base.path()).is_empty());
    }
}
