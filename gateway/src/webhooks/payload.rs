//! What a request says: the same bytes each time a delivery is sent.

use job_model::{Job, JobStatus, Outcome, Timestamp, WebhookEvent, WrittenResults};
use serde_json::{Map, Value, json};

use super::delivery::{About, Delivery};

/// The largest results in an event, in bytes of JSON: larger ones are read from the API.
const LARGEST_RESULTS: usize = 64 * 1024;
/// The longest text of an error in an event, in bytes.
const LONGEST_ERROR: usize = 8 * 1024;

/// The body of a delivery; of a job's the job is needed.
pub(super) fn body(delivery: &Delivery, job: Option<&Job>) -> Vec<u8> {
    let data = match (&delivery.about, job) {
        (About::Batch { data, .. }, _) => data.clone(),
        (About::Job { .. }, Some(job)) if delivery.event == WebhookEvent::JobStarted => started(job, delivery.at),
        (About::Job { .. }, Some(job)) => done(job),
        (About::Job { uuid, .. }, None) => json!({"uuid": uuid}),
    };
    let payload = json!({"type": delivery.event, "timestamp": delivery.at, "data": data});
    serde_json::to_vec(&payload).expect("a payload has string keys only")
}

/// The event of a job that began. It has nothing that may differ when it is sent again.
fn started(job: &Job, at: Timestamp) -> Value {
    let mut data = named(job);
    data.insert("started_at".to_owned(), json!(at.to_whole_seconds()));
    data.insert("links".to_owned(), links(job));
    Value::Object(data)
}

fn done(job: &Job) -> Value {
    let outcome = job.outcome_or_derived();
    let mut data = named(job);
    let mut add = |name: &str, value: Value| data.insert(name.to_owned(), value);
    add("status", json!(JobStatus::Done));
    add("outcome", json!(outcome));
    if outcome != Outcome::Succeeded {
        add("error", json!(beginning(&job.error)));
        if let Some(at) = &job.error_at {
            add("error_at", json!(at));
        }
    }
    add("started_at", json!(job.started_at.map(Timestamp::to_whole_seconds)));
    add("finished_at", json!(job.finished_at.map(Timestamp::to_whole_seconds)));
    add("duration", json!(job.duration));
    if let Some(attempt) = job.attempt {
        add("attempt", json!(attempt));
    }
    if let Some(results) = &job.results {
        let written = serde_json::to_string(&WrittenResults(results)).expect("results have string keys only");
        if written.len() <= LARGEST_RESULTS {
            add("results", json!(results));
        } else {
            add("results_bytes", json!(written.len()));
        }
    }
    if let Some(files) = &job.files {
        add("files", json!(files));
    }
    add("links", links(job));
    Value::Object(data)
}

fn named(job: &Job) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("uuid".to_owned(), json!(job.uuid));
    if let Some(owner) = &job.owner {
        data.insert("owner".to_owned(), json!(owner));
    }
    if let Some(old) = &job.rerun_of {
        data.insert("rerun_of".to_owned(), json!(old));
    }
    data.insert("created_at".to_owned(), json!(job.created_at.to_whole_seconds()));
    data
}

/// Paths of the API: a gateway does not know by which name it is reached.
fn links(job: &Job) -> Value {
    let uuid = url::form_urlencoded::byte_serialize(job.uuid.as_str().as_bytes()).collect::<String>();
    let path = format!("/jobs/{}", uuid.replace('+', "%20"));
    let mut links = json!({"job": path});
    if job.files.is_some() {
        links["files"] = json!(format!("{path}/files"));
    }
    links
}

/// The first bytes of a text, with no character cut in two.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_ERROR);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use job_model::{Job, JobResult, NewJob, Timestamp, WebhookEvent};
    use serde_json::{Value, json};

    use super::{LARGEST_RESULTS, body};
    use crate::webhooks::delivery::Delivery;

    fn ended(result: JobResult) -> Job {
        let created_at = Timestamp::parse("2020-01-02T03:04:05Z").unwrap();
        let mut job = Job::create(NewJob { uuid: "a b".to_owned(), ..NewJob::default() }, created_at).unwrap();
        let times = (Timestamp::parse("2020-01-02T03:04:06Z").ok(), Timestamp::parse("2020-01-02T03:04:07Z").ok());
        job.finish(JobResult { started_at: times.0, finished_at: times.1, duration: 900, attempt: Some(1), ..result })
            .unwrap();
        job
    }

    fn told(job: &Job, event: WebhookEvent) -> Value {
        let at = Timestamp::parse("2020-01-02T03:04:07Z").unwrap();
        let delivery = Delivery::of_job(job, event, at, String::new(), at);
        serde_json::from_slice(&body(&delivery, Some(job))).unwrap()
    }

    #[test]
    fn an_end_is_told_with_what_came_of_it() {
        let result = JobResult::not_started(job_model::JobId::parse("a b").unwrap(), "");
        let results = serde_json::from_str(r#"{"n":1}"#).unwrap();
        let job = ended(JobResult { results, outcome: None, error: None, ..result.clone() });
        let expected = json!({
            "type": "job.done", "timestamp": "2020-01-02T03:04:07.000Z",
            "data": {
                "uuid": "a b", "created_at": "2020-01-02T03:04:05Z", "status": "done", "outcome": "succeeded",
                "started_at": "2020-01-02T03:04:06Z", "finished_at": "2020-01-02T03:04:07Z", "duration": 900,
                "attempt": 1, "results": {"n": 1}, "links": {"job": "/jobs/a%20b"},
            },
        });
        assert_eq!(told(&job, WebhookEvent::JobDone), expected);
        let failed = ended(JobResult { error: Some("é".repeat(9000)), ..result });
        let told = told(&failed, WebhookEvent::JobFailed);
        assert_eq!((&told["type"], &told["data"]["outcome"]), (&json!("job.failed"), &json!("failed")));
        assert_eq!(told["data"]["error"].as_str().unwrap().len(), 8192);
    }

    #[test]
    fn large_results_are_left_at_the_api() {
        let result = JobResult::not_started(job_model::JobId::parse("a b").unwrap(), "");
        let results = [("x".to_owned(), json!("x".repeat(LARGEST_RESULTS)))].into_iter().collect();
        let told = told(&ended(JobResult { results, ..result }), WebhookEvent::JobDone);
        assert_eq!((told["data"].get("results"), &told["data"]["results_bytes"]), (None, &json!(LARGEST_RESULTS + 8)));
    }

    #[test]
    fn a_begin_is_told_in_the_same_words_before_and_after_the_end() {
        let mut job = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        let before = told(&job, WebhookEvent::JobStarted);
        job.finish(JobResult::not_started(job.uuid.clone(), "x")).unwrap();
        assert_eq!(before, told(&job, WebhookEvent::JobStarted));
        assert_eq!(before["data"]["started_at"], "2020-01-02T03:04:07Z");
    }
}
