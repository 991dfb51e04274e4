//! A child process that makes system calls only, with what was made before it, and hands descriptors over.
//!
//! This process has threads: between fork and exit the child must not allocate, and takes no lock.

use std::ffi::CStr;
use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::c_int;
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, socketpair};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::Step;

/// The call that failed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) step: Step,
    pub(super) errno: Errno,
}

/// Every step, to be found by its number.
const STEPS: [Step; 8] =
    [Step::Fork, Step::Unshare, Step::Users, Step::Device, Step::Up, Step::Enter, Step::Listen, Step::HandOver];

/// What a child says when no step has failed.
const DONE: u8 = u8::MAX;

/// The most descriptors that a child hands over.
const MOST: usize = 2;

#[allow(clippy::cast_possible_truncation)] // it is 2
pub(super) const INET: libc::sa_family_t = libc::AF_INET as libc::sa_family_t;

/// Room for the descriptors and their header, as the system aligns it.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// Runs `work` in a child process and returns the descriptors that it has opened there, in their order. Blocks until then.
///
/// # Errors
/// The step of `work` that failed.
pub(super) fn hands_over(work: impl FnOnce() -> Result<[Option<RawFd>; MOST], Failed>) -> Result<Vec<OwnedFd>, Failed> {
    let failed = |errno| Failed { step: Step::Fork, errno };
    let (ours, its) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC).map_err(failed)?;
    // SAFETY: the child makes system calls only, with what was made before it, and ends.
    match unsafe { libc::fork() } {
        -1 => Err(failed(Errno::last())),
        0 => {
            send(its.as_raw_fd(), work());
            // SAFETY: ends the child without running anything of this program's.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(its);
            let received = receive(&ours);
            while waitpid(Pid::from_raw(child), None) == Err(Errno::EINTR) {}
            received
        }
    }
}

/// Tells the parent in one message: the number of the step that failed, or of none, and the error; the descriptors travel along.
fn send(socket: RawFd, outcome: Result<[Option<RawFd>; MOST], Failed>) {
    let (mut told, descriptors) = match outcome {
        Ok(descriptors) => ([DONE, 0, 0, 0, 0], descriptors),
        Err(Failed { step, errno }) => {
            let [a, b, c, d] = (errno as i32).to_ne_bytes();
            ([step as u8, a, b, c, d], [None; MOST])
        }
    };
    let mut control = Control([0; 64]);
    let mut part = libc::iovec { iov_base: told.as_mut_ptr().cast(), iov_len: told.len() };
    // SAFETY: the message points to what lives until it is sent, and the control data has room for two descriptors.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        // A descriptor is a number of 4 bytes.
        let bytes: u32 = descriptors.iter().flatten().map(|_| 4).sum();
        if bytes > 0 {
            message.msg_control = control.0.as_mut_ptr().cast();
            message.msg_controllen = libc::CMSG_SPACE(bytes) as _;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(bytes) as _;
            let data = libc::CMSG_DATA(header).cast::<RawFd>();
            for (index, descriptor) in descriptors.iter().flatten().enumerate() {
                data.add(index).write_unaligned(*descriptor);
            }
        }
        libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL);
    }
}

fn receive(socket: &OwnedFd) -> Result<Vec<OwnedFd>, Failed> {
    let lost = |errno| Failed { step: Step::HandOver, errno };
    let (mut told, mut room) = ([0; 5], cmsg_space!([RawFd; MOST]));
    let (bytes, descriptors) = loop {
        let mut parts = [IoSliceMut::new(&mut told)];
        match recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut room), MsgFlags::MSG_CMSG_CLOEXEC) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(lost(errno)),
            Ok(message) => {
                let mut descriptors = Vec::new();
                for part in message.cmsgs().map_err(lost)? {
                    if let ControlMessageOwned::ScmRights(passed) = part {
                        // SAFETY: the system made these descriptors for this message just now.
                        descriptors.extend(passed.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) }));
                    }
                }
                break (message.bytes, descriptors);
            }
        }
    };
    let [step, errno @ ..] = told;
    match STEPS.get(usize::from(step)) {
        // The child has died without a word.
        _ if bytes != told.len() => Err(lost(Errno::ECHILD)),
        Some(step) => Err(Failed { step: *step, errno: Errno::from_raw(i32::from_ne_bytes(errno)) }),
        None => Ok(descriptors),
    }
}

/// Returns the answer of a system call, or why there is none.
pub(super) fn succeeded(answer: c_int, step: Step) -> Result<c_int, Failed> {
    if answer >= 0 { Ok(answer) } else { Err(Failed { step, errno: Errno::last() }) }
}

/// Puts this process into a new network namespace. Whether that needed a user namespace, too, in which the user has this right.
pub(super) fn unshare(users: &CStr, groups: &CStr) -> Result<bool, Failed> {
    // SAFETY: system calls without pointers.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } == 0 {
        return Ok(false);
    }
    // SAFETY: as above.
    succeeded(unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) }, Step::Unshare)?;
    // Without this no plain user may map a group.
    for (file, text) in
        [(c"/proc/self/setgroups", c"deny"), (c"/proc/self/uid_map", users), (c"/proc/self/gid_map", groups)]
    {
        // SAFETY: texts that end and live long enough.
        unsafe {
            let file = succeeded(libc::open(file.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC), Step::Users)?;
            let written = libc::write(file, text.as_ptr().cast(), text.count_bytes());
            succeeded(if written < 0 { -1 } else { 0 }, Step::Users)?;
            libc::close(file);
        }
    }
    Ok(true)
}

/// Opens a file of this process to be handed over.
pub(super) fn open(path: &CStr, step: Step) -> Result<RawFd, Failed> {
    // SAFETY: a text that ends and lives long enough.
    succeeded(unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) }, step)
}

/// Enters a namespace.
pub(super) fn enter(namespace: RawFd) -> Result<(), Failed> {
    // SAFETY: a system call on a descriptor that the parent holds open.
    succeeded(unsafe { libc::setns(namespace, 0) }, Step::Enter).map(drop)
}

/// Listens on 127.0.0.1, at a port of the system's choice.
pub(super) fn listen() -> Result<RawFd, Failed> {
    const WAITING: c_int = 1024;
    const ADDRESS_BYTES: libc::socklen_t = 16;
    let address = libc::sockaddr_in {
        sin_family: INET,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: system calls with an address that lives long enough.
    unsafe {
        let socket = succeeded(libc::socket(libc::AF_INET, kind, 0), Step::Listen)?;
        succeeded(libc::bind(socket, (&raw const address).cast(), ADDRESS_BYTES), Step::Listen)?;
        succeeded(libc::listen(socket, WAITING), Step::Listen)?;
        Ok(socket)
    }
}
