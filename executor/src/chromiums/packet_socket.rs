//! A socket of whole messages, with which descriptors travel (`SOCK_SEQPACKET`, `SCM_RIGHTS`).

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, getsockopt, recvmsg, sendmsg,
    socketpair, sockopt,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::unix::AsyncFd;

/// The longest message, in bytes.
const LONGEST: usize = 32 << 10;

/// One end.
pub(crate) struct PacketSocket(AsyncFd<OwnedFd>);

/// Whether descriptors that come with a message are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Descriptors {
    /// They are taken.
    Take,
    /// They are closed by the system before they are there: the other end is not trusted.
    Refuse,
}

/// Two ends that are connected. Neither survives an exec.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Takes the end that this process has inherited under this number. It is closed to processes that this one starts.
///
/// # Errors
/// When there is no such socket.
pub(crate) fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: it is borrowed only to be looked at; a number that is not open makes that fail.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    if getsockopt(&borrowed, sockopt::SockType)? != SockType::SeqPacket {
        return Err(io::Error::other("it is a socket of another kind"));
    }
    // SAFETY: it is open, and by agreement with the parent nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&socket, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(socket)
}

impl PacketSocket {
    /// Needs a tokio runtime.
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Self> {
        let flags = OFlag::from_bits_retain(fcntl(&socket, FcntlArg::F_GETFL)?);
        fcntl(&socket, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        // SAFETY: the descriptor is owned by what is registered, and is not replaced.
        Ok(Self(unsafe { AsyncFd::register(socket) }?))
    }

    /// Sends a message, with a descriptor if there is one. Cancel safe.
    ///
    /// # Errors
    /// When it is longer than a message may be, or the other end is gone.
    pub(crate) async fn send(&self, message: &impl Serialize, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        loop {
            let mut ready = self.0.writable().await?;
            if let Ok(outcome) = ready.try_io(|_| self.try_send(message, descriptor)) {
                return outcome;
            }
        }
    }

    /// Sends a message if that is possible without waiting.
    ///
    /// # Errors
    /// As [`send`](Self::send), and `WouldBlock`.
    pub(crate) fn try_send(&self, message: &impl Serialize, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        if bytes.len() > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message that is too long to be sent"));
        }
        let passed: Vec<RawFd> = descriptor.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = ControlMessage::ScmRights(&passed);
        let control = if passed.is_empty() { &[][..] } else { std::slice::from_ref(&rights) };
        let flags = MsgFlags::MSG_NOSIGNAL;
        sendmsg::<()>(self.0.get_ref().as_raw_fd(), &[IoSlice::new(&bytes)], control, flags, None)?;
        Ok(())
    }

    /// Receives the next message, with the descriptor that came along; `None` when the other end is closed. Cancel safe.
    ///
    /// # Errors
    /// With `InvalidData` when the message cannot be read.
    pub(crate) async fn receive<T: DeserializeOwned>(
        &self,
        descriptors: Descriptors,
    ) -> io::Result<Option<(T, Option<OwnedFd>)>> {
        let mut bytes = vec![0; LONGEST];
        loop {
            let mut ready = self.0.readable().await?;
            let received = match ready.try_io(|socket| receive_into(socket.as_fd(), &mut bytes, descriptors)) {
                Ok(received) => received?,
                Err(_) => continue,
            };
            if received.bytes == 0 {
                return Ok(None);
            }
            if received.is_cut {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a message that is too long"));
            }
            return Ok(Some((serde_json::from_slice(&bytes[..received.bytes])?, received.descriptor)));
        }
    }
}

struct Received {
    bytes: usize,
    is_cut: bool,
    descriptor: Option<OwnedFd>,
}

fn receive_into(socket: BorrowedFd<'_>, bytes: &mut [u8], descriptors: Descriptors) -> io::Result<Received> {
    let mut room = cmsg_space!(RawFd);
    let control = (descriptors == Descriptors::Take).then_some(&mut room[..]);
    let mut parts = [IoSliceMut::new(bytes)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, control, MsgFlags::MSG_CMSG_CLOEXEC)?;
    let mut descriptor = None;
    if descriptors == Descriptors::Take {
        for part in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(passed) = part {
                // SAFETY: the system made these descriptors for this message just now.
                descriptor = passed.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) }).next_back();
            }
        }
    }
    Ok(Received { bytes: message.bytes, is_cut: message.flags.contains(MsgFlags::MSG_TRUNC), descriptor })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::{Descriptors, PacketSocket, pair};

    fn sockets() -> (PacketSocket, PacketSocket) {
        let (near, far) = pair().unwrap();
        (PacketSocket::new(near).unwrap(), PacketSocket::new(far).unwrap())
    }

    #[tokio::test]
    async fn a_descriptor_travels_with_its_message() {
        let (near, far) = sockets();
        let (mut kept, passed) = UnixStream::pair().unwrap();
        near.send(&"first", Some(passed.as_fd())).await.unwrap();
        near.send(&"second", None).await.unwrap();
        drop((near, passed));
        let (text, descriptor) = far.receive::<String>(Descriptors::Take).await.unwrap().unwrap();
        assert_eq!(text, "first");
        UnixStream::from(descriptor.unwrap()).write_all(b"hello").unwrap();
        let mut read = String::new();
        kept.read_to_string(&mut read).unwrap();
        assert_eq!(read, "hello");
        let (text, descriptor) = far.receive::<String>(Descriptors::Take).await.unwrap().unwrap();
        assert!(text == "second" && descriptor.is_none());
        assert!(far.receive::<String>(Descriptors::Take).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn descriptors_that_nobody_wants_are_closed() {
        let (near, far) = sockets();
        let (mut kept, passed) = UnixStream::pair().unwrap();
        near.send(&1, Some(passed.as_fd())).await.unwrap();
        drop(passed);
        assert!(matches!(far.receive::<u32>(Descriptors::Refuse).await.unwrap(), Some((1, None))));
        assert_eq!(kept.read(&mut [0]).unwrap(), 0, "nobody has it");
    }

    #[tokio::test]
    async fn what_is_not_a_message_is_an_error() {
        let (near, far) = sockets();
        near.send(&"text", None).await.unwrap();
        assert!(far.receive::<u32>(Descriptors::Refuse).await.is_err());
        assert!(near.send(&"x".repeat(40_000), None).await.is_err());
    }
}
