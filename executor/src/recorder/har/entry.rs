//! One request as an entry of a HAR file.

use job_model::Timestamp;
use serde_json::{Value, json};

use super::Request;
use crate::recorder::entries::{Answer, Headers, Timing, content_type, rounded};

impl Request {
    /// Returns the request as it is at the job's end, `ended` milliseconds after `began_at`.
    pub(super) fn to_entry(&self, began_at: Timestamp, ended: f64) -> Value {
        let end = self.ended.unwrap_or(ended).max(self.at);
        let time = rounded(end - self.at);
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
        if let Some(body) = &self.sent {
            entry["request"]["postData"] = json!({"mimeType": content_type(&self.headers), "text": body.text});
        }
        if let Some(body) = &self.content {
            entry["response"]["content"]["text"] = body.text.as_str().into();
            if body.is_base64 {
                entry["response"]["content"]["encoding"] = "base64".into();
            }
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

    /// The phases of the `time` that the request took, in milliseconds; -1 for one that there was not.
    fn timings(&self, time: f64) -> Value {
        let Some(timing) = self.answer.as_ref().and_then(|answer| answer.timing) else {
            let wait = self.answered_at.map_or(time, |answered| rounded((answered - self.at).clamp(0.0, time)));
            return json!({"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": wait, "receive": rounded(time - wait)});
        };
        let Timing { at, dns, connect, ssl, send, answered } = timing;
        let took = |[start, end]: [f64; 2]| if start < 0.0 { -1.0 } else { rounded((end - start).max(0.0)) };
        let first = [dns[0], connect[0], send[0]].into_iter().find(|start| *start >= 0.0).unwrap_or(0.0);
        let blocked = rounded((at - self.at + first).max(0.0));
        let wait = rounded((answered - send[1]).max(0.0));
        let receive = rounded((time - (at - self.at).max(0.0) - answered.max(0.0)).max(0.0));
        json!({
            "blocked": blocked, "dns": took(dns), "connect": took(connect), "ssl": took(ssl), "send": took(send).max(0.0),
            "wait": wait, "receive": receive,
        })
    }
}

/// Returns the time so many milliseconds after `began_at`, as ISO 8601 has it.
pub(super) fn moment(began_at: Timestamp, at: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "what is no time of this job is cut to one that can be written")]
    let millis = began_at.unix_millis().saturating_add(at.round() as i64);
    json!(Timestamp::from_unix_millis(millis).unwrap_or(began_at))
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
