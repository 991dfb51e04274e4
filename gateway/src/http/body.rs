//! Reading the body of a new job.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use futures::StreamExt;
use job_model::{FileName, Job, NewFile, NewJob, Timestamp, WebhookEvent, whole_number};
use json_text::{nesting, without_lone_surrogates};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::ApiError;
use super::network_rules;
use crate::app::App;
use crate::config::Settings;
use crate::webhooks;

/// How deep JSON may be nested, anywhere in a body: serde skips unknown fields however deep they are.
const MAX_DEPTH: usize = 10_000;
/// The longest time limit that a job may ask for, in seconds: a day.
const MAX_TIMEOUT: u64 = 86_400;
/// The most executors that may begin a job.
const MAX_ATTEMPTS: u64 = 100;

/// Reads a body up to the limit.
///
/// A larger one is read on for a while and thrown away: a client that is still sending would not see the answer. One that
/// asks before it sends gets its answer at once.
///
/// All bodies together have one limit of memory. A client that sends slowly keeps others waiting, and is the first to be refused.
pub(crate) async fn read(request: Request, app: &App) -> Result<Body<'_>, ApiError> {
    let limit = app.settings.max_body_bytes;
    if is_held_back(&request) && announced(request.headers()) > limit {
        return Err(ApiError::TooLarge { size: None, limit });
    }
    let reading = async {
        let mut chunks = request.into_body().into_data_stream();
        let mut body = Body::empty();
        let mut total = 0_usize;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| ApiError::Body { reason: error.to_string() })?;
            total = total.saturating_add(chunk.len());
            if total <= limit {
                body.extend(&chunk, &app.body_room).await;
            } else if total > limit.saturating_mul(4) {
                break;
            }
        }
        if total > limit { Err(ApiError::TooLarge { size: None, limit }) } else { Ok(body) }
    };
    tokio::time::timeout(app.settings.request_timeout, reading).await.unwrap_or(Err(ApiError::BodyTimeout))
}

/// A body, and its place in the room for all bodies.
pub(crate) struct Body<'a> {
    bytes: Vec<u8>,
    room: Option<SemaphorePermit<'a>>,
}

impl<'a> Body<'a> {
    pub(super) fn empty() -> Self {
        Self { bytes: Vec::new(), room: None }
    }

    /// What came.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes a piece, once there is room for it.
    pub(super) async fn extend(&mut self, chunk: &[u8], room: &'a Semaphore) {
        let size = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        let more = room.acquire_many(size).await.expect("nobody closes the room");
        match &mut self.room {
            Some(room) => room.merge(more),
            room => *room = Some(more),
        }
        self.bytes.extend_from_slice(chunk);
    }
}

