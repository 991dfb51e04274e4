//! The Chromium process: which one, its flags, its profile directory, and the death of its whole tree.
//!
//! Debian's commands are shell scripts around the browser, so the child's death is not the browser's. The browser gets
//! its own process group, and every way out kills all of it, reaps the child and removes the profile. Whoever holds our
//! end of the debugging pipe controls the browser; when that is closed, Chromium leaves by itself.

mod arguments;
mod child;
mod error;
mod executable;
mod greeting;
mod network;
mod options;
mod sandbox;

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

pub use self::child::enter_namespaces;
pub use self::error::LaunchError;
pub use self::executable::find_executable;
use self::greeting::{Greeting, NoAnswer};
pub use self::options::LaunchOptions;
pub use self::sandbox::{Sandbox, SandboxObstacle, sandbox_obstacle, sandbox_obstacle_in};

/// A running Chromium. Dropping it kills its whole process group and removes the profile.
#[derive(Debug)]
pub struct Chromium {
    executable: PathBuf,
    process_group: Pid,
    child: Option<Child>,
    profile: Option<TempDir>,
}

impl Chromium {
    /// Starts Chromium and waits until it answers on its debugging pipe, of which our end comes along.
    ///
    /// # Errors
    /// [`LaunchError`]; nothing is left running then.
    pub async fn launch(options: &LaunchOptions) -> Result<(Self, OwnedFd), LaunchError> {
        let executable = find_executable(options.executable.as_deref())?;
        let profile_error = |source| LaunchError::Profile { run_dir: options.run_dir.clone(), source };
        let profile =
            tempfile::Builder::new().prefix("chromium-profile-").tempdir_in(&options.run_dir).map_err(profile_error)?;
        let log = profile.path().join("stderr.log");
        let stderr = File::create(&log).map_err(profile_error)?;
        let spawn_error = |source| LaunchError::Spawn { executable: executable.clone(), source };
        let (pipe, its_end) = UnixStream::pair().map_err(spawn_error)?;
        let greeting = Greeting::say(pipe).map_err(spawn_error)?;

        let mut command = Command::new(&executable);
        command
            .args(arguments::all(options, profile.path()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .process_group(0);
        if let Some(environment) = &options.environment {
            command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
        }
        adopt_orphans();
        enter_namespaces(&mut command, &options.namespaces);
        child::inherit_as_3_and_4(&mut command, &its_end);
        child::limit(&mut command, options.memory_limit);
        let child = command.spawn().map_err(spawn_error)?;
        drop(its_end);
        let process_group =
            Pid::from_raw(i32::try_from(child.id()).map_err(|error| spawn_error(io::Error::other(error)))?);
        let mut chromium = Self { executable, process_group, child: Some(child), profile: Some(profile) };
        let pipe = chromium.greet(greeting, options.timeout, &log).await?;
        Ok((chromium, pipe))
    }

    async fn greet(&mut self, greeting: Greeting, timeout: Duration, log: &Path) -> Result<OwnedFd, LaunchError> {
        let mut status = None;
        let has_ended = || {
            status = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            status.is_some()
        };
        let answered = greeting.answered(timeout, has_ended).await;
        let executable = self.executable.clone();
        answered.map_err(|error| match error {
            NoAnswer::Ended => {
                let status = status.map(|status| status.to_string()).unwrap_or_default();
                LaunchError::Exited { executable, status, stderr: last_words(log) }
            }
            NoAnswer::Silent => LaunchError::Silent { executable, timeout, stderr: last_words(log) },
        })
    }

    /// Returns the process group, which is also the id of the child process.
    pub fn process_group(&self) -> i32 {
        self.process_group.as_raw()
    }

    /// Returns the program that was started.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// Returns the profile directory; `None` once it is removed.
    pub fn profile(&self) -> Option<&Path> {
        self.profile.as_ref().map(TempDir::path)
    }

    /// Kills the whole process group, reaps it and removes the profile directory.
    pub fn kill(&mut self) {
        let Some(child) = self.child.take() else { return };
        // The group outlives its leader while any member lives, so the number cannot have been given away.
        let _ = killpg(self.process_group, Signal::SIGKILL);
        // The child is one of the group.
        drop(child);
        reap(self.process_group);
        if let Some(profile) = self.profile.take() {
            remove(profile);
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Collects every member of a killed group; those whose parents died first are ours since [`adopt_orphans`].
fn reap(group: Pid) {
    let members = Pid::from_raw(-group.as_raw());
    for _ in 0..1000 {
        match waitpid(members, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return,
            Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(2)),
            Ok(_) | Err(_) => {}
        }
    }
    tracing::warn!(process.group = group.as_raw(), "killed processes of Chromium do not die");
}

/// Makes this process the parent of its descendants whose own parents die, so that they can be reaped: not every
/// machine has a first process that does it.
fn adopt_orphans() {
    // SAFETY: sets a flag of this process.
    if unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) } != 0 {
        tracing::warn!(error = %io::Error::last_os_error(), "orphans of Chromium may be left as zombies");
    }
}

/// Killed processes may still write for a moment, so a directory can fill again while it is being emptied.
fn remove(profile: TempDir) {
    let path = profile.keep();
    for _ in 0..50 {
        match fs::remove_dir_all(&path) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    tracing::warn!(path = %path.display(), "failed to remove Chromium's profile directory");
}

fn last_words(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a shell script in Chromium's place, which leaves nothing behind.
    async fn failure_of(script: &str, timeout: Duration) -> String {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chromium");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let run_dir = folder.path().join("run");
        fs::create_dir(&run_dir).unwrap();
        let executable = Some(program);
        let options = LaunchOptions { executable, run_dir: run_dir.clone(), timeout, ..LaunchOptions::default() };
        let error = Chromium::launch(&options).await.unwrap_err().to_string();
        assert_eq!(fs::read_dir(run_dir).unwrap().count(), 0);
        error
    }

    #[tokio::test]
    async fn a_program_that_ends_says_why() {
        let error = failure_of("echo no display >&2; exit 3", Duration::from_secs(30)).await;
        assert!(error.contains("exit status: 3") && error.contains("no display"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_does_not_answer_is_not_waited_for() {
        for script in ["echo thinking >&2; exec sleep 60", "echo thinking >&2; exec 3>&- 4>&-; exec sleep 60"] {
            let error = failure_of(script, Duration::from_millis(300)).await;
            assert!(
                error.ends_with("did not answer on its debugging pipe within 300ms; its last words: thinking"),
                "{error}"
            );
        }
    }
}
