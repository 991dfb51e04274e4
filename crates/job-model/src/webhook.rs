//! Whom a job's events are told: a server of the client's, by HTTP.
//!
//! The shape only: whoever sends checks URL, headers and secret.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{Outcome, near_name};

/// What is shown in the place of what only the sender may know.
const HIDDEN: &str = "***";

/// `webhook` of a job or a batch.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Where events are sent: an absolute URL of `http` or `https`.
    pub url: String,
    /// Which events are sent; the end alone when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<WebhookEvent>>,
    /// Headers of each request. Their values are not shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The key of the signature, as `whsec_` and base64; requests are not signed when absent. It is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<WebhookSecret>,
    /// It is the one of the token that made the job: a rerun takes that of its own token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_token: bool,
}

/// What may be told of a job or a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WebhookEvent {
    /// The job's code began, for the first time.
    #[serde(rename = "job.started")]
    JobStarted,
    /// The job is done, however it ended.
    #[serde(rename = "job.done")]
    JobDone,
    /// The job is done and succeeded.
    #[serde(rename = "job.succeeded")]
    JobSucceeded,
    /// The job is done and did not succeed.
    #[serde(rename = "job.failed")]
    JobFailed,
    /// All jobs of the batch are done.
    #[serde(rename = "batch.done")]
    BatchDone,
}

impl WebhookEvent {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::JobStarted, Self::JobDone, Self::JobSucceeded, Self::JobFailed, Self::BatchDone];
    /// Those of a job.
    pub const OF_JOBS: [Self; 4] = [Self::JobStarted, Self::JobDone, Self::JobSucceeded, Self::JobFailed];

    /// Returns the event's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobStarted => "job.started",
            Self::JobDone => "job.done",
            Self::JobSucceeded => "job.succeeded",
            Self::JobFailed => "job.failed",
            Self::BatchDone => "batch.done",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for WebhookEvent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|event| event.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str);
            match near_name(text, known.into_iter(), 2) {
                Some(meant) => format!("did you mean {meant:?}"),
                None => format!("there are {}", known.join(", ")),
            }
        })
    }
}

/// The key of signatures. `Debug` prints `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// Wraps a text as it was written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for whoever signs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Debug for Webhook {
    /// A URL may hold a secret in its path, a header in its value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("events", &self.events).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The names of the members that a client gives.
    pub const MEMBERS: [&str; 4] = ["url", "events", "headers", "secret"];

    /// Tells whether an event is sent.
    pub fn wants(&self, event: WebhookEvent) -> bool {
        match &self.events {
            Some(events) => events.contains(&event),
            None => matches!(event, WebhookEvent::JobDone | WebhookEvent::BatchDone),
        }
    }

    /// Tells whether a job's end is told that came in this way. A begin that was not told yet is told then, too.
    pub fn tells_end(&self, outcome: Option<Outcome>) -> bool {
        let succeeded = outcome == Some(Outcome::Succeeded);
        self.wants(WebhookEvent::JobDone)
            || self.wants(WebhookEvent::JobStarted)
            || self.wants(if succeeded { WebhookEvent::JobSucceeded } else { WebhookEvent::JobFailed })
    }

    /// Shows the webhook as clients may see it: with `***` in the place of the secret and of the headers' values.
    #[must_use]
    pub fn shown(&self) -> Self {
        Self {
            headers: self.headers.keys().map(|name| (name.clone(), HIDDEN.to_owned())).collect(),
            secret: self.secret.as_ref().map(|_| WebhookSecret::new(HIDDEN)),
            of_token: false,
            ..self.clone()
        }
    }

    /// Reads a webhook as a client writes it.
    ///
    /// # Errors
    /// What is wrong, to follow the name of the field.
    pub fn read(value: &Value) -> Result<Self, String> {
        let members = value.as_object().ok_or("must be an object with url, events, headers and secret")?;
        for name in members.keys() {
            if !Self::MEMBERS.contains(&name.as_str()) {
                let hint = near_name(name, Self::MEMBERS.into_iter(), 2)
                    .map_or("it has url, events, headers and secret".to_owned(), |known| {
                        format!("did you mean {known:?}")
                    });
                let shown: String = name.chars().take(60).collect();
                return Err(format!("has no member {shown:?}: {hint}"));
            }
        }
        let Some(Value::String(url)) = members.get("url") else {
            return Err(r#"must have a URL as "url""#.to_owned());
        };
        let secret = match members.get("secret") {
            None | Some(Value::Null) => None,
            Some(Value::String(secret)) => Some(WebhookSecret::new(secret)),
            Some(_) => return Err(r#"must have a text as "secret""#.to_owned()),
        };
        Ok(Self { url: url.clone(), events: events(members)?, headers: headers(members)?, secret, of_token: false })
    }
}

fn events(members: &Map<String, Value>) -> Result<Option<Vec<WebhookEvent>>, String> {
    let list = match members.get("events") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(_) => return Err(r#"must have a list with names of events as "events""#.to_owned()),
    };
    let mut events = Vec::new();
    for name in list {
        let name = name.as_str().ok_or(r#"must have a list with names of events as "events""#)?;
        let event = name.parse().map_err(|hint| {
            let shown: String = name.chars().take(60).collect();
            format!("has the unknown event {shown:?}: {hint}")
        })?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(Some(events))
}

fn headers(members: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let bad = || r#"must have an object of texts as "headers""#.to_owned();
    let given = match members.get("headers") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(bad()),
    };
    given.iter().map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(bad)?.to_owned()))).collect()
}

