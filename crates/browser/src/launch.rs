//! The Chromium process: which one, its flags, its profile directory, and the death of its whole tree.
//!
//! Debian's commands are shell scripts around the browser, so the child's death is not the browser's. The browser gets
//! its own process group, and every way out kills all of it, reaps the child and removes the profile. When this
//! process dies without a way out, the end of the inherited debugging pipe makes Chromium leave by itself.

mod arguments;
mod child;
mod debugging_port;

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

use self::debugging_port::DebuggingPort;

/// What is tried, in this order, when no executable is named.
const EXECUTABLES: [&str; 6] = [
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// How to start Chromium.
#[derive(Clone, Debug)]
pub struct LaunchOptions {
    /// The program; `None` looks for one in `PATH`, `chromium-headless-shell` first.
    pub executable: Option<PathBuf>,
    /// Without a window.
    pub headless: bool,
    /// Further flags. Of a flag given twice Chromium takes the last one.
    pub extra_args: Vec<String>,
    /// The first window's size in CSS pixels.
    pub window_size: (u32, u32),
    /// The user interface's language.
    pub language: String,
    /// Where the profile directory is made.
    pub run_dir: PathBuf,
    /// How long Chromium may take to open its debugging port.
    pub timeout: Duration,
    /// For trusted users: local addresses and downloads are open.
    pub allow_local: bool,
    /// How much memory one process of Chromium may use for data, in bytes.
    pub memory_limit: Option<u64>,
}

impl Default for LaunchOptions {
    fn default() -> Self {
        Self {
            executable: None,
            headless: true,
            extra_args: Vec::new(),
            window_size: (1920, 1080),
            language: "en".to_owned(),
            run_dir: std::env::temp_dir(),
            timeout: Duration::from_secs(30),
            allow_local: false,
            memory_limit: None,
        }
    }
}

/// Why there is no Chromium.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No program to start.
    #[error(
        "found no Chromium (looked in PATH for {tried}); install the package chromium-headless-shell or chromium, or \
         google-chrome-stable, or name the program with CHROMIUM_EXECUTABLE"
    )]
    NotFound {
        /// The names that were looked for.
        tried: String,
    },
    /// The program that was named is not there, or cannot be run.
    #[error(
        "found no program that can be run at CHROMIUM_EXECUTABLE={executable}; name Chromium's, or name none to have it \
         looked for in PATH"
    )]
    NotThere {
        /// What was named.
        executable: PathBuf,
    },
    /// No place for the profile.
    #[error("failed to make a profile directory in {run_dir}")]
    Profile {
        /// Where.
        run_dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system refused to start the program.
    #[error("failed to start {executable}")]
    Spawn {
        /// The program.
        executable: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The program ended before it could be talked to.
    #[error("{executable} ended at its start ({status}); its last words: {stderr}")]
    Exited {
        /// The program.
        executable: PathBuf,
        /// How it ended.
        status: String,
        /// The end of its error output.
        stderr: String,
    },
    /// The program opened no debugging port in time.
    #[error("{executable} opened no debugging port within {timeout:?}; its last words: {stderr}")]
    Silent {
        /// The program.
        executable: PathBuf,
        /// How long it had.
        timeout: Duration,
        /// The end of its error output.
        stderr: String,
    },
    /// The program runs, but does not talk.
    #[error("failed to talk to {executable}")]
    Talk {
        /// The program.
        executable: PathBuf,
        /// Why.
        #[source]
        source: crate::error::Error,
    },
}

/// A running Chromium. Dropping it kills its whole process group and removes the profile.
#[derive(Debug)]
pub struct Chromium {
    executable: PathBuf,
    ws_endpoint: String,
    process_group: Pid,
    child: Option<Child>,
    profile: Option<TempDir>,
    _port: DebuggingPort,
    /// Our ends of the pipes whose closing tells an orphaned Chromium to leave.
    _lifeline: (OwnedFd, OwnedFd),
}

impl Chromium {
    /// Starts Chromium and waits until its debugging port is open.
    ///
    /// # Errors
    /// [`LaunchError`]; nothing is left running then.
    pub async fn launch(options: &LaunchOptions) -> Result<Self, LaunchError> {
        let executable = find_executable(options.executable.as_deref())?;
        let profile_error = |source| LaunchError::Profile { run_dir: options.run_dir.clone(), source };
        let profile =
            tempfile::Builder::new().prefix("chromium-profile-").tempdir_in(&options.run_dir).map_err(profile_error)?;
        let log = profile.path().join("stderr.log");
        let stderr = File::create(&log).map_err(profile_error)?;
        let spawn_error = |source| LaunchError::Spawn { executable: executable.clone(), source };
        let (commands_in, commands_out) =
            nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|error| spawn_error(error.into()))?;
        let (replies_in, replies_out) =
            nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|error| spawn_error(error.into()))?;

        let port = DebuggingPort::claim().ok_or_else(|| {
            let text = "no port is free for it to be controlled through";
            spawn_error(io::Error::new(io::ErrorKind::AddrInUse, text))
        })?;
        let mut command = Command::new(&executable);
        command
            .args(arguments::all(options, profile.path(), &port))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .process_group(0);
        adopt_orphans();
        child::inherit_as_3_and_4(&mut command, &commands_in, &replies_out);
        child::limit(&mut command, options.memory_limit);
        let child = command.spawn().map_err(spawn_error)?;
        let process_group =
            Pid::from_raw(i32::try_from(child.id()).map_err(|error| spawn_error(io::Error::other(error)))?);
        let mut chromium = Self {
            executable,
            ws_endpoint: String::new(),
            process_group,
            child: Some(child),
            profile: Some(profile),
            _port: port,
            _lifeline: (commands_out, replies_in),
        };
        chromium.ws_endpoint = chromium.wait_for_port(options.timeout, &log).await?;
        Ok(chromium)
    }

    async fn wait_for_port(&mut self, timeout: Duration, log: &Path) -> Result<String, LaunchError> {
        let deadline = tokio::time::Instant::now() + timeout;
        // A browser with windows writes no `DevToolsActivePort` file for a port that it was given, but each of them
        // says its address where errors go. Nobody tells when the line is there, so it is looked for.
        let mut pause = tokio::time::interval(Duration::from_millis(3));
        loop {
            pause.tick().await;
            if let Some(address) = fs::read(log).ok().and_then(|text| read_address(&String::from_utf8_lossy(&text))) {
                return Ok(address);
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if let Some(status) = ended {
                let (executable, status) = (self.executable.clone(), status.to_string());
                return Err(LaunchError::Exited { executable, status, stderr: last_words(log) });
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(LaunchError::Silent {
                    executable: self.executable.clone(),
                    timeout,
                    stderr: last_words(log),
                });
            }
        }
    }

    /// The address of the browser's own CDP session.
    pub fn ws_endpoint(&self) -> &str {
        &self.ws_endpoint
    }

    /// The process group, which is also the id of the child process.
    pub fn process_group(&self) -> i32 {
        self.process_group.as_raw()
    }

    /// The program that was started.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// The profile directory.
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

/// The program that is started: the one that is named, or else the first of those that are known in `PATH`.
///
/// # Errors
/// [`LaunchError::NotFound`] or [`LaunchError::NotThere`], which say what to do.
pub fn find_executable(named: Option<&Path>) -> Result<PathBuf, LaunchError> {
    let in_path = |name: &Path| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| can_be_run(file))
    };
    let Some(named) = named else {
        let found = EXECUTABLES.iter().find_map(|name| in_path(Path::new(name)));
        return found.ok_or_else(|| LaunchError::NotFound { tried: EXECUTABLES.join(", ") });
    };
    // As a shell does it: a bare name is looked for.
    let is_bare = named.components().count() == 1 && !named.as_os_str().as_encoded_bytes().contains(&b'/');
    let found = if is_bare { in_path(named) } else { Some(named.to_owned()).filter(|file| can_be_run(file)) };
    found.ok_or_else(|| LaunchError::NotThere { executable: named.to_owned() })
}

