//! Everything that comes from outside as bytes: bodies of the API, messages of the broker, lines of a slot, documents of
//! the database, answers of Chromium. All readers get the same bytes; most are JSON and look alike.

use executor::job_message::JobMessage;
use executor::protocol::{FromSlot, ToSlot};
use job_model::{Job, JobControl, JobEvent, JobId, JobResult, NewJob, Timestamp};
use job_queue::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads the bytes as everything that travels.
///
/// # Panics
/// When a reader does, or when what was read is written as something else.
pub fn wire(bytes: &[u8]) {
    let job = same_text::<Job>(bytes);
    let result = same_text::<JobResult>(bytes);
    same_text::<JobEvent>(bytes);
    same_text::<JobControl>(bytes);
    same_text::<ToSlot>(bytes);
    same_text::<FromSlot>(bytes);

    let message = JobMessage::decode(&Message::new(bytes.to_vec()));
    if let (Some(job), Ok(message)) = (&job, &message) {
        assert_eq!((&job.uuid, &job.code), (&message.key.uuid, &message.code));
    }
    if let (Some(mut job), Some(result)) = (job, result)
        && job.finish(result).is_ok()
    {
        same_text::<Job>(text(&job).as_bytes()).expect("a job that is done can be read");
    }

    if let Some(job) = gateway::fuzzing::new_job(bytes) {
        assert_eq!(same_text::<Job>(text(&job).as_bytes()).as_ref(), Some(&job));
        let message = JobMessage::decode(&Message::new(text(&job).into_bytes())).expect("executors read our jobs");
        assert_eq!((message.key.uuid, message.code, message.vars), (job.uuid, job.code, job.vars));
    }
    gateway::fuzzing::hear_events(bytes);
    if let Some(job) = job_store::couchdb::fuzzing::answer(bytes) {
        same_text::<Job>(text(&job).as_bytes()).expect("a stored job can be read again");
    }

    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = serde_json::from_str::<NewJob>(text);
    gateway::fuzzing::query(text);
    browser::fuzzing::read_message(text);
    browser::fuzzing::read_argument(text);
    script::fuzzing::read_code(text);
    if let Ok(id) = JobId::parse(text) {
        assert_eq!(serde_json::from_value::<JobId>(id.as_str().into()).ok(), Some(id));
    }
    if let Ok(time) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        assert_eq!(Timestamp::parse(&time.to_whole_seconds()), Ok(time.truncated_to_seconds()));
        assert_eq!(Timestamp::from_unix_millis(time.unix_millis()), Some(time));
    }
}

/// Reads a value; its text must read as a value of the same text. Texts are compared because a number may change its
/// type and keep its digits.
fn same_text<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = text(&value);
    match serde_json::from_str::<T>(&written) {
        Ok(again) => assert_eq!(text(&again), written),
        Err(error) => panic!("{error} in {written}"),
    }
    Some(value)
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what was read can be written")
}
