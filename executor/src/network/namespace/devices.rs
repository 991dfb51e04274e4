//! The devices of a new network namespace: its loopback, and one that stands for a network. Everything here runs in the child.
//!
//! Chromium is online when a device other than the loopback is up and has an address, and pages are told
//! (`net/base/address_tracker_linux.cc` in Chromium). So there is one that leads nowhere. It has an address for documentation
//! ([RFC 5737](https://www.rfc-editor.org/rfc/rfc5737)), and an MTU too small for IPv6: an address that came later would
//! break Chromium's connections by `net::ERR_NETWORK_CHANGED`.

use std::os::fd::RawFd;

use libc::{c_char, c_int, c_short};
use nix::errno::Errno;

use super::Step;
use super::child::{Failed, INET, succeeded};

/// Of 192.0.2.0/24, for documentation.
const ADDRESS: [u8; 4] = [192, 0, 2, 1];
/// Nobody else is in that network.
const MASK: [u8; 4] = [255; 4];
/// IPv6 needs 1280.
const MTU: c_int = 1000;
/// How long a device may take to run, in steps of 5 ms.
const WAITS: u32 = 600;

#[allow(clippy::cast_possible_truncation)] // the lower half of the flags is all that the call has
const UP: c_short = libc::IFF_UP as c_short;
#[allow(clippy::cast_possible_truncation)] // as above
const RUNNING: c_short = libc::IFF_RUNNING as c_short;

/// How devices are asked for, in the order in which they are tried. A device of the kind `veth` comes as a pair.
const KINDS: [(&str, &[&[u8]]); 2] = [("dummy", &[b"dummy0"]), ("veth", &[b"veth0", b"veth1"])];

/// The messages that ask for a device of each kind.
pub(super) struct LinkRequests([Vec<u8>; KINDS.len()]);

impl LinkRequests {
    pub(super) fn new() -> Self {
        Self(KINDS.map(|(kind, _)| link_request(kind)))
    }
}

/// Asks for a new device ([rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html), `RTM_NEWLINK`), which the system
/// names.
fn link_request(kind: &str) -> Vec<u8> {
    const INFO_KIND: u16 = 1;
    let attribute = |number: u16, value: &[u8]| {
        let length = u16::try_from(4 + value.len()).expect("a short value");
        let mut bytes = [length.to_ne_bytes(), number.to_ne_bytes()].concat();
        bytes.extend_from_slice(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let info = attribute(libc::IFLA_LINKINFO, &attribute(INFO_KIND, kind.as_bytes()));
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    let length = HEADER + LINK + info.len();
    let mut message = u32::try_from(length).expect("a short message").to_ne_bytes().to_vec();
    message.extend_from_slice(&libc::RTM_NEWLINK.to_ne_bytes());
    message.extend_from_slice(&u16::try_from(flags).expect("flags of 16 bits").to_ne_bytes());
    // The number of the message, the sender, and a description of the device that says nothing.
    message.resize(HEADER + LINK, 0);
    message.extend_from_slice(&info);
    message
}

/// Bytes of `nlmsghdr`.
const HEADER: usize = 16;
/// Bytes of `ifinfomsg`.
const LINK: usize = 16;

/// Brings up the loopback and a device that stands for a network.
pub(super) fn bring_up(requests: &LinkRequests) -> Result<(), Failed> {
    // SAFETY: a system call without pointers.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    let socket = succeeded(socket, Step::Up)?;
    up(socket, b"lo")?;
    let names = new_device(requests)?;
    for name in names {
        change(socket, name, libc::SIOCSIFMTU as _, |request| request.ifr_ifru.ifru_mtu = MTU)?;
    }
    let first = names[0];
    change(socket, first, libc::SIOCSIFADDR as _, |request| request.ifr_ifru.ifru_addr = inet(ADDRESS))?;
    change(socket, first, libc::SIOCSIFNETMASK as _, |request| request.ifr_ifru.ifru_netmask = inet(MASK))?;
    for name in names {
        up(socket, name)?;
    }
    // Chromium would see the change otherwise.
    for _ in 0..WAITS {
        if flags(socket, first)? & RUNNING != 0 {
            break;
        }
        let pause = libc::timespec { tv_sec: 0, tv_nsec: 5_000_000 };
        // SAFETY: it reads the time, and writes nothing.
        unsafe { libc::nanosleep(&raw const pause, std::ptr::null_mut()) };
    }
    Ok(())
}

/// Makes a device of the first kind that the system has. Returns the names of what was made.
fn new_device(requests: &LinkRequests) -> Result<&'static [&'static [u8]], Failed> {
    // SAFETY: a system call without pointers.
    let socket = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::NETLINK_ROUTE) };
    let socket = succeeded(socket, Step::Device)?;
    let mut errno = Errno::EOPNOTSUPP;
    for ((_, names), request) in KINDS.iter().zip(&requests.0) {
        match ask(socket, request)? {
            0 => return Ok(names),
            negative => errno = Errno::from_raw(-negative),
        }
    }
    Err(Failed { step: Step::Device, errno })
}

/// Sends a message and returns the error in its acknowledgement, 0 for none.
fn ask(socket: RawFd, message: &[u8]) -> Result<c_int, Failed> {
    let mut answer = [0_u8; 1024];
    // SAFETY: both buffers live long enough and have the sizes that are said.
    let received = unsafe {
        let sent = libc::send(socket, message.as_ptr().cast(), message.len(), 0);
        if sent < 0 { sent } else { libc::recv(socket, answer.as_mut_ptr().cast(), answer.len(), 0) }
    };
    let error = answer[HEADER..].first_chunk().map_or(0, |bytes| c_int::from_ne_bytes(*bytes));
    if received < (HEADER + 4) as isize { Err(Failed { step: Step::Device, errno: Errno::last() }) } else { Ok(error) }
}

fn up(socket: RawFd, name: &[u8]) -> Result<(), Failed> {
    let flags = flags(socket, name)? | UP;
    change(socket, name, libc::SIOCSIFFLAGS as _, |request| request.ifr_ifru.ifru_flags = flags)
}

fn flags(socket: RawFd, name: &[u8]) -> Result<c_short, Failed> {
    let mut request = request_about(name);
    // SAFETY: the request has the form that the call fills in, which is the one that is read then.
    unsafe {
        succeeded(libc::ioctl(socket, libc::SIOCGIFFLAGS as _, &raw mut request), Step::Up)?;
        Ok(request.ifr_ifru.ifru_flags)
    }
}

/// Makes one call of [netdevice(7)](https://man7.org/linux/man-pages/man7/netdevice.7.html) about a device.
fn change(socket: RawFd, name: &[u8], call: libc::Ioctl, fill: impl FnOnce(&mut libc::ifreq)) -> Result<(), Failed> {
    let mut request = request_about(name);
    fill(&mut request);
    // SAFETY: the request has the form that the call reads.
    succeeded(unsafe { libc::ioctl(socket, call, &raw mut request) }, Step::Up).map(drop)
}

fn request_about(name: &[u8]) -> libc::ifreq {
    // SAFETY: all zeroes are a request about no device.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(name) {
        *place = *byte as c_char;
    }
    request
}

fn inet(address: [u8; 4]) -> libc::sockaddr {
    let mut data = [0; 14];
    for (place, byte) in data[2..].iter_mut().zip(address) {
        *place = byte as c_char;
    }
    libc::sockaddr { sa_family: INET, sa_data: data }
}
