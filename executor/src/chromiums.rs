//! A slot's Chromiums, which are the executor's: it starts, measures and ends them. The slot asks for them through a socket
//! that it inherits, and gets our end of each one's debugging pipe, so that it needs no right to start anything.
//!
//! The same socket brings the connections on which the slot's job makes requests of its own: they lead to the guard of the network.
//!
//! [`owner`] is the executor's part, [`client`] the slot's; [`messages`] is what passes between them.

pub(crate) mod client;
pub(crate) mod messages;
pub(crate) mod owner;
mod packet_socket;
mod usage;
