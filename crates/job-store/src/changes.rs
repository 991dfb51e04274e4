//! What was written to a store, in the order of the writes.

use job_model::JobId;

/// A place between two writes. Means something to the store that made it only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position(pub(crate) String);

/// What was written behind a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// In the order of the writes.
    pub rows: Vec<Change>,
    /// The place behind the last of them.
    pub position: Position,
}

/// One write, or the last of several to one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is a document of this id; whether it is a job is not known.
    Written(JobId),
    /// There is none of this id any more.
    Deleted(JobId),
}
