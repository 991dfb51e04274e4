//! The job itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize};

use crate::result::null_is_default;
use crate::time::{optional_whole_seconds, whole_seconds};
use crate::{
    Api, ErrorAt, FileSetId, IllegalMove, InstanceId, JobFile, JobNetwork, JobResult, JobStatus, Language, LogEntry,
    NewFiles, Outcome, Record, Results, Timestamp, TokenName, TokenNetwork,
};

/// A job's id: the document's id in the store and its name in every log line.
///
/// At most [`JobId::MAX_BYTES`] bytes of UTF-8 without `/` and control characters, not starting with `_`, not `.` or
/// `..`, and not blank: each of those would address something else than one document in CouchDB.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct JobId(String);

/// Why a text is no [`JobId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("job id {id:?} is not allowed: {reason}")]
pub struct InvalidJobId {
    /// The text, cut to a printable length.
    pub id: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl JobId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 200;

    /// A new id: a UUID of version 7, which begins with the time and goes on at random.
    ///
    /// Jobs that are written together are neighbours by id then. A database whose documents lie in a B-tree by id, as
    /// CouchDB's do, rewrites one leaf for a batch of neighbours and nearly as many as there are rows for a random one.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }

    /// Checks a text that came from outside.
    ///
    /// # Errors
    /// [`InvalidJobId`] with the rule that it breaks.
    pub fn parse(id: impl Into<String>) -> Result<Self, InvalidJobId> {
        let id = id.into();
        let reason = if id.trim().is_empty() {
            "it is blank"
        } else if id.len() > Self::MAX_BYTES {
            "it is longer than 200 bytes"
        } else if id.starts_with('_') {
            "it starts with an underscore"
        } else if id == "." || id == ".." {
            "it is a path"
        } else if id.contains('/') {
            "it holds a slash"
        } else if id.chars().any(char::is_control) {
            "it holds a control character"
        } else {
            return Ok(Self(id));
        };
        Err(InvalidJobId { id: id.chars().take(80).collect(), reason })
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Cow::<'de, str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

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
    /// When its recording is kept among its files; as its executor says when absent.
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Whether large Buffers of its results become files of it; absent for no, unless `api` is [`Api::V25`].
    #[serde(default, deserialize_with = "crate::error_at::or_absent", skip_serializing_if = "Option::is_none")]
    pub result_files: Option<bool>,
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
}

/// A job with the members that the predecessor knows, in any order, for databases that take no others.
pub struct PlainJob<'a> {
    /// The job.
    pub job: &'a Job,
    /// The order of the members: a permutation of `0..12`.
    pub order: [u8; PlainJob::MEMBERS],
}

impl PlainJob<'_> {
    /// How many members there are.
    pub const MEMBERS: usize = 12;
}

impl Serialize for PlainJob<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Results<'a>(&'a Job);
        impl Serialize for Results<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::number::optional_results(&self.0.results, serializer)
            }
        }
        let job = self.job;
        let time = |time: Option<Timestamp>| time.map(Timestamp::to_whole_seconds);
        let mut map = serializer.serialize_map(Some(Self::MEMBERS))?;
        for member in self.order {
            match member {
                0 => map.serialize_entry("uuid", &job.uuid),
                1 => map.serialize_entry("code", &job.code),
                2 => map.serialize_entry("status", &job.status),
                3 => map.serialize_entry("vars", &job.vars),
                4 => map.serialize_entry("modules", &job.modules),
                5 => map.serialize_entry("error", &job.error),
                6 => map.serialize_entry("logs", &job.logs),
                7 => map.serialize_entry("results", &Results(job)),
                8 => map.serialize_entry("created_at", &time(Some(job.created_at))),
                9 => map.serialize_entry("started_at", &time(job.started_at)),
                10 => map.serialize_entry("finished_at", &time(job.finished_at)),
                _ => map.serialize_entry("duration", &job.duration),
            }?;
        }
        map.end()
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

/// What a client may say of a new job. Everything else of a [`Job`] belongs to the server and is ignored here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct NewJob {
    /// An id of the client's own; a random one when absent, null or empty.
    #[serde(default, deserialize_with = "null_is_default")]
    pub uuid: String,
    /// See [`Job::code`].
    #[serde(default, deserialize_with = "null_is_default")]
    pub code: String,
    /// See [`Job::vars`].
    #[serde(default, deserialize_with = "strings")]
    pub vars: BTreeMap<String, String>,
    /// See [`Job::modules`].
    #[serde(default, deserialize_with = "strings")]
    pub modules: BTreeMap<String, String>,
    /// See [`Job::timeout`].
    #[serde(default)]
    pub timeout: Option<u32>,
    /// See [`Job::max_attempts`].
    #[serde(default)]
    pub max_attempts: Option<u32>,
    /// See [`Job::network`].
    #[serde(default, deserialize_with = "crate::network::given")]
    pub network: Option<JobNetwork>,
    /// See [`Job::api`].
    #[serde(default, deserialize_with = "crate::api::given")]
    pub api: Option<Api>,
    /// See [`Job::language`].
    #[serde(default, deserialize_with = "crate::language::given")]
    pub language: Option<Language>,
    /// See [`Job::ignore_https_errors`].
    #[serde(default)]
    pub ignore_https_errors: Option<bool>,
    /// See [`Job::record`].
    #[serde(default, deserialize_with = "crate::record::given")]
    pub record: Option<Record>,
    /// The files that come with it, or `"auto"`.
    #[serde(default)]
    pub files: NewFiles,
}

