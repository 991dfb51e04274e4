//! `TCP_NODELAY` for the socket inside chromiumoxide's connection.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::{BorrowedFd, RawFd};

/// Lets each command leave without waiting for the last one's acknowledgement (`TCP_NODELAY`), which chromiumoxide has
/// no setting for: its socket is found among our own by the address that it is connected to.
pub(super) fn send_at_once(address: &str) {
    let authority = address.split('/').nth(2).unwrap_or_default();
    let Ok(peer) = authority.parse::<SocketAddr>() else { return };
    let descriptors = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    for number in descriptors.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok()) {
        // SAFETY: the descriptor is borrowed only to be duplicated, and this thread closes none meanwhile; one that
        // another thread closes makes the duplication fail.
        let Ok(duplicate) = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned() else { continue };
        let socket = TcpStream::from(duplicate);
        if !socket.peer_addr().is_ok_and(|connected| connected == peer) {
            continue;
        }
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "commands may wait for acknowledgements");
        }
    }
}
