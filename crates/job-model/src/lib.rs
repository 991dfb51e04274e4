//! A job, its result and its legal moves: pure data, serde only.
//!
//! The documents in the database, the bodies on the queues and the answers of the API are all made of these types, so
//! their field names and order are the predecessor's (see `docs/DIFFERENCES.md` for what differs on purpose).
//! Nothing here waits, talks to anything or reads a clock except [`Timestamp::now`].

mod api;
mod dependencies;
mod error_at;
mod events;
mod file_name;
mod files;
mod heartbeat;
mod instance;
mod job;
mod job_id;
mod job_key;
mod language;
mod near_name;
mod network;
mod new_file;
mod new_job;
mod number;
mod origin;
mod outcome;
mod plain_job;
mod priority;
mod question;
mod record;
mod result;
mod retry;
mod status;
mod string_map;
mod summary;
mod time;
mod timing;
mod token_name;
mod trace;
mod webhook;
mod whole_number;

pub use api::Api;
pub use dependencies::{MOST_DEPENDENCIES, VarFrom};
pub use error_at::ErrorAt;
pub use events::{DrainOrder, JobControl, JobEvent, JobEventKind, JobStage, LiveFrame, WatchedJob};
pub use file_name::{FileName, InvalidFileName};
pub use files::{FileSetId, JobFile};
pub use heartbeat::{ExecutorFacts, Heartbeat, HeldJob, SlotState};
pub use instance::InstanceId;
pub use job::{Dispatch, Job, Running};
pub use job_id::{InvalidJobId, JobId};
pub use job_key::{OnDuplicate, RunKey};
pub use language::Language;
pub use near_name::near_name;
pub use network::{JobNetwork, ProxyUrl, TokenNetwork};
pub use new_file::{NewFile, NewFiles};
pub use new_job::NewJob;
pub use number::WrittenResults;
pub use origin::{ScheduleTick, ScriptVersion};
pub use outcome::{JobState, Outcome};
pub use plain_job::PlainJob;
pub use priority::Priority;
pub use question::{JobAnswer, JobQuestion};
pub use record::{JobRecord, Record};
pub use result::{JobResult, Level, LogEntry, Results};
pub use retry::{Attempt, Retry, RetryBackoff, RetryOn};
pub use status::{IllegalMove, JobStatus};
pub use summary::JobSummary;
pub use time::{InvalidTimestamp, Timestamp};
pub use timing::{WaitsFor, length};
pub use token_name::{InvalidTokenName, TokenName};
pub use trace::{Trace, TracedCall, TracedFrame, TracedMessage, TracedNavigation};
pub use webhook::{Webhook, WebhookEvent, WebhookSecret};
pub use whole_number::whole_number;