/// Takes in and throws away what a refused request still sends, for a while: a connection with an unread body is closed
/// under the client's next request.
pub(crate) async fn discard(request: Request, settings: &Settings) {
    if is_held_back(&request) {
        return;
    }
    let most = settings.max_body_bytes.saturating_mul(4);
    let reading = async {
        let (mut chunks, mut total) = (request.into_body().into_data_stream(), 0_usize);
        while let Some(Ok(chunk)) = chunks.next().await {
            total = total.saturating_add(chunk.len());
            if total > most {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(settings.request_timeout, reading).await;
}

/// Whether the client waits for a word before it sends the body.
fn is_held_back(request: &Request) -> bool {
    request.headers().contains_key(EXPECT)
}

/// The size of the body as the client gives it; 0 when it does not.
fn announced(headers: &HeaderMap) -> usize {
    let text = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()).unwrap_or_default();
    text.parse().unwrap_or(0)
}

/// Makes the job that a body asks for.
pub(crate) fn job(body: &[u8]) -> Result<(Job, BTreeMap<FileName, NewFile>), ApiError> {
    job_at(body, Timestamp::now())
}

/// As [`job`], at a moment that need not be now.
pub(crate) fn job_at(body: &[u8], now: Timestamp) -> Result<(Job, BTreeMap<FileName, NewFile>), ApiError> {
    let mut new = new_job(body)?;
    let files = std::mem::take(&mut new.files.named);
    Ok((Job::create(new, now).map_err(ApiError::JobId)?, files))
}

/// The options whose mistakes are reported by field.
#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    timeout: Option<Value>,
    #[serde(default)]
    max_attempts: Option<Value>,
}

impl Options {
    /// What is wrong, by field.
    fn mistakes(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut errors = BTreeMap::new();
        for (field, value, most) in
            [("timeout", &self.timeout, MAX_TIMEOUT), ("max_attempts", &self.max_attempts, MAX_ATTEMPTS)]
        {
            let acceptable = |value: &Value| whole_number(value).is_some_and(|number| (1..=most).contains(&number));
            if value.as_ref().is_some_and(|value| !value.is_null() && !acceptable(value)) {
                errors.insert(field, vec![format!("The {field} must be a whole number from 1 to {most}.")]);
            }
        }
        errors
    }
}

/// Refuses JSON that is nested too deep to be read.
pub(crate) fn check_depth(body: &[u8]) -> Result<(), ApiError> {
    if nesting(body) > MAX_DEPTH {
        return Err(ApiError::Body { reason: format!("the body is nested deeper than {MAX_DEPTH}") });
    }
    Ok(())
}

fn new_job(body: &[u8]) -> Result<NewJob, ApiError> {
    // Serde would take an array for a struct too.
    if !matches!(body.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'n') | None) {
        return Err(ApiError::Body { reason: "the body is no JSON object".to_owned() });
    }
    check_depth(body)?;
    let text = std::str::from_utf8(body).map_err(|error| ApiError::Body { reason: error.to_string() })?;
    // JavaScript's strings may hold what Rust's cannot.
    let text = without_lone_surrogates(text);
    let read = serde_json::from_str::<Option<NewJob>>(&text);
    let (timeout, max_attempts) = match &read {
        Ok(Some(new)) => (new.timeout.map(Value::from), new.max_attempts.map(Value::from)),
        Ok(None) => (None, None),
        // Once more, slowly: perhaps the options are what is wrong.
        Err(_) => match serde_json::from_str::<Option<Options>>(&text) {
            Ok(options) => options.map_or((None, None), |options| (options.timeout, options.max_attempts)),
            Err(_) => (None, None),
        },
    };
    let errors = Options { timeout, max_attempts }.mistakes();
    if !errors.is_empty() {
        return Err(ApiError::Invalid { errors });
    }
    let new = read.map(Option::unwrap_or_default).map_err(|error| ApiError::Body { reason: error.to_string() })?;
    if let Some(webhook) = &new.webhook {
        webhooks::check(webhook, &WebhookEvent::OF_JOBS).map_err(|reason| ApiError::Body { reason })?;
    }
    check_times(&new).map_err(|reason| ApiError::Body { reason })?;
    if let Some(network) = &new.network {
        network_rules::check(network).map_err(|reason| ApiError::Body { reason })?;
    }
    Ok(new)
}

