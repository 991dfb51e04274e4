//! What an executor sends back about a job.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{ErrorAt, FileSetId, InstanceId, JobFile, JobId, Outcome, Timestamp};

/// A job's results: what `JSON.stringify(results)` made of the script's object.
///
/// In a [`Job`](crate::Job) its keys are sorted at every depth, as the predecessor's gateway answered them.
pub type Results = serde_json::Map<String, serde_json::Value>;

/// How serious a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For the author of the job only.
    Debug,
    /// What the job tells.
    Info,
    /// Something is odd, the job goes on.
    #[serde(alias = "WARNING")]
    Warn,
    /// Something failed.
    Error,
}

/// One line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When the line was written.
    pub time: Timestamp,
    /// Its level.
    pub level: Level,
    /// Its text, as `util.format` made it.
    pub message: String,
}

/// The body of a message on the result queue: what became of one job.
///
/// The predecessor's executor leaves `started_at`, `finished_at` and `duration` out when the code never started, and
/// sends a null `error` for success. Unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobResult {
    /// Whose result this is.
    pub uuid: JobId,
    /// All log lines in order.
    #[serde(default, deserialize_with = "null_is_default")]
    pub logs: Vec<LogEntry>,
    /// The text of the error that ended the job; `None` when it succeeded.
    #[serde(default, deserialize_with = "empty_is_none")]
    pub error: Option<String>,
    /// What the script put into `results`, partial after a failure.
    #[serde(default, deserialize_with = "null_is_default", serialize_with = "crate::number::results")]
    pub results: Results,
    /// When the code began to run; `None` when it never started.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// When the code ended; `None` when it never started.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    /// How long the code ran, in milliseconds.
    #[serde(default, deserialize_with = "whole_millis")]
    pub duration: u64,
    /// How the job ended; the predecessor's results do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The code's process was lost: what [`RetryOn::Crash`](crate::RetryOn::Crash) means.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crashed: bool,
    /// Where the error was thrown, in the job's own text; absent when the job succeeded, and when the place is not known.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub error_at: Option<ErrorAt>,
    /// The error with the lines of the job's own text that led to it, innermost first; absent as `error_at` is.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub error_stack: Option<String>,
    /// The number of the attempt that this is the result of, counted from 1; 0 when nobody began the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The job's instance, as its message said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// When the job was created, as its message said: tells instances apart where there is no instance id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the message of this delivery was put on the queue, as its header said. Absent when the delivery was not the
    /// message's first: only a first delivery proves how far the queue has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Timestamp>,
    /// The files that the job left; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<JobFile>>,
    /// Which set of files these are; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_set: Option<FileSetId>,
}

impl JobResult {
    /// Makes a result for a job whose code never started.
    pub fn not_started(uuid: JobId, error: impl Into<String>) -> Self {
        Self {
            uuid,
            logs: Vec::new(),
            error: Some(error.into()),
            results: Results::new(),
            started_at: None,
            finished_at: None,
            duration: 0,
            outcome: Some(Outcome::Failed),
            crashed: false,
            error_at: None,
            error_stack: None,
            attempt: None,
            instance: None,
            created_at: None,
            queued_at: None,
            files: None,
            file_set: None,
        }
    }
}

/// For `#[serde(deserialize_with)]`: null counts as absent.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn empty_is_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

/// The predecessor subtracts two clocks, so a duration may be negative or null there.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to be a sane duration"
)]
fn whole_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let millis = Option::<f64>::deserialize(deserializer)?.unwrap_or(0.0);
    Ok(if (0.0..1e15).contains(&millis) { millis as u64 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::{JobResult, Level};

    #[test]
    fn a_result_of_the_predecessor_is_read() {
        let text = r#"{"uuid":"j","logs":[{"time":"2020-01-02T03:04:05.678Z","level":"INFO","message":"hi"}],
            "error":null,"results":{"b":1,"a":2},"finished_at":"2020-01-02T03:04:05.678Z","started_at":null,"extra":1}"#;
        let result: JobResult = serde_json::from_str(text).unwrap();
        assert_eq!(result.error, None);
        assert_eq!(result.logs[0].level, Level::Info);
        assert_eq!(result.duration, 0);
        assert_eq!(result.results["b"], 1);
    }

    #[test]
    fn a_result_without_a_uuid_is_refused() {
        assert!(serde_json::from_str::<JobResult>(r#"{"logs":[]}"#).is_err());
    }
}
