//! A network namespace of a slot's own: what runs in it finds the guard's listeners there, and no way to anything else
//! ([network_namespaces(7)](https://man7.org/linux/man-pages/man7/network_namespaces.7.html)).
//!
//! The executor's own threads stay where they are: a child process that makes system calls only enters the namespace, opens a
//! socket there and hands it over. A socket belongs for ever to the namespace in which it was opened.

mod child;
mod devices;

use std::ffi::CString;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use browser::launch::sandbox_obstacle_in;
use nix::errno::Errno;

use self::child::Failed;
use self::devices::LinkRequests;
use crate::chromium_sandbox::ChromiumSandbox;
use crate::config::BrowserArgs;
use crate::safeguard_choice::{Safeguard, SafeguardChoice};

/// Whether slots have network namespaces.
pub(crate) type SlotNamespaces = Safeguard<NamespaceObstacle>;

/// What the system did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NamespaceObstacle {
    /// It makes no namespace, or lets nobody enter it.
    #[error(
        "this system gives the user no network namespace (it failed to {step}: {errno}): in a container use \
         deploy/seccomp/chromium.json as its seccomp profile, elsewhere allow user namespaces \
         (kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, user.max_net_namespaces)"
    )]
    Namespace {
        /// What was tried.
        step: Step,
        /// The error.
        errno: Errno,
    },
    /// It has no device that stands for a network: Chromium would take itself for offline, and pages would hear of it.
    #[error("this system has no device for a network namespace ({0}): load the kernel module dummy or veth")]
    Device(Errno),
    /// Chromium would have no sandbox of its own in there.
    #[error("Chromium has no sandbox of its own in a network namespace here: user namespaces cannot be nested")]
    Nesting,
}

/// Slots must have network namespaces, and cannot.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("EXECUTOR_NETNS (--executor-netns) is on, but {0}")]
pub struct NoNamespaces(NamespaceObstacle);

/// What is done in a child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// fork(2).
    Fork,
    /// unshare(2).
    Unshare,
    /// Writing which users there are.
    Users,
    /// Making the device.
    Device,
    /// Bringing the devices up.
    Up,
    /// setns(2).
    Enter,
    /// Opening a listener.
    Listen,
    /// Handing over what was opened.
    HandOver,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fork => "start a process",
            Self::Unshare => "make the namespace",
            Self::Users => "map the user",
            Self::Device => "make a device",
            Self::Up => "bring a device up",
            Self::Enter => "enter the namespace",
            Self::Listen => "listen in the namespace",
            Self::HandOver => "hand the namespace over",
        })
    }
}

impl SlotNamespaces {
    /// Tries what the system allows: all of it, in a namespace that is given up again.
    ///
    /// # Errors
    /// [`NoNamespaces`] with what to do.
    pub(crate) fn choose(choice: SafeguardChoice, browser: &BrowserArgs) -> Result<Self, NoNamespaces> {
        choice.made_of(|| obstacle(browser)).map_err(NoNamespaces)
    }

    /// Why there are none; `None` when there are.
    pub(crate) fn absence(self) -> Option<String> {
        self.absence_by("EXECUTOR_NETNS")
    }

    /// Says it in one line.
    pub(crate) fn tell(self) {
        match self.absence() {
            None => tracing::info!("each slot has a network namespace of its own"),
            Some(reason) => tracing::info!("slots have no network namespaces: {reason}"),
        }
    }
}

/// What is in the way of a namespace that works.
fn obstacle(browser: &BrowserArgs) -> Option<NamespaceObstacle> {
    let namespace = match NetworkNamespace::make() {
        Ok(namespace) => namespace,
        Err(failed) => return Some(failed.into()),
    };
    if let Err(failed) = namespace.try_listen() {
        return Some(failed.into());
    }
    // Whether Chromium must have one is said elsewhere.
    let is_sandboxed = matches!(ChromiumSandbox::choose(browser), Ok(ChromiumSandbox::On));
    let cannot_nest = is_sandboxed && sandbox_obstacle_in(&namespace.descriptors).is_some();
    cannot_nest.then_some(NamespaceObstacle::Nesting)
}

