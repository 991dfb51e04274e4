//! Reads a job off the queue, be it of our gateways or of a predecessor's.

use std::collections::BTreeMap;
use std::time::Duration;

use job_model::{
    Api, InstanceId, InvalidJobId, JobFile, JobId, JobNetwork, JobRecord, Language, Timestamp, TokenNetwork,
};
use job_queue::Message;
use json_text::without_lone_surrogates;
use serde::Deserialize;

use crate::network;

/// Which creation of which job a message is about. Messages of one creation say the same of all three.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobKey {
    /// The job's id.
    pub uuid: JobId,
    /// The creation, when the message says. A predecessor's does not.
    pub instance: Option<InstanceId>,
    /// When the job was created, by its gateway's clock, when the message says.
    pub created_at: Option<Timestamp>,
}

/// What an executor needs of a job message. Everything but the uuid may be missing.
#[derive(Debug, PartialEq, Eq)]
pub struct JobMessage {
    /// Which job it is.
    pub key: JobKey,
    /// The body of the async function that runs.
    pub code: String,
    /// What the code sees as `vars`.
    pub vars: BTreeMap<String, String>,
    /// Source text of the modules, by name.
    pub modules: BTreeMap<String, String>,
    /// The files that came with it.
    pub input_files: Vec<JobFile>,
    /// Longest time the code may run, when the job says.
    pub timeout: Option<Duration>,
    /// How many executors may begin it, when the job says.
    pub max_attempts: Option<u32>,
    /// When it is not to be begun any more, when the job says.
    pub expires_at: Option<Timestamp>,
    /// What the job says of the network.
    pub network: Option<JobNetwork>,
    /// What its token says of the network.
    pub network_token: Option<TokenNetwork>,
    /// Which Puppeteer it is written for, when the job says.
    pub api: Option<Api>,
    /// What its code is written in, when it says.
    pub language: Option<Language>,
    /// Whether certificates that are not valid are accepted, when the job says.
    pub ignore_https_errors: Option<bool>,
    /// When its recording is kept, and what is in it, when the job says.
    pub record: Option<JobRecord>,
    /// Whether large Buffers of its results become files, when it says so.
    pub result_files: bool,
}

/// Why a message is not a job.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nobody can be told: there is no job to give a result to.
    #[error("it has no usable uuid: {reason}")]
    NoUuid {
        /// What is wrong.
        reason: String,
    },
    /// The job is known and ends with this as its error.
    #[error("job {} could not be read: {reason}", key.uuid)]
    BadJob {
        /// The job.
        key: Box<JobKey>,
        /// What is wrong.
        reason: String,
    },
}

/// Says which job it is, whatever the rest holds.
#[derive(Deserialize)]
struct Envelope {
    uuid: String,
    #[serde(default)]
    instance: serde_json::Value,
    #[serde(default)]
    created_at: serde_json::Value,
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
    input_files: Option<Vec<JobFile>>,
    #[serde(default)]
    timeout: Option<u32>,
    #[serde(default)]
    max_attempts: Option<u32>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
    #[serde(default)]
    network: Option<JobNetwork>,
    #[serde(default)]
    network_token: Option<TokenNetwork>,
    #[serde(default)]
    api: Option<Api>,
    #[serde(default)]
    language: Option<Language>,
    #[serde(default)]
    ignore_https_errors: Option<bool>,
    #[serde(default)]
    record: Option<JobRecord>,
    result_files: Option<bool>,
}

