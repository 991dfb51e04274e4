//! What happens in the child between fork and exec.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// `--remote-debugging-pipe` reads commands from descriptor 3 and writes to 4.
pub(super) fn inherit_as_3_and_4(command: &mut Command, commands: &OwnedFd, replies: &OwnedFd) {
    let (commands, replies) = (commands.as_raw_fd(), replies.as_raw_fd());
    let install = move || {
        // Both are moved out of the way first: either of them may itself be 3 or 4.
        // SAFETY: between fork and exec only async-signal-safe calls on descriptors that the parent holds open.
        unsafe {
            let high_commands = libc::fcntl(commands, libc::F_DUPFD_CLOEXEC, 10);
            let high_replies = libc::fcntl(replies, libc::F_DUPFD_CLOEXEC, 10);
            if high_commands < 0
                || high_replies < 0
                || libc::dup2(high_commands, 3) < 0
                || libc::dup2(high_replies, 4) < 0
            {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: `install` allocates nothing and takes no lock.
    unsafe { command.pre_exec(install) };
}

/// Gives Chromium a memory limit of its own, and all the open files that the system allows: what bounds this process is not
/// meant for it.
pub(super) fn limit(command: &mut Command, memory: Option<u64>) {
    let restrict = move || {
        for (resource, limit) in [(Resource::RLIMIT_DATA, memory), (Resource::RLIMIT_NOFILE, None)] {
            let (_, hard) = getrlimit(resource)?;
            let limit = limit.map_or(hard, |limit| limit.min(hard));
            setrlimit(resource, limit, limit)?;
        }
        Ok(())
    };
    // SAFETY: `restrict` makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(restrict) };
}