impl Job {
    /// A job as it is before anything happened to it.
    ///
    /// # Errors
    /// [`InvalidJobId`] when the client brought an id that cannot name a document.
    pub fn create(new: NewJob, now: Timestamp) -> Result<Self, InvalidJobId> {
        let uuid = if new.uuid.is_empty() { JobId::fresh() } else { JobId::parse(new.uuid)? };
        Ok(Self {
            uuid,
            code: new.code,
            status: JobStatus::Created,
            vars: new.vars,
            modules: new.modules,
            error: String::new(),
            logs: None,
            results: None,
            created_at: now.truncated_to_seconds(),
            started_at: None,
            finished_at: None,
            duration: 0,
            timeout: new.timeout,
            max_attempts: new.max_attempts,
            network: new.network,
            network_token: None,
            api: new.api,
            language: new.language,
            ignore_https_errors: new.ignore_https_errors,
            record: new.record,
            result_files: new.files.auto.then_some(true),
            outcome: None,
            error_at: None,
            error_stack: None,
            attempt: None,
            running: None,
            rerun_of: None,
            owner: None,
            input_files: None,
            files: None,
            file_set: None,
            instance: Some(InstanceId::fresh()),
            dispatch: None,
        })
    }

    /// The job as clients see it: without the gateways' own memory, its token's rules and its proxy's credentials.
    #[must_use]
    pub fn published(mut self) -> Self {
        self.dispatch = None;
        self.instance = None;
        self.network_token = None;
        self.network = self.network.map(|network| network.shown());
        self.file_set = None;
        self
    }

    /// How it ended, told by its error where it does not say. Means nothing before it is done.
    pub fn outcome_or_derived(&self) -> Outcome {
        self.outcome.unwrap_or_else(|| Outcome::of_error(Some(&self.error)))
    }

    /// Notes that the broker has confirmed the job.
    ///
    /// # Errors
    /// [`IllegalMove`] when it is done already.
    pub fn mark_queued(&mut self) -> Result<(), IllegalMove> {
        self.status = self.status.move_to(JobStatus::Queued)?;
        Ok(())
    }

    /// Takes the result over. Only the first one: a job that is done stays as it is.
    ///
    /// # Errors
    /// [`IllegalMove`] when it is done already; the job is unchanged.
    pub fn finish(&mut self, result: JobResult) -> Result<(), IllegalMove> {
        self.status = self.status.move_to(JobStatus::Done)?;
        self.outcome = Some(result.outcome.unwrap_or_else(|| Outcome::of_error(result.error.as_deref())));
        (self.error_at, self.error_stack) = (result.error_at, result.error_stack);
        self.attempt = result.attempt;
        self.running = None;
        self.error = result.error.unwrap_or_default();
        self.logs = Some(result.logs);
        self.results = Some(sorted(result.results));
        self.started_at = result.started_at.map(Timestamp::truncated_to_seconds);
        self.finished_at = result.finished_at.map(Timestamp::truncated_to_seconds);
        self.duration = result.duration;
        (self.files, self.file_set) = (result.files, result.file_set);
        Ok(())
    }
}

/// The same results with sorted keys at every depth.
fn sorted(mut results: Results) -> Results {
    results.sort_keys();
    results.values_mut().for_each(serde_json::Value::sort_all_objects);
    results
}

/// An object of string → string; null is `{}` and a null inside is the empty string. The error names the key.
fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values = Option::<BTreeMap<String, serde_json::Value>>::deserialize(deserializer)?.unwrap_or_default();
    let string = |(key, value)| match value {
        serde_json::Value::String(text) => Ok((key, text)),
        serde_json::Value::Null => Ok((key, String::new())),
        other => {
            Err(serde::de::Error::custom(format_args!("the value of {key:?} is not a string but {}", kind(&other))))
        }
    };
    values.into_iter().map(string).collect()
}

