//! What happens in the child between fork and exec.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// `--remote-debugging-pipe` reads commands from descriptor 3 and writes to 4: here they are one socket. No other descriptor is
/// inherited but the standard ones.
pub(super) fn inherit_as_3_and_4(command: &mut Command, socket: &impl AsFd) {
    let socket = socket.as_fd().as_raw_fd();
    let install = move || {
        // It is moved out of the way first: it may itself be 3 or 4.
        // SAFETY: between fork and exec only async-signal-safe calls on a descriptor that the parent holds open.
        unsafe {
            let high = libc::fcntl(socket, libc::F_DUPFD_CLOEXEC, 10);
            if high < 0 || libc::dup2(high, 3) < 0 || libc::dup2(high, 4) < 0 {
                return Err(io::Error::last_os_error());
            }
            // What else is open is not for a browser. A kernel before 5.11 cannot tell.
            libc::syscall(libc::SYS_close_range, 5, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
        Ok(())
    };
    // SAFETY: `install` allocates nothing and takes no lock.
    unsafe { command.pre_exec(install) };
}

/// Has the child enter these namespaces, in this order, before it becomes another program
/// ([setns(2)](https://man7.org/linux/man-pages/man2/setns.2.html)). A user namespace comes before what belongs to it. Where the child
/// may not enter one, it does not start.
pub fn enter_namespaces(command: &mut Command, namespaces: &[Arc<OwnedFd>]) {
    let namespaces = namespaces.to_vec();
    let enter = move || {
        for namespace in &namespaces {
            // SAFETY: a system call on a descriptor that is held open.
            if unsafe { libc::setns(namespace.as_raw_fd(), 0) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: `enter` allocates nothing and takes no lock.
    unsafe { command.pre_exec(enter) };
}

/// Gives Chromium a memory limit of its own and all the open files that the system allows. It dumps no core, gains no
/// privileges, and goes before its parent when memory is short.
pub(super) fn limit(command: &mut Command, memory: Option<u64>) {
    let restrict = move || {
        for (resource, limit) in [(Resource::RLIMIT_DATA, memory), (Resource::RLIMIT_NOFILE, None)] {
            let (_, hard) = getrlimit(resource)?;
            let limit = limit.map_or(hard, |limit| limit.min(hard));
            setrlimit(resource, limit, limit)?;
        }
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        nix::sys::prctl::set_no_new_privs()?;
        go_first_when_memory_is_short();
        Ok(())
    };
    // SAFETY: `restrict` makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(restrict) };
}

/// Makes the kernel end this process before the one that started it; where that is not allowed all are as likely
/// (<https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html>).
fn go_first_when_memory_is_short() {
    const SCORE: &[u8] = b"500";
    // SAFETY: system calls on constants, and on a descriptor that nobody else has.
    unsafe {
        let file = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if file >= 0 {
            libc::write(file, SCORE.as_ptr().cast(), SCORE.len());
            libc::close(file);
        }
    }
}