impl JobMessage {
    /// Reads a message's body. What no Rust string can hold becomes U+FFFD, as at the predecessor.
    ///
    /// # Errors
    /// [`Unreadable`], which says whether there is a job to end.
    pub fn decode(message: &Message) -> Result<Self, Unreadable> {
        let no_uuid = |reason: String| Unreadable::NoUuid { reason };
        let text = String::from_utf8_lossy(&message.body);
        let text = without_lone_surrogates(&text);
        let envelope: Envelope = serde_json::from_str(&text).map_err(|error| no_uuid(error.to_string()))?;
        let uuid = JobId::parse(envelope.uuid).map_err(|error: InvalidJobId| no_uuid(error.to_string()))?;
        let key = JobKey {
            uuid,
            // What cannot be read tells no creation from another.
            instance: serde_json::from_value(envelope.instance).ok(),
            created_at: serde_json::from_value(envelope.created_at).ok(),
        };
        let body = serde_json::from_str::<Body>(&text).map_err(|error| error.to_string());
        // A job is not to run without the rules that it was sent with.
        match body.and_then(|body| network::check(body.network.as_ref(), body.network_token.as_ref()).map(|()| body)) {
            Ok(body) => Ok(Self {
                key,
                code: body.code.unwrap_or_default(),
                vars: body.vars.unwrap_or_default(),
                modules: body.modules.unwrap_or_default(),
                input_files: body.input_files.unwrap_or_default(),
                timeout: body.timeout.map(|seconds| Duration::from_secs(seconds.into())),
                max_attempts: body.max_attempts,
                expires_at: body.expires_at,
                network: body.network,
                network_token: body.network_token,
                api: body.api,
                language: body.language,
                ignore_https_errors: body.ignore_https_errors,
                record: body.record,
                result_files: body.result_files == Some(true),
            }),
            Err(reason) => Err(Unreadable::BadJob { key: Box::new(key), reason }),
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
        assert_eq!(job.key.created_at.unwrap().unix_millis(), 1_577_934_245_000);
    }

    #[test]
    fn missing_parts_are_empty() {
        let job = decode(r#"{"uuid":"j"}"#).unwrap();
        assert_eq!((job.code.as_str(), job.vars.len(), job.timeout, job.key.created_at), ("", 0, None, None));
        for text in [r#"{"uuid":"j","created_at":"yesterday","instance":5}"#, r#"{"uuid":"j","instance":""}"#] {
            let key = decode(text).unwrap().key;
            assert_eq!((key.created_at, key.instance), (None, None), "{text}");
        }
    }

    #[test]
    fn only_a_job_that_says_so_has_large_buffers_as_files() {
        for (fields, wanted) in [
            ("", false),
            (r#","api":"1""#, false),
            (r#","api":"25""#, false),
            (r#","result_files":false"#, false),
            (r#","result_files":true"#, true),
        ] {
            assert_eq!(decode(&format!(r#"{{"uuid":"j"{fields}}}"#)).unwrap().result_files, wanted, "{fields}");
        }
    }

    #[test]
    fn the_instance_is_read_also_of_a_job_that_is_not() {
        let job = decode(r#"{"uuid":"j","instance":"abc"}"#).unwrap();
        assert_eq!(job.key.instance.unwrap().as_str(), "abc");
        let bad = decode(r#"{"uuid":"j","instance":"abc","code":{}}"#).unwrap_err();
        assert!(matches!(bad, Unreadable::BadJob { key, .. } if key.instance.as_ref().unwrap().as_str() == "abc"));
    }

    #[test]
    fn what_no_string_can_hold_is_replaced() {
        let job = decode(r#"{"uuid":"j","code":"'\ud83d'","vars":{"a\udc00":"\ud800 \ud83d\ude00"}}"#).unwrap();
        assert_eq!((job.code.as_str(), job.vars["a\u{fffd}"].as_str()), ("'\u{fffd}'", "\u{fffd} 😀"));
        let latin = Message::new(b"{\"uuid\":\"j\",\"code\":\"\xe9\"}".to_vec());
        assert_eq!(JobMessage::decode(&latin).unwrap().code, "\u{fffd}");
    }

    #[test]
    fn a_job_whose_network_rules_cannot_be_kept_does_not_run() {
        let job =
            decode(r#"{"uuid":"j","network":{"deny":["private"]},"network_token":{"allow":["public"]}}"#).unwrap();
        assert!(job.network.is_some() && job.network_token.is_some());
        for rules in [
            r#""network":{"deny":["a b"]}"#,
            r#""network":{"forbid":["private"]}"#,
            r#""network_token":{"allow":["10.0.0.1/8"]}"#,
            r#""network":{"proxy":"ftp://u:hunter2@p"}"#,
        ] {
            let Err(Unreadable::BadJob { reason, .. }) = decode(&format!(r#"{{"uuid":"j",{rules}}}"#)) else {
                panic!("{rules} is taken");
            };
            assert!(reason.contains("network") && !reason.contains("hunter2") || reason.contains("forbid"), "{reason}");
        }
    }

    #[test]
    fn a_job_that_cannot_be_read_is_told_from_a_message_without_a_job() {
        assert!(matches!(decode(r#"{"uuid":"j","code":1}"#), Err(Unreadable::BadJob { .. })));
        for text in ["", "[]", "{}", r#"{"uuid":""}"#, r#"{"uuid":5}"#, "\u{0}"] {
            assert!(matches!(decode(text), Err(Unreadable::NoUuid { .. })), "{text}");
        }
    }
}
