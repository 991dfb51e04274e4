//! Keeps a queue's file to one opener: a file beside it that is locked while the queue is open.
//!
//! SQLite's own exclusive lock would keep readers out as well, and a backup is one.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// How long to wait for a predecessor in this process, or another, to let go of the file.
const WAIT: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The lock; given back when dropped, or when the process dies.
pub(super) struct Lock {
    _lock: Flock<File>,
}

/// Why a queue cannot be opened: somebody has it open.
#[derive(Debug, thiserror::Error)]
#[error("process {pid} has it open")]
pub struct InUse {
    /// The process that has it open, as the lock file says.
    pub pid: String,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    #[error(transparent)]
    InUse(InUse),
    #[error("failed to lock {}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl Lock {
    /// Locks `FILE.lock`, which then says who has it. The file stays there: removing it would let two lock two files.
    pub(super) fn take(file: &Path) -> Result<Self, LockError> {
        let mut path = file.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let io = |source| LockError::Io { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(io)?;
        let deadline = Instant::now() + WAIT;
        let mut lock = loop {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => break lock,
                Err((unlocked, Errno::EWOULDBLOCK)) => file = unlocked,
                Err((_, errno)) => return Err(io(errno.into())),
            }
            if Instant::now() >= deadline {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(io)?;
                return Err(LockError::InUse(InUse { pid: pid.trim().to_owned() }));
            }
            std::thread::sleep(LOOK_AGAIN);
        };
        lock.set_len(0).map_err(io)?;
        lock.rewind().map_err(io)?;
        lock.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(io)?;
        Ok(Self { _lock: lock })
    }
}
