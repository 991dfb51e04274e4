//! The message that tells gateways how a job ended. Its results are passed on as the slot wrote them.

use job_model::{ErrorAt, FileSetId, InstanceId, JobFile, JobId, LogEntry, Outcome, Timestamp};
use job_queue::{Delivery, Message};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::job_message::JobKey;
use crate::message_headers::{MessageHeaders, TRACEPARENT};
use crate::protocol::JobEnd;

/// Of which delivery a result is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The job.
    pub(crate) key: JobKey,
    /// The number of the attempt that the result is of; 0 when the job was not begun.
    pub(crate) attempt: u32,
    /// When its message was put on the queue, when this was the message's first delivery: then it tells how far the queue
    /// has come.
    pub(crate) queued_at: Option<Timestamp>,
    /// The job's trace, as its message has it.
    pub(crate) traceparent: Option<String>,
}

impl Origin {
    /// Returns the origin of a result that this delivery led to.
    pub(crate) fn of(delivery: &Delivery, key: JobKey, attempt: u32) -> Self {
        let headers = MessageHeaders::of(&delivery.message);
        let first = !delivery.redelivered && headers.attempt == 1;
        let traceparent = delivery.message.headers.get(TRACEPARENT).cloned();
        Self { key, attempt, queued_at: headers.queued_at.filter(|_| first), traceparent }
    }
}

/// Whether a job lost its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crashed {
    /// It did.
    Yes,
    /// Its process lived, or was ended for what the job did.
    No,
}

/// [`job_model::JobResult`] as it is written.
#[derive(Serialize)]
struct Body<'a> {
    uuid: &'a JobId,
    logs: &'a [LogEntry],
    error: Option<&'a str>,
    results: &'a RawValue,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    duration: u64,
    outcome: Outcome,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    crashed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_at: Option<&'a ErrorAt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_stack: Option<&'a str>,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a InstanceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queued_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<&'a [JobFile]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_set: Option<&'a FileSetId>,
}

/// Writes the message of a job's end.
pub(crate) fn write(
    origin: &Origin,
    logs: &[LogEntry],
    end: &JobEnd,
    crashed: Crashed,
    files: Option<&(FileSetId, Vec<JobFile>)>,
) -> Message {
    let body = Body {
        uuid: &origin.key.uuid,
        logs,
        error: end.error.as_deref(),
        results: &end.results,
        started_at: end.started_at,
        finished_at: end.finished_at,
        duration: end.duration,
        outcome: end.outcome,
        crashed: crashed == Crashed::Yes,
        error_at: end.error_at.as_ref(),
        error_stack: end.error_stack.as_deref(),
        attempt: origin.attempt,
        instance: origin.key.instance.as_ref(),
        created_at: origin.key.created_at,
        queued_at: origin.queued_at,
        files: files.map(|(_, files)| &**files),
        file_set: files.map(|(set, _)| set),
    };
    let mut message = Message::new(serde_json::to_vec(&body).expect("a result has string keys only"));
    if let Some(traceparent) = &origin.traceparent {
        message.headers.insert(TRACEPARENT.to_owned(), traceparent.clone());
    }
    message
}

#[cfg(test)]
mod tests {
    use job_model::{ErrorAt, FileSetId, InstanceId, JobFile, JobId, JobResult, Level, LogEntry, Outcome, Timestamp};
    use serde_json::value::RawValue;

    use super::{Crashed, Origin, write};
    use crate::job_message::JobKey;
    use crate::protocol::JobEnd;
    use crate::taken_files::TakenFiles;

    #[test]
    fn a_result_is_written_as_the_model_reads_and_writes_it() {
        let now = Timestamp::now();
        let uuid = JobId::parse("j").unwrap();
        let key = JobKey { uuid: uuid.clone(), instance: Some(InstanceId::fresh()), created_at: Some(now) };
        let origin = Origin { key, attempt: 2, queued_at: Some(now), traceparent: None };
        let logs = vec![LogEntry { time: now, level: Level::Info, message: "hi".to_owned() }];
        let results = RawValue::from_string(r#"{"b":123456789012345680000,"a":["é"]}"#.to_owned()).unwrap();
        let end = JobEnd {
            outcome: Outcome::TimedOut,
            error: Some("late".to_owned()),
            error_at: Some(ErrorAt { module: "code".to_owned(), line: 3, column: 7 }),
            error_stack: Some("late\n    at file:///puppet-master/code:3:7".to_owned()),
            results,
            started_at: Some(now),
            finished_at: Some(now),
            duration: 7,
            files: TakenFiles::default(),
        };
        let file = r#"{"name":"a.txt","bytes":1,"type":"text/plain","sha256":"00"}"#;
        let files = (FileSetId::of_attempt(2), vec![serde_json::from_str::<JobFile>(file).unwrap()]);
        let text = String::from_utf8(write(&origin, &logs, &end, Crashed::Yes, Some(&files)).body).unwrap();
        let read: JobResult = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!((&read.uuid, &read.instance), (&uuid, &origin.key.instance));
        assert_eq!((read.outcome, read.attempt, read.queued_at), (Some(Outcome::TimedOut), Some(2), Some(now)));
        assert!(read.crashed);
        let whole = end.into_result(uuid, logs).unwrap();
        assert_eq!((whole.results, whole.logs), (read.results, read.logs));
    }
}