/// Refuses times and keys that say nothing together.
fn check_times(new: &NewJob) -> Result<(), String> {
    if new.run_at.is_some() && new.delay.is_some() {
        return Err(r#"the fields "run_at" and "delay" say the same: give one of them"#.to_owned());
    }
    let now = Timestamp::now();
    let begin = new.run_at.or_else(|| now.after(new.delay?)).unwrap_or(now).max(now);
    if let Some(expires_at) = new.expires_at.filter(|time| *time <= begin) {
        let until = if begin == now { "in the future" } else { "after the job may begin" };
        return Err(format!(r#"the field "expires_at" must be a time {until}, not "{expires_at}""#));
    }
    let needs_key = [("max_running", new.max_running.is_some()), ("on_duplicate", new.on_duplicate.is_some())];
    match needs_key.iter().find(|(_, given)| *given && new.key.is_none()) {
        Some((field, _)) => Err(format!(r#"the field "{field}" needs a "key": jobs that share one are counted"#)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use job_model::{Api, JobRecord, Language, Record};

    use super::job;
    use crate::http::error::ApiError;

    fn read(body: &str) -> Result<job_model::Job, ApiError> {
        job(body.as_bytes()).map(|(job, _)| job)
    }

    #[test]
    fn options_are_taken_or_refused_by_field() {
        let job = read(r#"{"timeout":30,"max_attempts":2}"#).unwrap();
        assert_eq!((job.timeout, job.max_attempts), (Some(30), Some(2)));
        let job = read(r#"{"timeout":30.0,"max_attempts":1e1}"#).unwrap();
        assert_eq!((job.timeout, job.max_attempts), (Some(30), Some(10)), "JSON's integers may have a point");
        let job = read(r#"{"timeout":null}"#).unwrap();
        assert_eq!((job.timeout, job.max_attempts), (None, None));
        for value in ["0", "-1", "1.5", "\"5\"", "86401", "[]", "true", "1e9", "99999999999999999999"] {
            let Err(ApiError::Invalid { errors }) = read(&format!(r#"{{"timeout":{value},"max_attempts":0}}"#)) else {
                panic!("{value} is taken");
            };
            assert_eq!(errors.keys().copied().collect::<Vec<_>>(), ["max_attempts", "timeout"]);
        }
    }

    #[test]
    fn a_network_that_cannot_be_enforced_is_refused_without_its_password() {
        let job = read(r#"{"network":{"deny":"private","proxy":"http://u:p@proxy:3128"}}"#).unwrap();
        assert!(job.network.is_some());
        for (network, named) in [
            (r#"{"alow":[]}"#, "did you mean \"allow\""),
            (r#"{"allow":["10.1.2.3/8"]}"#, r#"the field "network.allow": network rule "10.1.2.3/8" has bits"#),
            (r#"{"deny":["a b"]}"#, r#"the field "network.deny": "a b" is not a network rule"#),
            (r#"{"proxy":"ftp://u:hunter2@p"}"#, r#"the field "network.proxy": "ftp" is not a scheme"#),
            (r#"{"proxy":"u:hunter2@p"}"#, r#"the field "network.proxy": "#),
        ] {
            let Err(ApiError::Body { reason }) = read(&format!(r#"{{"network":{network}}}"#)) else {
                panic!("{network} is taken");
            };
            assert!(reason.contains(named) && !reason.contains("hunter2"), "{network}: {reason}");
        }
    }

    #[test]
    fn times_and_keys_that_cannot_be_kept_are_refused() {
        assert!(read(r#"{"delay":5,"expires_at":"9999-01-01T00:00:00Z","key":"a","max_running":2}"#).is_ok());
        for (body, named) in [
            (r#"{"delay":5,"run_at":"2999-01-01T00:00:00Z"}"#, r#"the fields "run_at" and "delay""#),
            (r#"{"expires_at":"2020-01-01T00:00:00Z"}"#, r#"the field "expires_at" must be a time in the future"#),
            (
                r#"{"run_at":"2999-01-01T00:00:00Z","expires_at":"2998-01-01T00:00:00Z"}"#,
                r#"the field "expires_at" must be a time after the job may begin"#,
            ),
            (r#"{"max_running":2}"#, r#"the field "max_running" needs a "key""#),
            (r#"{"on_duplicate":"skip"}"#, r#"the field "on_duplicate" needs a "key""#),
        ] {
            let Err(ApiError::Body { reason }) = read(body) else { panic!("{body} is taken") };
            assert!(reason.starts_with(named), "{reason}");
        }
    }

    #[test]
    fn the_api_is_one_of_two_texts() {
        assert_eq!(read(r#"{"api":"25"}"#).unwrap().api, Some(Api::V25));
        assert_eq!(read(r#"{"api":"1"}"#).unwrap().api, Some(Api::V1));
        assert_eq!(read(r#"{"record":"never"}"#).unwrap().record, Some(Record::Never.into()));
        let record = read(r#"{"record":{"when":"always","bodies":true}}"#).unwrap().record;
        assert_eq!(record, Some(JobRecord { when: Some(Record::Always), bodies: Some(true) }));
        assert!(
            matches!(read(r#"{"record":"sometimes"}"#), Err(ApiError::Body { reason }) if reason.contains("record"))
        );
        assert_eq!((read(r#"{"api":null}"#).unwrap().api, read("{}").unwrap().api), (None, None));
        for value in ["25", "1", "\"24\"", "\"\"", "true", "[]"] {
            let Err(ApiError::Body { reason }) = read(&format!(r#"{{"api":{value}}}"#)) else {
                panic!("{value} is taken");
            };
            assert!(reason.starts_with(&format!(r#"the field "api" must be "1" or "25", not {value}"#)), "{reason}");
        }
    }

    #[test]
    fn the_language_is_one_of_two_texts() {
        assert_eq!(read(r#"{"language":"ts"}"#).unwrap().language, Some(Language::Ts));
        assert_eq!((read(r#"{"language":null}"#).unwrap().language, read("{}").unwrap().language), (None, None));
        for value in ["\"typescript\"", "\"TS\"", "5", "{}"] {
            let Err(ApiError::Body { reason }) = read(&format!(r#"{{"language":{value}}}"#)) else {
                panic!("{value} is taken");
            };
            let expected = format!(r#"the field "language" must be "js" or "ts", not {value}"#);
            assert!(reason.starts_with(&expected), "{reason}");
        }
    }

    #[test]
    fn the_servers_own_fields_are_ignored() {
        let job = read(r#"{"status":"done","error":"x","results":{"a":1},"duration":5,"_rev":"1-x"}"#).unwrap();
        assert_eq!((job.status, job.error.as_str(), job.results, job.duration), (Default::default(), "", None, 0));
    }

    #[test]
    fn halves_of_surrogate_pairs_become_the_replacement_character() {
        let job = read(r#"{"code":"\ud83d\ude00 \ud800","vars":{"\udc00":"\ud83d"}}"#).unwrap();
        assert_eq!(job.code, "\u{1f600} \u{fffd}");
        assert_eq!(job.vars["\u{fffd}"], "\u{fffd}");
    }
}
