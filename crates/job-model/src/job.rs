//! The job itself: its document, and what can be told from it.

mod fields;
mod moves;
mod published;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::result::null_is_default;
use crate::string_map::strings;
use crate::time::{optional_whole_seconds, whole_seconds};
use crate::{
    Api, Attempt, ErrorAt, FileSetId, InstanceId, JobFile, JobId, JobNetwork, JobRecord, JobStatus, Language, LogEntry,
    OnDuplicate, Outcome, Priority, Results, Retry, RunKey, ScheduleTick, ScriptVersion, Timestamp, TokenName,
    TokenNetwork, VarFrom, WaitsFor, Webhook,
};

/// A job as the API answers it, the store keeps it and the queue carries it.
///
/// The fields come out in this order. `logs`, `results`, `started_at` and `finished_at` are null until the job is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub uuid: JobId,
    /// The body of the async function that runs.
    #[serde(default, deserialize_with = "null_is_default")]
    pub code: String,
    /// Where it is on its way.
    #[serde(default)]
    pub status: JobStatus,
    /// What the code sees as `vars`.
    #[serde(default, deserialize_with = "strings")]
    pub vars: BTreeMap<String, String>,
    /// Source text of the modules that the code may import, by name.
    #[serde(default, deserialize_with = "strings")]
    pub modules: BTreeMap<String, String>,
    /// The text of the error that ended it; empty until then and after success.
    #[serde(default, deserialize_with = "null_is_default")]
    pub error: String,
    /// All log lines.
    #[serde(default)]
    pub logs: Option<Vec<LogEntry>>,
    /// What the code put into `results`.
    #[serde(default, serialize_with = "crate::number::optional_results")]
    pub results: Option<Results>,
    /// When the gateway accepted it.
    #[serde(with = "whole_seconds")]
    pub created_at: Timestamp,
    /// When the code began to run.
    #[serde(default, with = "optional_whole_seconds")]
    pub started_at: Option<Timestamp>,
    /// When the code ended.
    #[serde(default, with = "optional_whole_seconds")]
    pub finished_at: Option<Timestamp>,
    /// How long the code ran, in milliseconds.
    #[serde(default, deserialize_with = "null_is_default")]
    pub duration: u64,
    /// The longest time the code may run, in seconds; the executor's own limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// How many executors may begin it before it is given up; the executor's own limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Which part of the network it may reach; all that its executor leaves open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<JobNetwork>,
    /// What its token leaves open of the network: in its document and its message, absent from answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_token: Option<TokenNetwork>,
    /// Which Puppeteer the code is written for; 1.20 when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// What `code` is written in; JavaScript when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Whether its pages accept certificates that are not valid; as its executor says when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub ignore_https_errors: Option<bool>,
    /// When its recording is kept among its files, and what is in it; as its executor says when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub record: Option<JobRecord>,
    /// Whether large Buffers of its results become files of it; absent for no, unless `api` is [`Api::V25`].
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub result_files: Option<bool>,
    /// Which queue carries it; the normal one when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// When it may begin; at once when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Timestamp>,
    /// When it ends as [`Outcome::Expired`] if no executor has begun it; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How it is tried again when it failed; not at all when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// What it shares with other jobs of its owner, of which only some may run at a time.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub key: Option<RunKey>,
    /// How many jobs of its key may run at a time; 1 when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub max_running: Option<u32>,
    /// What became of it if too many jobs of its key were under way; it waited when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub on_duplicate: Option<OnDuplicate>,
    /// Whom its events are told: in its document; in answers without its secret; absent from messages.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// The jobs that must have succeeded before it begins; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<JobId>>,
    /// Results of those jobs that become vars, by the var's name; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vars_from: Option<BTreeMap<String, VarFrom>>,
    /// The script that it runs; absent when its code came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptVersion>,
    /// The schedule that made it; absent when none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleTick>,
    /// The batch that it belongs to; absent when it belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<JobId>,
    /// How it ended; absent until it is done, and in documents of the predecessor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Where the error was thrown, in the job's own text; absent when the job succeeded, and when the place is not known.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub error_at: Option<ErrorAt>,
    /// The error with the lines of the job's own text that led to it, innermost first; absent as `error_at` is.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub error_stack: Option<String>,
    /// The attempt that made the result, counted from 1; 0 when nobody began the job. Absent until it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The tries before this one, the first one first; absent when there were none.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<Attempt>>,
    /// Why it is not put on the queue yet; absent when nothing keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// Where it runs. In its document only when it runs for longer than a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// The job that this one runs again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<JobId>,
    /// The name of the token that made it; absent where that token has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<TokenName>,
    /// The files that came with it and are in its folder when its code begins; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_files: Option<Vec<JobFile>>,
    /// The files that it left; absent until it is done, and when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<JobFile>>,
    /// Which set of files these are: the gateways' own memory, absent from answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_set: Option<FileSetId>,
    /// Which creation of its uuid it is: in its document and its message, absent from answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// When and how often a gateway has put it on the queue: the gateways' own memory, absent from answers and messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<Dispatch>,
    /// When a gateway must look at it next: the gateways' own memory, absent from answers and messages. Absent when nothing
    /// is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
    /// Its client's place in a trace of its own, a `traceparent`: the gateways' own memory, absent from answers and messages.
    /// Absent when the client sent none, and where traces are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl Job {
    /// Returns when it expires if no executor has begun it. What was begun once does not expire.
    pub fn begin_by(&self) -> Option<Timestamp> {
        self.expires_at.filter(|_| self.attempts.is_none())
    }

    /// Returns whose queue carries it: that of its priority, and the next lower one for a try after one that failed. So
    /// whatever fails again and again keeps no job waiting that was not tried yet.
    pub fn queue_priority(&self) -> Priority {
        let priority = self.priority.unwrap_or_default();
        if self.attempts.is_none() { priority } else { priority.lower() }
    }

    /// Returns its key with its owner, whose jobs alone the key concerns; `None` when it has none.
    pub fn key_of_owner(&self) -> Option<String> {
        self.key.as_ref().map(|key| key.of_owner(self.owner.as_ref()))
    }

    /// Returns the key that it waits for, with its owner; `None` when it does not wait for one.
    pub fn waits_for_key(&self) -> Option<String> {
        if self.waits_for == Some(WaitsFor::Key) { self.key_of_owner() } else { None }
    }

    /// Returns how it ended, told by its error where it does not say. Means nothing before it is done.
    pub fn outcome_or_derived(&self) -> Outcome {
        self.outcome.unwrap_or_else(|| Outcome::of_error(Some(&self.error)))
    }
}

/// Where a job runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// When its code began.
    pub since: Timestamp,
    /// The name of the executor.
    pub executor: String,
    /// The number of this attempt, counted from 1.
    pub attempt: u32,
}

/// A gateway's note of putting a job on the queue. The predecessor leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// When it was last put there, or claimed for that.
    pub at: Timestamp,
    /// How often it was put there.
    pub attempts: u32,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Job;
    use crate::{NewJob, Timestamp};

    /// A job to which nothing has happened.
    pub(crate) fn created() -> Job {
        let new: NewJob = serde_json::from_str(r#"{"uuid":"j","code":"x","vars":{"a":null}}"#).unwrap();
        Job::create(new, Timestamp::parse("2020-01-02T03:04:05.678Z").unwrap()).unwrap()
    }

    #[test]
    fn fields_come_out_in_the_predecessors_order() {
        let expected = r#"{"uuid":"j","code":"x","status":"created","vars":{"a":""},"modules":{},"error":"","logs":null,"results":null,"created_at":"2020-01-02T03:04:05Z","started_at":null,"finished_at":null,"duration":0}"#;
        assert_eq!(serde_json::to_string(&created().published()).unwrap(), expected);
    }
}
