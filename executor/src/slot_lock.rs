//! What a slot process gives up before its first job: files but the job's folder, the network, other processes.
//!
//! Assume that job code has taken the process over. Then two filters of the kernel hold it, each alone enough for most:
//! Landlock judges by what is reached ([`paths`]), seccomp by the system call ([`system_calls`]). Both hold for every
//! thread that is started afterwards, and for ever. Whatever the slot needs from outside must be open by then.

mod paths;
mod system_calls;

use std::path::Path;

/// What a slot keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileAccess<'a> {
    /// This folder, to read and write.
    Folder(&'a Path),
    /// All files that its user has: ALLOW_LOCAL_FILES.
    All,
}

/// Why a slot could not be locked by a kernel that can.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// The folder is not there.
    #[error("failed to open the job's folder")]
    Folder(#[from] landlock::PathFdError),
    /// Landlock refused.
    #[error("failed to lock the slot process with Landlock")]
    Landlock(#[from] landlock::RulesetError),
    /// The filter of system calls cannot be built.
    #[error("failed to build the slot's filter of system calls")]
    Filter(#[from] seccompiler::BackendError),
    /// seccomp refused.
    #[error("failed to lock the slot process with seccomp")]
    Seccomp(#[from] seccompiler::Error),
}

/// Locks this thread and those that it starts. What the kernel does not have is left out: [`KernelLocks`] tells.
///
/// # Errors
/// When the kernel can and does not: the slot must not run a job then.
pub(crate) fn lock(files: FileAccess<'_>) -> Result<(), LockError> {
    let kernel = KernelLocks::of_this_machine();
    load_time_zone();
    if kernel.landlock {
        paths::restrict(files)?;
    }
    if kernel.seccomp {
        system_calls::restrict(files)?;
    }
    Ok(())
}

/// Which of the filters the kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KernelLocks {
    pub(crate) landlock: bool,
    pub(crate) seccomp: bool,
}

impl KernelLocks {
    pub(crate) fn of_this_machine() -> Self {
        const VERSION: libc::c_uint = 1;
        let action = libc::SECCOMP_RET_ERRNO;
        // SAFETY: both calls only ask; the second one reads the action.
        let (landlock, seccomp) = unsafe {
            (
                libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, VERSION),
                libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action),
            )
        };
        Self { landlock: landlock > 0, seccomp: seccomp == 0 }
    }

    /// Says once what is missing.
    pub(crate) fn warn(self) {
        for (is_there, name) in [(self.landlock, "Landlock"), (self.seccomp, "seccomp")] {
            if !is_there {
                tracing::warn!("this kernel has no {name}: slots are locked without it, see docs/SECURITY.md");
            }
        }
    }
}

/// The C library reads the zone's file when a local time is asked for first, which the engine does.
fn load_time_zone() {
    let (now, mut parts) = (0, std::mem::MaybeUninit::uninit());
    // SAFETY: it writes to what it is given; no other thread changes the environment.
    unsafe { libc::localtime_r(&raw const now, parts.as_mut_ptr()) };
}
