//! A job, its result and its legal moves: pure data, serde only.
//!
//! The documents in the database, the bodies on the queues and the answers of the API are all made of these types, so
//! their field names and order are the predecessor's (see `docs/DIFFERENCES.md` for what differs on purpose).
//! Nothing here waits, talks to anything or reads a clock except [`Timestamp::now`].

mod api;
mod error_at;
mod events;
mod file_name;
mod files;
mod heartbeat;
mod instance;
mod job;
mod language;
mod near_name;
mod network;
mod new_file;
mod number;
mod outcome;
mod question;
mod record;
mod result;
mod status;
mod summary;
mod time;
mod token_name;
mod trace;

pub use api::Api;
pub use error_at::ErrorAt;
pub use events::{DrainOrder, JobControl, JobEvent, JobEventKind, JobStage, LiveFrame, WatchedJob};
pub use file_name::{FileName, InvalidFileName};
pub use files::{FileSetId, JobFile};
pub use heartbeat::{Heartbeat, HeldJob};
pub use instance::InstanceId;
pub use job::{Dispatch, InvalidJobId, Job, JobId, NewJob, PlainJob, Running};
pub use language::Language;
pub use near_name::near_name;
pub use network::{JobNetwork, ProxyUrl, TokenNetwork};
pub use new_file::{NewFile, NewFiles};
pub use number::WrittenResults;
pub use outcome::{JobState, Outcome};
pub use question::{JobAnswer, JobQuestion};
pub use record::Record;
pub use result::{JobResult, Level, LogEntry, Results};
pub use status::{IllegalMove, JobStatus};
pub use summary::JobSummary;
pub use time::{InvalidTimestamp, Timestamp};
pub use token_name::{InvalidTokenName, TokenName};
pub use trace::{Trace, TracedCall, TracedFrame, TracedMessage, TracedNavigation};
