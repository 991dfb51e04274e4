//! A recording's requests as a HAR file (version 1.2, <http://www.softwareishard.com/blog/har-12-spec/>), with the fields that
//! browsers add under names that begin with `_`.

use std::collections::HashMap;

use job_model::{Timestamp, TracedNavigation};
use serde_json::{Value, json};

use super::entries::{Answer, Headers, NetworkEntry, Timing};

/// The requests, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Requests {
    all: Vec<Request>,
    /// The last of an id: one that is redirected keeps its id.
    last: HashMap<String, usize>,
    /// Headers that came before the request that they belong to.
    early: HashMap<String, Headers>,
}

#[derive(Debug)]
struct Request {
    at: f64,
    method: String,
    url: String,
    headers: Headers,
    has_own_headers: bool,
    kind: String,
    body: u64,
    answer: Option<Answer>,
    answered_at: Option<f64>,
    real_headers: Option<Headers>,
    ended: Option<f64>,
    transferred: Option<f64>,
    size: u64,
    error: Option<String>,
}

impl Requests {
    /// Takes what the ring has, in its order.
    pub(super) fn add(&mut self, entry: NetworkEntry) {
        match entry {
            NetworkEntry::Request { id, at, method, url, headers, kind, body, redirect } => {
                if let Some(answer) = redirect
                    && let Some(request) = self.last(&id)
                {
                    request.answered_at = answer.timing.map(|timing| timing.at + timing.answered.max(0.0)).or(Some(at));
                    request.answer = Some(*answer);
                    request.ended = Some(at);
                }
                let early = self.early.remove(&id);
                let has_own_headers = early.is_some();
                let headers = early.unwrap_or(headers);
                self.last.insert(id, self.all.len());
                self.all.push(Request {
                    at,
                    method,
                    url,
                    headers,
                    has_own_headers,
                    kind,
                    body,
                    answer: None,
                    answered_at: None,
                    real_headers: None,
                    ended: None,
                    transferred: None,
                    size: 0,
                    error: None,
                });
            }
            NetworkEntry::RequestHeaders { id, headers } => match self.last(&id).filter(|known| !known.has_own_headers)
            {
                Some(request) => (request.headers, request.has_own_headers) = (headers, true),
                None => drop(self.early.insert(id, headers)),
            },
            NetworkEntry::Response { id, at, answer } => {
                if let Some(request) = self.last(&id) {
                    (request.answer, request.answered_at) = (Some(*answer), Some(at));
                }
            }
            NetworkEntry::ResponseHeaders { id, headers, .. } => {
                if let Some(request) = self.last(&id) {
                    request.real_headers.get_or_insert(headers);
                }
            }
            NetworkEntry::Finished { id, at, transferred, size } => {
                if let Some(request) = self.last(&id) {
                    (request.ended, request.transferred, request.size) = (Some(at), Some(transferred), size);
                }
            }
            NetworkEntry::Failed { id, at, error } => {
                if let Some(request) = self.last(&id) {
                    (request.ended, request.error) = (Some(at), Some(error));
                }
            }
        }
    }

    fn last(&mut self, id: &str) -> Option<&mut Request> {
        let place = *self.last.get(id)?;
        self.all.get_mut(place)
    }