impl From<Failed> for NamespaceObstacle {
    fn from(Failed { step, errno }: Failed) -> Self {
        match step {
            Step::Device => Self::Device(errno),
            step => Self::Namespace { step, errno },
        }
    }
}

impl From<Failed> for io::Error {
    fn from(failed: Failed) -> Self {
        Self::other(NamespaceObstacle::from(failed))
    }
}

/// A network namespace with a loopback of its own. It goes when nothing runs in it and nobody holds it any more.
#[derive(Debug)]
pub(crate) struct NetworkNamespace {
    /// The user namespace that it belongs to, unless that is this process's own, and the network namespace. They are entered in this
    /// order.
    descriptors: Vec<Arc<OwnedFd>>,
}

impl NetworkNamespace {
    /// Makes one. Blocks for some milliseconds.
    ///
    /// # Errors
    /// What the system did not do.
    pub(crate) fn create() -> io::Result<Self> {
        Ok(Self::make()?)
    }

    fn make() -> Result<Self, Failed> {
        let (users, groups) = mappings();
        let links = LinkRequests::new();
        let made = child::hands_over(|| {
            let with_users = child::unshare(&users, &groups)?;
            devices::bring_up(&links)?;
            let network = child::open(c"/proc/self/ns/net", Step::HandOver)?;
            let users = if with_users { Some(child::open(c"/proc/self/ns/user", Step::HandOver)?) } else { None };
            Ok([users, Some(network)])
        })?;
        Ok(Self { descriptors: made.into_iter().map(Arc::new).collect() })
    }

    /// Opens a listener in it, on 127.0.0.1 and a port of the system's choice. Blocks for some milliseconds.
    ///
    /// # Errors
    /// What the system did not do.
    pub(crate) fn listen(&self) -> io::Result<TcpListener> {
        Ok(self.try_listen()?)
    }

    fn try_listen(&self) -> Result<TcpListener, Failed> {
        let mut opened = child::hands_over(|| {
            for descriptor in &self.descriptors {
                child::enter(descriptor.as_raw_fd())?;
            }
            Ok([Some(child::listen()?), None])
        })?;
        let listener = opened.pop().ok_or(Failed { step: Step::HandOver, errno: Errno::EBADF })?;
        Ok(TcpListener::from(listener))
    }

    /// Returns what a process enters to be in it, in this order.
    pub(crate) fn descriptors(&self) -> Vec<Arc<OwnedFd>> {
        self.descriptors.clone()
    }
}

/// The lines of `uid_map` and `gid_map`: this user and group are themselves there
/// ([user_namespaces(7)](https://man7.org/linux/man-pages/man7/user_namespaces.7.html)).
fn mappings() -> (CString, CString) {
    let line = |id: u32| CString::new(format!("{id} {id} 1")).expect("digits and spaces");
    (line(nix::unistd::geteuid().as_raw()), line(nix::unistd::getegid().as_raw()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use super::NetworkNamespace;

    /// Needs a system that allows it, as the executor's tests of the network do.
    #[test]
    fn a_listener_in_a_namespace_is_not_one_of_this_machine() {
        let namespace = NetworkNamespace::create().expect("a namespace");
        let (inside, outside) = (namespace.listen().expect("a listener"), TcpListener::bind("127.0.0.1:0").unwrap());
        let port = inside.local_addr().unwrap().port();
        assert_ne!(port, 0);
        // The same port is free out here, or somebody else's.
        if let Ok(ours) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            drop(ours);
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        }
        assert!(TcpStream::connect(outside.local_addr().unwrap()).is_ok());
        assert_ne!(namespace.listen().expect("another").local_addr().unwrap().port(), port);
    }
}
