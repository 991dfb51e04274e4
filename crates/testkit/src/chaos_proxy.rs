//! A TCP proxy that cuts and pauses connections.
