//! Ranges of the index: a row's key is its scope and five parts of the time when its job was created.

use job_model::{Timestamp, TokenName};
use serde_json::{Value, json};

use crate::query::{Scope, Seconds};

/// The rows of a scope between two keys, both included.
pub(super) struct Range {
    /// The scope, and the parts of the first second where there is one.
    pub(super) first: Vec<String>,
    /// The scope, and the parts of the last second where there is one.
    pub(super) last: Vec<String>,
}

impl Range {
    /// The rows of a scope, of one owner or of all, within these seconds.
    pub(super) fn new(owner: Option<&TokenName>, scope: Scope, seconds: Seconds) -> Self {
        let scope = match scope {
            Scope::All => "all".to_owned(),
            Scope::Status(status) => status.as_str().to_owned(),
            Scope::State(state) => format!("state:{state}"),
            Scope::Both(status, state) => format!("{status}:{state}"),
        };
        Self::of(owner.map_or(scope.clone(), |owner| format!("owner:{owner}:{scope}")), seconds)
    }

    /// The created jobs that may be published.
    pub(super) fn left(seconds: Seconds) -> Self {
        Self::of("left".to_owned(), seconds)
    }

    fn of(scope: String, seconds: Seconds) -> Self {
        let key = |time: Option<Timestamp>| {
            let mut key = vec![scope.clone()];
            key.extend(time.into_iter().flat_map(parts));
            key
        };
        Self { first: key(seconds.first), last: key(seconds.last) }
    }

    /// The part of the range whose keys begin with these parts.
    pub(super) fn within(&self, parts: &[String]) -> Self {
        let clip = |end: &[String]| if end.starts_with(parts) { end.to_vec() } else { parts.to_vec() };
        Self { first: clip(&self.first), last: clip(&self.last) }
    }

    /// Where rows in ascending order begin and end.
    pub(super) fn ascending(&self) -> [(&'static str, String); 2] {
        [("startkey", json!(self.first).to_string()), ("endkey", end_of(&self.last).to_string())]
    }

    /// Where rows in descending order begin and end.
    pub(super) fn descending(&self) -> [(&'static str, String); 3] {
        [
            ("descending", "true".to_owned()),
            ("startkey", end_of(&self.last).to_string()),
            ("endkey", json!(self.first).to_string()),
        ]
    }
}

/// A second as the index takes it apart: month, day, hour, minute, second.
fn parts(time: Timestamp) -> [String; 5] {
    let text = time.to_whole_seconds();
    [&text[0..7], &text[8..10], &text[11..13], &text[14..16], &text[17..19]].map(str::to_owned)
}

/// An object sorts after every string, so this is behind all keys that begin with these parts.
fn end_of(parts: &[String]) -> Value {
    let mut key: Vec<Value> = parts.iter().cloned().map(Value::String).collect();
    key.push(json!({}));
    Value::Array(key)
}
