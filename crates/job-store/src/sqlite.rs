//! SQLite files as both embedded stores use them: one thread writes, and readers have connections of their own, since readers
//! of a database in WAL mode wait for nobody.

mod connection;
mod readers;
mod writer;

pub(crate) use connection::open;
pub(crate) use readers::Readers;
pub(crate) use writer::{Change, Outcome, Writer};

/// Why a file could not be read or written.
type Cause = Box<dyn std::error::Error + Send + Sync>;
