//! Our own binaries as child processes, and what processes may leave behind.

mod process_table;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

use self::process_table::wait_until_gone;

pub use self::process_table::{
    assert_none_mentioning, command_line, mentioning, open_files, tree, tree_cpu, tree_memory,
    wait_for_end_of_mentioning,
};

const POLL: Duration = Duration::from_millis(10);
/// Passed on to programs under test; the rest of their environment is what the test says.
const INHERITED: [&str; 9] =
    ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "RUST_LOG", "RUST_BACKTRACE", "CHROMIUM_EXECUTABLE", "XDG_CACHE_HOME"];

/// Returns the path of one of the workspace's binaries, built now unless `make test` has said (TEST_BINARIES_BUILT) that it did.
/// A test of the package that owns the binary has `env!("CARGO_BIN_EXE_name")` instead.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // target/debug/deps/test-1234 or target/debug/test
    let directory = test.parent().expect("a program is in a directory");
    let directory = if directory.ends_with("deps") { directory.parent().expect("deps is below") } else { directory };
    let path = directory.join(name);
    if std::env::var_os("TEST_BINARIES_BUILT").is_none() {
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--quiet", "--workspace", "--bin", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if directory.ends_with("release") {
            build.arg("--release");
        }
        let status = build.stdin(Stdio::null()).status().expect("cargo can be started");
        assert!(status.success(), "cargo could not build {name}");
    }
    assert!(path.exists(), "{} was not built", path.display());
    path
}

/// A program to start: path, arguments, environment.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

/// A running program in a process group of its own; the group is killed when this is dropped, and the program also when
/// the test process dies. Whoever drops it goes on once all that the program has started is gone, too: nobody writes to its
/// folders then. Its output goes to files.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    output: TempDir,
}

impl Program {
    /// Describes a program with no arguments and an environment of PATH, HOME and the like.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), arguments: Vec::new(), environment: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl ToString) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.to_string().into()));
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn spawn(&self) -> Process {
        let output = tempfile::Builder::new().prefix("output-").tempdir().expect("a temporary directory");
        let file = |name| File::create(output.path().join(name)).expect("a temporary directory is writable");
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).env_clear();
        command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr")).process_group(0);
        // SAFETY: between fork and exec only prctl is called, which is async-signal-safe.
        unsafe {
            command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?));
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let child = spawn_for_life(command).unwrap_or_else(|error| panic!("failed to start {name}: {error}"));
        Process { child, name, output }
    }
}

impl Process {
    /// Returns the program's process id, also its group's.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads what it has written to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.read("stdout")
    }

    /// Reads what it has written to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    /// Waits until `text` is in its output (either one) and returns the first line that holds it.
    ///
    /// # Panics
    /// When the program ends, or the deadline passes, without it.
    pub async fn wait_for_output(&mut self, text: &str, deadline: Duration) -> String {
        let end = Instant::now() + deadline;
        loop {
            // Asked before reading: what an ended program wrote is all there.
            let ended = self.exit_status();
            let (stdout, stderr) = (self.stdout(), self.stderr());
            if let Some(line) = stdout.lines().chain(stderr.lines()).find(|line| line.contains(text)) {
                return line.to_owned();
            }
            if let Some(status) = ended {
                panic!("{} ended ({status}) without writing {text:?}\n{}", self.name, self.transcript());
            }
            assert!(
                Instant::now() < end,
                "{} did not write {text:?} within {deadline:?}\n{}",
                self.name,
                self.transcript()
            );
            sleep(POLL).await;
        }
    }

    /// Waits until something listens on `port` of 127.0.0.1.
    ///
    /// # Panics
    /// When the program ends, or the deadline passes, before.
    pub async fn wait_for_port(&mut self, port: u16, deadline: Duration) {
        let end = Instant::now() + deadline;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = self.exit_status() {
                panic!("{} ended ({status}) before it listened on {port}\n{}", self.name, self.transcript());
            }
            assert!(
                Instant::now() < end,
                "{} does not listen on {port} after {deadline:?}\n{}",
                self.name,
                self.transcript()
            );
            sleep(POLL).await;
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When the deadline passes before.
    pub async fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let end = Instant::now() + deadline;
        loop {
            if let Some(status) = self.exit_status() {
                return status;
            }
            assert!(Instant::now() < end, "{} still runs after {deadline:?}\n{}", self.name, self.transcript());
            sleep(POLL).await;
        }
    }

    /// Returns how it ended, when it has.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked for its status")
    }

    /// Sends a signal to the program alone.
    pub fn signal(&mut self, signal: Signal) {
        if self.exit_status().is_none() {
            kill(self.pid(), signal).expect("a child that was not reaped can be signalled");
        }
    }

    /// Sends SIGTERM to the program alone.
    pub fn terminate(&mut self) {
        self.signal(Signal::SIGTERM);
    }

    /// Sends SIGKILL to the program alone, as a crash: its children are left to themselves.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
    }

    /// Sends SIGKILL to its whole process group.
    pub fn kill_group(&mut self) {
        // Nobody left in the group is what was wanted.
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let _ = self.child.wait();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.output.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn transcript(&self) -> String {
        format!("--- stdout of {}\n{}--- stderr\n{}---", self.name, self.stdout(), self.stderr())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.transcript());
        }
        let started = if self.exit_status().is_none() { tree(self.id()) } else { Vec::new() };
        self.kill_group();
        wait_until_gone(&started);
    }
}

/// Starts a command from a thread that lives as long as this process: the death signal is tied to the thread that made the
/// child, and a test's own thread may end while the child is still wanted.
fn spawn_for_life(command: Command) -> std::io::Result<Child> {
    type Request = (Command, mpsc::Sender<std::io::Result<Child>>);
    static SPAWNER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, requests) = mpsc::channel::<Request>();
        std::thread::spawn(move || {
            for (mut command, answer) in requests {
                // The asker waits for the answer below.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, answered) = mpsc::channel();
    spawner.send((command, answer)).expect("the spawner lives as long as the process");
    answered.recv().expect("the spawner answers each request")
}
