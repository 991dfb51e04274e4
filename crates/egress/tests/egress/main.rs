//! The guarded proxy against real listeners on this machine's loopback, which stand for hosts of every kind.

mod bypass;
mod chain;
mod heads;
mod limits;
mod network;
mod properties;
mod requests;
mod tunnels;
mod users;
