//! What can go wrong with a job's files.

use job_model::{FileName, InvalidFileName};
use nix::errno::Errno;

/// Why a file could not be used. Its text is for the script's author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// The name breaks the rule of names.
    #[error(transparent)]
    Name(#[from] InvalidFileName),
    /// The operating system refused, in Node's words.
    #[error("{}: {}, {call} '{name}'", code(*errno), reason(*errno))]
    Os {
        /// What was tried: the name that Node gives the system call.
        call: &'static str,
        /// On which file; `.` is the job's folder.
        name: String,
        /// Why not.
        errno: Errno,
    },
    /// The files would be larger than they may.
    #[error("Limit of {limit} bytes of files (JOB_FILES_BYTES) exceeded")]
    TooManyBytes {
        /// The limit.
        limit: u64,
    },
    /// Its content would not fit the job's memory.
    #[error("{name} does not fit the job's memory: it has {bytes} bytes")]
    TooLargeForMemory {
        /// The file.
        name: String,
        /// What was to be read of it.
        bytes: u64,
    },
    /// There would be more files than there may be.
    #[error("Limit of {limit} files (JOB_FILES) exceeded")]
    TooManyFiles {
        /// The limit.
        limit: u32,
    },
}

impl FolderError {
    /// A file that must not be there is.
    pub(crate) fn exists(name: &FileName) -> Self {
        Self::os("open", Some(name), Errno::EEXIST)
    }

    pub(super) fn os(call: &'static str, name: Option<&FileName>, errno: Errno) -> Self {
        Self::Os { call, name: name.map_or(".", FileName::as_str).to_owned(), errno }
    }

    pub(super) fn io(call: &'static str, name: Option<&FileName>, error: &std::io::Error) -> Self {
        Self::os(call, name, error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
    }

    /// What the operating system said, when it was the operating system.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Os { errno, .. } => Some(*errno),
            _ => None,
        }
    }

    /// The error's code as Node has it, when there is one: `ENOENT`, and `EDQUOT` for a quota that is used up.
    pub fn code(&self) -> Option<String> {
        match self {
            Self::Name(_) | Self::TooLargeForMemory { .. } => None,
            Self::Os { errno, .. } => Some(code(*errno)),
            Self::TooManyBytes { .. } | Self::TooManyFiles { .. } => Some("EDQUOT".to_owned()),
        }
    }
}

fn code(errno: Errno) -> String {
    format!("{errno:?}")
}

/// As libuv says it.
fn reason(errno: Errno) -> String {
    match errno {
        Errno::ENOENT => "no such file or directory",
        Errno::EACCES => "permission denied",
        Errno::EEXIST => "file already exists",
        Errno::ENOTDIR => "not a directory",
        Errno::EISDIR => "illegal operation on a directory",
        Errno::ENOTEMPTY => "directory not empty",
        Errno::ELOOP => "too many symbolic links encountered",
        Errno::ENOSPC => "no space left on device",
        Errno::EPERM => "operation not permitted",
        Errno::EINVAL => "invalid argument",
        other => return other.desc().to_lowercase(),
    }
    .to_owned()
}
