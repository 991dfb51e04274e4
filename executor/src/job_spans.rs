//! A job's trace, as far as its executor has it: the wait in the queue, the way into a slot, the run with its navigations, and
//! the result's way to the broker.
//!
//! The parent records all of it. A slot has no socket and knows of no trace: navigations are read from what it wrote into its
//! ring, which is not believed any further than a recording is.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use job_model::{JobId, Outcome, Timestamp};
use job_queue::Message;
use service::traces::{Span, SpanKind, TraceContext, Traces, Value};
use url::Url;

use crate::message_headers::TRACEPARENT;
use crate::recorder::entries::Entry;

/// Calls that lead to another document.
const NAVIGATIONS: [&str; 6] = ["goto", "reload", "goBack", "goForward", "setContent", "waitForNavigation"];
/// The most navigations of one job that are shown.
const MOST: usize = 200;
/// The longest run that is believed of a navigation, in milliseconds: a day.
const LONGEST: f64 = 86_400_000.0;

/// The place of one job in a trace that is sent.
#[derive(Clone, Debug)]
pub(crate) struct JobSpans {
    traces: Traces,
    context: TraceContext,
    job: JobId,
}

impl JobSpans {
    /// Finds the job's place in its trace; `None` when the job is not traced: its message says so, or nothing is sent from here.
    pub(crate) fn of(traces: &Traces, message: &Message, job: &JobId) -> Option<Self> {
        let header = message.headers.get(TRACEPARENT).filter(|_| traces.is_on())?;
        let context = TraceContext::parse(header).filter(|context| context.sampled)?;
        Some(Self { traces: traces.clone(), context, job: job.clone() })
    }

    /// Records that the job waited in the queue until now.
    pub(crate) fn waited(&self, since: Timestamp) {
        self.record("queue wait", SpanKind::Consumer, time(since));
    }

    /// Records that the job has its slot, with the files that it brought.
    pub(crate) fn prepared(&self, since: SystemTime) {
        self.record("prepare", SpanKind::Internal, since);
    }

    /// Records that the job ran until now. `events` are what its ring has.
    pub(crate) fn ran(&self, since: SystemTime, attempt: u32, outcome: Outcome, events: &[Vec<u8>]) {
        let span = Span {
            attributes: &[
                self.job(),
                ("job.attempt", Value::Number(attempt.into())),
                ("job.outcome", Value::Text(outcome.as_str())),
            ],
            // What the job says of it may be its page's.
            error: (outcome != Outcome::Succeeded).then(|| outcome.as_str()),
            ..Span::of(&self.context, "run", since)
        };
        let run = TraceContext { span: span.id, ..self.context };
        for navigation in navigations(events) {
            let at = |milliseconds: f64| since + Duration::from_secs_f64(milliseconds / 1000.0);
            let end = at(navigation.end.unwrap_or(f64::MAX).min(LONGEST)).min(span.end);
            let url = navigation.url.as_deref().unwrap_or_default();
            let attributes = [("call", Value::Text(&navigation.call)), ("url.full", Value::Text(url))];
            self.traces.record(&Span {
                end,
                error: navigation.failed.as_deref(),
                attributes: if navigation.url.is_some() { &attributes } else { &attributes[..1] },
                ..Span::of(&run, "navigation", at(navigation.begin))
            });
        }
        self.traces.record(&span);
    }

    /// Records that the result was on its way to the broker until now.
    pub(crate) fn published(&self, since: Timestamp) {
        self.record("publish", SpanKind::Producer, time(since));
    }

    fn record(&self, name: &'static str, kind: SpanKind, since: SystemTime) {
        self.traces.record(&Span { kind, attributes: &[self.job()], ..Span::of(&self.context, name, since) });
    }

    fn job(&self) -> (&'static str, Value<'_>) {
        ("job.id", Value::Text(self.job.as_str()))
    }
}

/// A navigation that a job's code asked for; times in milliseconds since the job began.
struct Navigation {
    call: String,
    url: Option<String>,
    begin: f64,
    end: Option<f64>,
    failed: Option<String>,
}

fn navigations(events: &[Vec<u8>]) -> Vec<Navigation> {
    let is_time = |at: f64| (0.0..=LONGEST).contains(&at);
    let (mut all, mut open) = (Vec::new(), HashMap::new());
    for event in events {
        match serde_json::from_slice(event) {
            Ok(Entry::Call { id, at, name, arguments, .. })
                if all.len() < MOST
                    && is_time(at)
                    && name.rsplit_once('.').is_some_and(|(_, verb)| NAVIGATIONS.contains(&verb)) =>
            {
                open.insert(id, all.len());
                let url = arguments.first().and_then(|argument| address(argument));
                all.push(Navigation { call: name, url, begin: at, end: None, failed: None });
            }
            Ok(Entry::Returned { id, at, error }) if is_time(at) => {
                if let Some(navigation) = open.remove(&id).and_then(|index: usize| all.get_mut(index)) {
                    navigation.end = Some(at);
                    navigation.failed = error.map(|_| "failed".to_owned());
                }
            }
            _ => {}
        }
    }
    all
}

/// Where a navigation led, without what may be a secret: user, password, query and fragment.
fn address(argument: &str) -> Option<String> {
    let mut url = Url::parse(argument.trim_matches('"')).ok().filter(|url| url.has_host())?;
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.into())
}

fn time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.unix_millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Navigation, navigations};

    #[test]
    fn calls_that_navigate_are_read_from_the_ring_and_show_no_secret() {
        let events = [
            r#"{"type":"call","id":1,"at":5.5,"name":"page.goto","arguments":["\"https://u:p@example.com/a?key=1#x\""]}"#,
            r#"{"type":"call","id":2,"at":6,"name":"page.click","arguments":["\"a\""]}"#,
            r#"{"type":"returned","id":2,"at":7}"#,
            r#"{"type":"returned","id":1,"at":25.5,"error":"net::ERR_FAILED at https://secret"}"#,
            r#"{"type":"call","id":3,"at":30,"name":"page.reload"}"#,
            r#"{"type":"call","id":4,"at":-1,"name":"page.goto"}"#,
            "no json",
        ]
        .map(|text| text.as_bytes().to_vec());
        let all = navigations(&events);
        let shown: Vec<_> = all
            .iter()
            .map(|navigation| {
                let Navigation { call, url, begin, end, failed } = navigation;
                (call.as_str(), url.as_deref(), *begin, *end, failed.as_deref())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("page.goto", Some("https://example.com/a"), 5.5, Some(25.5), Some("failed")),
                ("page.reload", None, 30.0, None, None),
            ]
        );
    }
}