fn can_be_run(file: &Path) -> bool {
    file.is_file() && nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok()
}

/// The browser's address, once its line is whole.
fn read_address(log: &str) -> Option<String> {
    let whole = &log[..=log.rfind('\n')?];
    let address = whole.lines().find_map(|line| line.trim().strip_prefix("DevTools listening on "))?;
    address.starts_with("ws://127.0.0.1:").then(|| address.to_owned())
}

fn last_words(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_only_when_its_line_is_whole() {
        let line = "DevTools listening on ws://127.0.0.1:4321/devtools/browser/x";
        assert_eq!(read_address(line), None);
        assert_eq!(read_address("an error\n"), None);
        assert_eq!(
            read_address(&format!("an error\n{line}\n")),
            Some("ws://127.0.0.1:4321/devtools/browser/x".to_owned())
        );
    }

    #[test]
    fn a_program_is_found_by_its_name_or_its_path_and_only_when_it_can_be_run() {
        assert!(find_executable(Some(Path::new("sh"))).unwrap().ends_with("sh"));
        assert_eq!(find_executable(Some(Path::new("/bin/sh"))).unwrap(), Path::new("/bin/sh"));
        for path in ["/nowhere/chromium", "no-such-program", "/etc/passwd", "/etc", "./sh"] {
            let error = find_executable(Some(Path::new(path))).unwrap_err();
            assert!(matches!(&error, LaunchError::NotThere { executable } if executable == Path::new(path)), "{error}");
        }
    }

    #[tokio::test]
    async fn a_program_that_ends_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chromium");
        fs::write(&program, "#!/bin/sh\necho no display >&2\nexit 3\n").unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let run_dir = folder.path().join("run");
        fs::create_dir(&run_dir).unwrap();
        let options = LaunchOptions { executable: Some(program), run_dir: run_dir.clone(), ..LaunchOptions::default() };
        let error = Chromium::launch(&options).await.unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("no display"), "{error}");
        assert_eq!(fs::read_dir(run_dir).unwrap().count(), 0);
    }
}
