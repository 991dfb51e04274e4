//! One foreign server program, in a process group that cannot outlive the test.
//!
//! Between the test and the server stands a small shell, the keeper. It reads from a pipe that only the test process holds
//! open: when the test process ends, however it ends, the read returns, the whole group is killed and the server's directory
//! removed. When the server exits by itself the keeper does the same, so that a start that fails is noticed at once.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// `$1` is the server's directory, the rest its command. What cleans up is not a member of the group that it kills.
const KEEPER: &str = r#"
directory=$1; shift
("$@"; kill -9 0) &
read -r _
exec setsid sh -c 'kill -s KILL -- "-$1"; rm -rf "$2"' cleaner $$ "$directory"
"#;
const POLL: Duration = Duration::from_millis(20);

/// A running server program and where it logs.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `program`, whose files are all in `directory`, with its output there in `output.log`.
    ///
    /// # Panics
    /// When the log cannot be opened or no process can be made.
    #[must_use]
    pub fn spawn(program: &Command, directory: &Path) -> Self {
        let log = directory.join("output.log");
        let output = File::options().create(true).append(true).open(&log).expect("a server's log can be opened");
        let errors = output.try_clone().expect("a file handle can be cloned");
        let mut keeper = Command::new("/bin/sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(directory).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => keeper.env(name, value),
                None => keeper.env_remove(name),
            };
        }
        if let Some(current) = program.get_current_dir() {
            keeper.current_dir(current);
        }
        keeper.stdin(Stdio::piped()).stdout(output).stderr(errors).process_group(0);
        Self { keeper: keeper.spawn().expect("/bin/sh can be started"), log }
    }

    /// Waits until `port` of 127.0.0.1 answers `probe` with at least one byte.
    ///
    /// # Errors
    /// What the server logged, when it exits or stays silent for `deadline`.
    pub async fn answers(&mut self, port: u16, probe: &[u8], deadline: Duration) -> Result<(), String> {
        let end = Instant::now() + deadline;
        loop {
            if answers(port, probe).await {
                return Ok(());
            }
            if let Ok(Some(status)) = self.keeper.try_wait() {
                return Err(format!("exited while it started ({status}); {}", self.last_words()));
            }
            if Instant::now() > end {
                return Err(format!("does not answer on port {port} after {deadline:?}; {}", self.last_words()));
            }
            sleep(POLL).await;
        }
    }

    /// SIGKILL to the whole group, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Ok(None) = self.keeper.try_wait() {
            let group = Pid::from_raw(self.keeper.id().cast_signed());
            // The group may have ended between the two calls; that is what was wanted.
            let _ = killpg(group, Signal::SIGKILL);
            let _ = self.keeper.wait();
        }
    }

    /// The process group, for tests that send other signals.
    #[must_use]
    pub fn group(&self) -> Pid {
        Pid::from_raw(self.keeper.id().cast_signed())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(20).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        format!("the end of {}:\n{}", self.log.display(), tail.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether a server on this port of 127.0.0.1 answers `probe` with anything.
pub(crate) async fn answers(port: u16, probe: &[u8]) -> bool {
    let attempt = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(probe).await?;
        stream.read_u8().await
    };
    matches!(timeout(Duration::from_secs(2), attempt).await, Ok(Ok(_)))
}
