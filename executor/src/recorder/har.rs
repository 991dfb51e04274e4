//! A recording's requests as a HAR file (version 1.2, <http://www.softwareishard.com/blog/har-12-spec/>), with the fields that
//! browsers add under names that begin with `_`.

mod entry;

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use job_model::{Timestamp, TracedNavigation};
use serde_json::{Value, json};

use super::entries::{Answer, BodyHead, Headers, NetworkEntry};
use entry::moment;

/// The most bytes of all bodies together, as they are written in the file.
const BODIES_BYTES: usize = 5_000_000;

/// The requests, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Requests {
    all: Vec<Request>,
    /// The last of an id: one that is redirected keeps its id.
    last: HashMap<String, usize>,
    /// Headers that came before the request that they belong to.
    early: HashMap<String, Headers>,
}

/// A request as far as the ring tells of it; times in milliseconds since the job began.
#[derive(Debug)]
struct Request {
    id: String,
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
    /// The bodies of the request and of its answer.
    sent: Option<Body>,
    content: Option<Body>,
}

/// A body as a HAR file has it.
#[derive(Debug)]
struct Body {
    text: String,
    is_base64: bool,
}

impl Body {
    fn new(body: &[u8]) -> Self {
        match std::str::from_utf8(body) {
            Ok(text) => Self { text: text.to_owned(), is_base64: false },
            Err(_) => Self { text: STANDARD.encode(body), is_base64: true },
        }
    }

    /// What it takes in the file.
    fn written_bytes(&self) -> usize {
        serde_json::to_string(&self.text).map_or(usize::MAX, |text| text.len())
    }
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
                self.last.insert(id.clone(), self.all.len());
                self.all.push(Request {
                    id,
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
                    sent: None,
                    content: None,
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
            NetworkEntry::ResponseHeaders { id, headers } => {
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

    /// Takes the bodies that the ring has, the latest first, as far as there is room for them.
    pub(super) fn add_bodies(&mut self, entries: &[Vec<u8>]) {
        let mut room = BODIES_BYTES;
        for (head, body) in entries.iter().rev().filter_map(|entry| BodyHead::read(entry)) {
            let body = Body::new(body);
            let Some(rest) = room.checked_sub(body.written_bytes()) else { continue };
            let request = match head.sent_at {
                Some(at) => self.sent_at(&head.id, at),
                None => self.last(&head.id),
            };
            let Some(request) = request else { continue };
            let place = if head.sent_at.is_some() { &mut request.sent } else { &mut request.content };
            if place.is_none() {
                (*place, room) = (Some(body), rest);
            }
        }
    }

    /// The request of an id that was sent at that time: the last one, or one that was redirected.
    fn sent_at(&mut self, id: &str, at: f64) -> Option<&mut Request> {
        let last = *self.last.get(id)?;
        self.all.get_mut(..=last)?.iter_mut().rev().find(|request| request.id == id && request.at == at)
    }

    fn last(&mut self, id: &str) -> Option<&mut Request> {
        let place = *self.last.get(id)?;
        self.all.get_mut(place)
    }

    /// Writes the file. `ended` is when the job did: what had no end by then has none.
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

    #[test]
    fn bodies_stand_with_their_requests_the_latest_first_as_far_as_there_is_room() {
        use super::{BODIES_BYTES, BodyHead};
        let entry = |id: &str, sent_at: Option<f64>, body: &[u8]| {
            [BodyHead { id: id.to_owned(), sent_at }.bytes(), body.to_vec()].concat()
        };
        let mut requests = Requests::default();
        requests.add(request("1", 10.0, "http://h/a", None));
        requests.add(request("1", 20.0, "http://h/b", Some(Answer { status: 307, ..Answer::default() })));
        requests.add(request("2", 30.0, "http://h/c", None));
        requests.add_bodies(&[
            entry("1", None, &vec![b'x'; BODIES_BYTES]),
            entry("1", Some(10.0), b"a=1"),
            entry("1", Some(20.0), b"b=\"2\""),
            entry("2", None, &[0xff, 0]),
            entry("9", None, b"of nobody"),
            b"no head".to_vec(),
            vec![0xff; 4],
        ]);
        let har = requests.to_har(Timestamp::now(), 100.0, &[]);
        let entries = har["log"]["entries"].as_array().unwrap();
        assert_eq!(entries[0]["request"]["postData"]["text"], "a=1");
        assert_eq!(entries[1]["request"]["postData"]["text"], "b=\"2\"");
        assert!(entries[1]["response"]["content"]["text"].is_null(), "no room");
        let content = &entries[2]["response"]["content"];
        assert_eq!((&content["text"], &content["encoding"]), (&"/wA=".into(), &"base64".into()));
    }
}