/// What a client gives as `webhook`: the error names the field, the member, and the one that may have been meant.
pub(crate) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Webhook>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let read = Webhook::read(&value);
    read.map(Some).map_err(|reason| serde::de::Error::custom(format_args!(r#"the field "webhook" {reason}"#)))
}

#[cfg(test)]
mod tests {
    use super::WebhookEvent;
    use crate::{Job, JobResult, NewJob, Timestamp};

    fn read(json: &str) -> Result<NewJob, String> {
        serde_json::from_str(&format!(r#"{{"webhook":{json}}}"#)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_end_is_told_unless_other_events_are_asked_for() {
        let webhook = read(r#"{"url":"https://a.example/hook"}"#).unwrap().webhook.unwrap();
        assert!(webhook.wants(WebhookEvent::JobDone) && !webhook.wants(WebhookEvent::JobStarted));
        let webhook =
            read(r#"{"url":"https://a.example","events":["job.failed","job.failed"]}"#).unwrap().webhook.unwrap();
        assert!(webhook.wants(WebhookEvent::JobFailed) && !webhook.wants(WebhookEvent::JobDone));
        assert_eq!(webhook.events.unwrap().len(), 1);
        assert_eq!(read("null").unwrap().webhook, None);
        for event in WebhookEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
    }

    #[test]
    fn a_mistake_names_the_field_and_what_may_be_meant() {
        for (json, expected) in [
            ("5", r#"the field "webhook" must be an object with url, events, headers and secret"#),
            ("{}", r#"the field "webhook" must have a URL as "url""#),
            (r#"{"uri":"x"}"#, r#"the field "webhook" has no member "uri": did you mean "url""#),
            (r#"{"url":"x","events":[]}"#, r#"the field "webhook" must have a list with names of events as "events""#),
            (
                r#"{"url":"x","events":["job.don"]}"#,
                r#"the field "webhook" has the unknown event "job.don": did you mean "job.done""#,
            ),
            (r#"{"url":"x","headers":{"a":1}}"#, r#"the field "webhook" must have an object of texts as "headers""#),
            (r#"{"url":"x","secret":5}"#, r#"the field "webhook" must have a text as "secret""#),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }

    #[test]
    fn an_end_that_is_told_leaves_a_mark_with_the_result() {
        for (events, told) in
            [("", true), (r#","events":["job.succeeded"]"#, false), (r#","events":["job.failed"]"#, true)]
        {
            let mut job =
                Job::create(read(&format!(r#"{{"url":"https://a.example"{events}}}"#)).unwrap(), Timestamp::now())
                    .unwrap();
            job.finish(JobResult::not_started(job.uuid.clone(), "x")).unwrap();
            assert_eq!(job.wake_at.is_some(), told, "{events}");
        }
    }

    #[test]
    fn secrets_and_headers_do_not_show() {
        let json =
            r#"{"url":"https://a.example/hunter1","headers":{"Authorization":"hunter2"},"secret":"whsec_hunter3"}"#;
        let job = Job::create(read(json).unwrap(), Timestamp::now()).unwrap();
        let stored = serde_json::to_string(&job).unwrap();
        assert!(stored.contains("hunter2") && stored.contains("whsec_hunter3"), "the gateways need them");
        assert!(!format!("{job:?}").contains("hunter"), "{job:?}");
        let shown = serde_json::to_value(job.published()).unwrap();
        let expected = serde_json::json!({
            "url": "https://a.example/hunter1", "headers": {"Authorization": "***"}, "secret": "***"
        });
        assert_eq!(shown["webhook"], expected);
    }
}