fn kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::{Job, JobId, NewJob, PlainJob};
    use crate::{JobResult, JobStatus, Timestamp};

    fn created() -> Job {
        let new: NewJob = serde_json::from_str(r#"{"uuid":"j","code":"x","vars":{"a":null}}"#).unwrap();
        Job::create(new, Timestamp::parse("2020-01-02T03:04:05.678Z").unwrap()).unwrap()
    }

    #[test]
    fn files_of_a_new_job_are_told_by_name() {
        let read = |text: &str| serde_json::from_str::<NewJob>(text).map(|new| new.files.named);
        let files = read(r#"{"files":{"/in.csv":{"text":"a"},"b":{"job":"j","name":"x"}}}"#).unwrap();
        let names: Vec<_> = files.keys().map(crate::FileName::as_str).collect();
        assert_eq!((names, files.len()), (vec!["b", "in.csv"], 2));
        assert!(
            read(r#"{"files":null}"#).unwrap().is_empty() && read(r#"{"files":[{"name":"a"}]}"#).unwrap().is_empty()
        );
        for (text, reason) in [
            (r#"{"files":{"../x":{"text":""}}}"#, "leads out of the job's folder"),
            (r#"{"files":{"x":{"txt":""}}}"#, "unknown field `txt`, expected one of `base64`, `text`"),
            (r#"{"files":5}"#, "files: invalid type"),
            (r#"{"files":"always"}"#, r#"files: "always" is not known: give "auto""#),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn large_buffers_become_files_of_jobs_that_say_so() {
        let made =
            |text: &str| Job::create(serde_json::from_str(text).unwrap(), Timestamp::now()).unwrap().result_files;
        assert_eq!(made(r#"{"files":"auto"}"#), Some(true));
        for text in ["{}", r#"{"files":{}}"#, r#"{"result_files":true}"#] {
            assert_eq!(made(text), None, "{text}");
        }
    }

    #[test]
    fn new_ids_are_in_order_of_their_making() {
        let ids: Vec<_> = (0..1000).map(|_| JobId::fresh()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.as_str().len() == 36));
    }

    #[test]
    fn fields_come_out_in_the_predecessors_order() {
        let expected = r#"{"uuid":"j","code":"x","status":"created","vars":{"a":""},"modules":{},"error":"","logs":null,"results":null,"created_at":"2020-01-02T03:04:05Z","started_at":null,"finished_at":null,"duration":0}"#;
        assert_eq!(serde_json::to_string(&created().published()).unwrap(), expected);
    }

    #[test]
    fn a_plain_job_is_a_published_one_without_our_members() {
        let job = created().published();
        let order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let text = serde_json::to_string(&PlainJob { job: &job, order }).unwrap();
        assert_eq!(text, serde_json::to_string(&job).unwrap());
        let mut done = created();
        (done.timeout, done.max_attempts, done.running) = (Some(1), Some(2), None);
        done.finish(JobResult::not_started(done.uuid.clone(), "why")).unwrap();
        let mut order = order;
        order.reverse();
        let plain = serde_json::to_value(PlainJob { job: &done, order }).unwrap();
        assert_eq!(plain.as_object().unwrap().len(), 12);
        assert_eq!(plain.as_object().unwrap().keys().next().unwrap(), "duration");
        for (member, value) in plain.as_object().unwrap() {
            assert_eq!(value, &serde_json::to_value(&done).unwrap()[member], "{member}");
        }
    }

    #[test]
    fn the_first_result_stays() {
        let mut job = created();
        job.finish(JobResult::not_started(job.uuid.clone(), "first")).unwrap();
        assert!(job.finish(JobResult::not_started(job.uuid.clone(), "second")).is_err());
        assert_eq!((job.status, job.error.as_str()), (JobStatus::Done, "first"));
        assert!(job.mark_queued().is_err());
    }

    #[test]
    fn the_keys_of_results_are_sorted_at_every_depth() {
        let mut job = created();
        let results = serde_json::from_str(r#"{"z":{"y":1,"B":2},"a":[{"d":1,"c":2}]}"#).unwrap();
        job.finish(JobResult { results, ..JobResult::not_started(job.uuid.clone(), "") }).unwrap();
        let text = serde_json::to_string(&job.results).unwrap();
        assert_eq!(text, r#"{"a":[{"c":2,"d":1}],"z":{"B":2,"y":1}}"#);
    }

    #[test]
    fn a_result_may_overtake_the_queued_mark() {
        let mut job = created();
        job.finish(JobResult::not_started(job.uuid.clone(), "")).unwrap();
        assert_eq!(job.status, JobStatus::Done);
    }

    #[test]
    fn ids_that_would_address_something_else_are_refused() {
        for id in ["", " ", "_design", ".", "..", "a/b", "a\nb", "a\0b"] {
            assert!(JobId::parse(id).is_err(), "{id:?}");
        }
        assert!(JobId::parse("u".repeat(201)).is_err());
        for id in ["a", "a b", "日本-é", "...", "a_b", "a+b?c#d%"] {
            assert!(JobId::parse(id).is_ok(), "{id:?}");
        }
    }

    #[test]
    fn a_value_that_is_no_string_is_named() {
        let error = serde_json::from_str::<NewJob>(r#"{"vars":{"port":1}}"#).unwrap_err();
        assert!(error.to_string().starts_with(r#"the value of "port" is not a string but a number"#), "{error}");
    }
}