    /// The file. `ended` is when the job did: what had no end by then has none.
    pub(super) fn to_har(&self, began_at: Timestamp, ended: f64, navigations: &[TracedNavigation]) -> Value {
        let pages: Vec<&TracedNavigation> = navigations.iter().filter(|navigation| navigation.main).collect();
        let page_at = |at: f64| pages.iter().rposition(|page| page.at <= at).unwrap_or(0);
        let listed: Vec<Value> = pages
            .iter()
            .enumerate()
            .map(|(number, page)| {
                json!({
                    "startedDateTime": moment(began_at, page.at), "id": page_id(number), "title": page.url,
                    "pageTimings": {"onContentLoad": -1, "onLoad": -1},
                })
            })
            .collect();
        let entries = self.all.iter().map(|request| {
            // A document's own request begins before the document is there.
            let later = pages.iter().position(|page| page.url == request.url && page.at >= request.at);
            let page =
                if request.kind == "Document" { later.unwrap_or(page_at(request.at)) } else { page_at(request.at) };
            let mut entry = request.to_entry(began_at, ended);
            if !pages.is_empty() {
                entry["pageref"] = page_id(page).into();
            }
            entry
        });
        json!({"log": {
            "version": "1.2",
            "creator": {"name": "puppet-master", "version": env!("CARGO_PKG_VERSION")},
            "browser": {"name": "Chromium", "version": ""},
            "pages": listed,
            "entries": entries.collect::<Vec<_>>(),
        }})
    }
}

fn page_id(number: usize) -> String {
    format!("page_{}", number + 1)
}

/// The time so many milliseconds after `began_at`, as ISO 8601 has it.
fn moment(began_at: Timestamp, at: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "what is no time of this job is cut to one that can be written")]
    let millis = began_at.unix_millis().saturating_add(at.round() as i64);
    json!(Timestamp::from_unix_millis(millis).unwrap_or(began_at))
}

impl Request {
    fn to_entry(&self, began_at: Timestamp, ended: f64) -> Value {
        let end = self.ended.unwrap_or(ended).max(self.at);
        let time = round(end - self.at);
        let mut entry = json!({
            "startedDateTime": moment(began_at, self.at),
            "time": time,
            "request": {
                "method": self.method, "url": self.url, "httpVersion": self.protocol(), "cookies": [],
                "headers": pairs(&self.headers), "queryString": query(&self.url), "headersSize": -1, "bodySize": self.body,
            },
            "response": self.response(),
            "cache": {},
            "timings": self.timings(time),
            "_resourceType": self.kind.to_lowercase(),
            "_at": self.at,
        });
        if let Some(cache) = self.answer.as_ref().and_then(|answer| answer.cache.as_ref()) {
            entry["_fromCache"] = cache.as_str().into();
        }
        if self.ended.is_none() {
            entry["_unfinished"] = true.into();
        }
        entry
    }

    fn protocol(&self) -> &str {
        self.answer.as_ref().map_or("", |answer| answer.protocol.as_str())
    }

    fn response(&self) -> Value {
        let none = Answer::default();
        let answer = self.answer.as_ref().unwrap_or(&none);
        let headers = self.real_headers.as_ref().unwrap_or(&answer.headers);
        let location = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        let transferred = self.transferred.unwrap_or(answer.transferred);
        let mut response = json!({
            "status": answer.status, "statusText": answer.text, "httpVersion": answer.protocol, "cookies": [],
            "headers": pairs(headers),
            "content": {"size": self.size, "mimeType": answer.mime},
            "redirectURL": location.map_or("", |(_, url)| url.as_str()),
            "headersSize": -1, "bodySize": -1, "_transferSize": transferred,
        });
        if let Some(error) = &self.error {
            response["_error"] = error.as_str().into();
        }
        response
    }

    fn timings(&self, time: f64) -> Value {
        let Some(timing) = self.answer.as_ref().and_then(|answer| answer.timing) else {
            let wait = self.answered_at.map_or(time, |answered| round((answered - self.at).clamp(0.0, time)));
            return json!({"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": wait, "receive": round(time - wait)});
        };
        let Timing { at, dns, connect, ssl, send, answered } = timing;
        let took = |[start, end]: [f64; 2]| if start < 0.0 { -1.0 } else { round((end - start).max(0.0)) };
        let first = [dns[0], connect[0], send[0]].into_iter().find(|start| *start >= 0.0).unwrap_or(0.0);
        let blocked = round((at - self.at + first).max(0.0));
        let wait = round((answered - send[1]).max(0.0));
        let receive = round((time - (at - self.at).max(0.0) - answered.max(0.0)).max(0.0));
        json!({
            "blocked": blocked, "dns": took(dns), "connect": took(connect), "ssl": took(ssl), "send": took(send).max(0.0),
            "wait": wait, "receive": receive,
        })
    }
}

