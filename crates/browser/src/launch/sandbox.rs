//! Chromium's own sandbox: it puts renderers into namespaces of their own, which the system must allow to this user. See
//! `sandbox/linux/services/credentials.cc` in Chromium.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Whether Chromium runs with its own sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// Its renderers see no files, no network and no other processes, whatever happens in them.
    On,
    /// `--no-sandbox`.
    #[default]
    Off,
}

impl Sandbox {
    /// On, unless something is in its way.
    pub fn if_possible() -> Self {
        if sandbox_obstacle().is_none() { Self::On } else { Self::Off }
    }
}

/// Why Chromium cannot have its sandbox here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SandboxObstacle {
    /// It refuses.
    #[error("Chromium has no sandbox for root: run the executor as a plain user")]
    Root,
    /// The system refuses.
    #[error(
        "this system gives the user no namespaces ({0}): in a container use deploy/seccomp/chromium.json as its seccomp \
         profile, elsewhere allow them (kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, \
         user.max_user_namespaces)"
    )]
    NoNamespaces(Errno),
}

/// Tries what Chromium's sandbox needs, in a process of its own; `None` when nothing is in its way.
pub fn sandbox_obstacle() -> Option<SandboxObstacle> {
    sandbox_obstacle_in(&[])
}

/// As [`sandbox_obstacle`], for a Chromium that is started in these namespaces.
pub fn sandbox_obstacle_in(namespaces: &[Arc<OwnedFd>]) -> Option<SandboxObstacle> {
    if nix::unistd::geteuid().is_root() {
        return Some(SandboxObstacle::Root);
    }
    try_namespaces(namespaces).err().map(SandboxObstacle::NoNamespaces)
}

fn try_namespaces(within: &[Arc<OwnedFd>]) -> Result<(), Errno> {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let text = |text: String| CString::new(text).map_err(|_| Errno::EINVAL);
    let (users, groups) = (text(format!("{user} {user} 1"))?, text(format!("{group} {group} 1"))?);
    // SAFETY: the child makes system calls only, with what was made before it, and ends.
    let child = unsafe { libc::fork() };
    match child {
        -1 => Err(Errno::last()),
        0 => {
            let outcome = enter_namespaces(within, &users, &groups);
            // SAFETY: ends the child without running anything of this program's.
            unsafe { libc::_exit(outcome.err().unwrap_or(0)) }
        }
        child => loop {
            match waitpid(Pid::from_raw(child), None) {
                Ok(WaitStatus::Exited(_, 0)) => return Ok(()),
                Ok(WaitStatus::Exited(_, number)) => return Err(Errno::from_raw(number)),
                Ok(_) => return Err(Errno::EPERM),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        },
    }
}

/// What Chromium's zygote does. The error is the number of the first call that failed.
fn enter_namespaces(within: &[Arc<OwnedFd>], users: &CStr, groups: &CStr) -> Result<(), i32> {
    // SAFETY: system calls with texts that end and live long enough, and on descriptors that are held open.
    unsafe {
        for namespace in within {
            succeeded(libc::setns(namespace.as_raw_fd(), 0))?;
        }
        succeeded(libc::unshare(libc::CLONE_NEWUSER))?;
        for (file, text) in
            [(c"/proc/self/setgroups", c"deny"), (c"/proc/self/uid_map", users), (c"/proc/self/gid_map", groups)]
        {
            let descriptor = libc::open(file.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            succeeded(descriptor)?;
            let length = text.count_bytes();
            succeeded(i32::from(libc::write(descriptor, text.as_ptr().cast(), length) >= 0) - 1)?;
        }
        succeeded(libc::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNET))?;
        succeeded(libc::chroot(c"/proc/self/fdinfo".as_ptr()))
    }
}

fn succeeded(answer: i32) -> Result<(), i32> {
    if answer >= 0 { Ok(()) } else { Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EPERM)) }
}
