//! Reading a job off the queue, whoever put it there.

use std::collections::BTreeMap;
use std::time::Duration;

use job_model::{InvalidJobId, JobId, Timestamp};
use job_queue::Message;
use serde::Deserialize;

/// What an executor needs of a job message. Everything but the uuid may be missing.
#[derive(Debug, PartialEq, Eq)]
pub struct JobMessage {
    /// The job's id.
    pub uuid: JobId,
    /// The body of the async function that runs.
    pub code: String,
    /// What the code sees as `vars`.
    pub vars: BTreeMap<String, String>,
    /// Source text of the modules, by name.
    pub modules: BTreeMap<String, String>,
    /// Longest time the code may run, when the job says.
    pub timeout: Option<Duration>,
    /// How many executors may begin it, when the job says.
    pub max_attempts: Option<u32>,
    /// When the job was made, by its gateway's clock, when the message says.
    pub created_at: Option<Timestamp>,
}

/// Why a message is no job.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nobody can be told: there is no job to give a result to.
    #[error("it has no usable uuid: {reason}")]
    NoUuid {
        /// What is wrong.
        reason: String,
    },
    /// The job is known and ends with this as its error.
    #[error("job {uuid} could not be read: {reason}")]
    BadJob {
        /// The job.
        uuid: JobId,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
struct Envelope {
    uuid: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    vars: Option<BTreeMap<String, String>>,
    #[serde(default)]
    modules: Option<BTreeMap<String, String>>,
    #[serde(default)]
    timeout: Option<u32>,
    #[serde(default)]
    max_attempts: Option<u32>,
    #[serde(default)]
    created_at: serde_json::Value,
}

impl JobMessage {
    /// Reads a message's body.
    ///
    /// # Errors
    /// [`Unreadable`], which says whether there is a job to end.
    pub fn decode(message: &Message) -> Result<Self, Unreadable> {
        let no_uuid = |reason: String| Unreadable::NoUuid { reason };
        let envelope: Envelope = serde_json::from_slice(&message.body).map_err(|error| no_uuid(error.to_string()))?;
        let uuid = JobId::parse(envelope.uuid).map_err(|error: InvalidJobId| no_uuid(error.to_string()))?;
        match serde_json::from_slice::<Body>(&message.body) {
            Ok(body) => Ok(Self {
                uuid,
                code: body.code.unwrap_or_default(),
                vars: body.vars.unwrap_or_default(),
                modules: body.modules.unwrap_or_default(),
                timeout: body.timeout.map(|seconds| Duration::from_secs(seconds.into())),
                max_attempts: body.max_attempts,
                // For a metric only: what cannot be read does not matter.
                created_at: serde_json::from_value(body.created_at).ok(),
            }),
            Err(error) => Err(Unreadable::BadJob { uuid, reason: error.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JobMessage, Unreadable};
    use job_queue::Message;

    fn decode(text: &str) -> Result<JobMessage, Unreadable> {
        JobMessage::decode(&Message::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn a_message_of_the_predecessors_gateway_is_read() {
        let job = decode(
            r#"{"uuid":"j","_rev":"1-a","code":"x","status":"created","vars":{"a":"b"},"modules":null,"error":"",
                "logs":null,"results":null,"created_at":"2020-01-02T03:04:05Z","started_at":null,"duration":0}"#,
        )
        .unwrap();
        assert_eq!((job.code.as_str(), job.vars["a"].as_str(), job.modules.len()), ("x", "b", 0));
        assert_eq!(job.created_at.unwrap().unix_millis(), 1_577_934_245_000);
    }

    #[test]
    fn missing_parts_are_empty() {
        let job = decode(r#"{"uuid":"j"}"#).unwrap();
        assert_eq!((job.code.as_str(), job.vars.len(), job.timeout, job.created_at), ("", 0, None, None));
        assert_eq!(decode(r#"{"uuid":"j","created_at":"yesterday"}"#).unwrap().created_at, None);
    }

    #[test]
    fn a_job_that_cannot_be_read_is_told_from_a_message_without_a_job() {
        assert!(matches!(decode(r#"{"uuid":"j","code":1}"#), Err(Unreadable::BadJob { .. })));
        for text in ["", "[]", "{}", r#"{"uuid":""}"#, r#"{"uuid":5}"#, "\u{0}"] {
            assert!(matches!(decode(text), Err(Unreadable::NoUuid { .. })), "{text}");
        }
    }
}