fn pairs(headers: &Headers) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// What stands behind the `?` of an address.
fn query(url: &str) -> Vec<Value> {
    let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            json!({"name": name, "value": value})
        })
        .collect()
}

fn round(milliseconds: f64) -> f64 {
    (milliseconds * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use job_model::{Timestamp, TracedNavigation};

    use super::Requests;
    use crate::recorder::entries::{Answer, Headers, NetworkEntry, Timing};

    fn request(id: &str, at: f64, url: &str, redirect: Option<Answer>) -> NetworkEntry {
        NetworkEntry::Request {
            id: id.to_owned(),
            at,
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Headers::default(),
            kind: "Document".to_owned(),
            body: 0,
            redirect: redirect.map(Box::new),
        }
    }

    #[test]
    fn a_redirect_a_failure_and_a_request_without_an_end_are_entries_of_their_own() {
        let mut requests = Requests::default();
        requests.add(request("1", 10.0, "http://h/a", None));
        requests.add(request("1", 20.0, "http://h/b?x=1&y#z", Some(Answer { status: 302, ..Answer::default() })));
        let timing =
            Timing { at: 21.0, dns: [-1.0; 2], connect: [1.0, 3.0], ssl: [-1.0; 2], send: [3.0, 4.0], answered: 9.0 };
        let answer = Answer { status: 200, timing: Some(timing), ..Answer::default() };
        requests.add(NetworkEntry::Response { id: "1".to_owned(), at: 30.0, answer: Box::new(answer) });
        requests.add(NetworkEntry::Finished { id: "1".to_owned(), at: 40.0, transferred: 120.0, size: 99 });
        requests.add(request("2", 50.0, "http://h/c", None));
        requests.add(NetworkEntry::Failed { id: "2".to_owned(), at: 60.0, error: "net::ERR_FAILED".to_owned() });
        requests.add(request("3", 70.0, "http://h/d", None));
        let pages = [TracedNavigation { at: 35.0, url: "http://h/b?x=1&y#z".to_owned(), main: true }];
        let began = Timestamp::from_unix_millis(1_600_000_000_000).unwrap();
        let har = requests.to_har(began, 100.0, &pages);
        let entries = har["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 4);
        assert_eq!((&entries[0]["response"]["status"], &entries[0]["time"]), (&302.into(), &10.0.into()));
        assert_eq!(
            (&entries[1]["response"]["content"]["size"], &entries[1]["pageref"]),
            (&99.into(), &"page_1".into())
        );
        assert_eq!(entries[1]["timings"]["wait"], 5.0);
        assert_eq!(entries[1]["request"]["queryString"][0]["name"], "x");
        assert_eq!(entries[2]["response"]["_error"], "net::ERR_FAILED");
        assert_eq!((&entries[3]["_unfinished"], &entries[3]["time"]), (&true.into(), &30.0.into()));
        assert_eq!(entries[3]["startedDateTime"], "2020-09-13T12:26:40.070Z");
    }

    #[test]
    fn what_is_of_no_known_request_is_passed_over_and_early_headers_find_theirs() {
        let mut requests = Requests::default();
        requests.add(NetworkEntry::Finished { id: "9".to_owned(), at: f64::MAX, transferred: 1.0, size: 1 });
        let headers: Headers = [("cookie".to_owned(), "a=***".to_owned())].into();
        requests.add(NetworkEntry::RequestHeaders { id: "1".to_owned(), headers });
        requests.add(request("1", f64::MAX, "x", None));
        let har = requests.to_har(Timestamp::now(), -1.0, &[]);
        assert_eq!(har["log"]["entries"][0]["request"]["headers"][0]["value"], "a=***");
    }
}
