//! The body of a `POST /jobs` that is kept for later: what schedules, scripts and batches make jobs of.

use std::collections::BTreeMap;

use job_model::{FileName, Job, JobNetwork, NewFile, NewFiles, Timestamp, Webhook};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The members of a job, as a client wrote them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct JobTemplate(pub(crate) Map<String, Value>);

/// Members whose own members are put together, one by one.
const MERGED: [&str; 3] = ["vars", "modules", "vars_from"];

impl JobTemplate {
    /// This template with what another says beside it or in its place.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        for (name, value) in &other.0 {
            match (self.0.get_mut(name), value) {
                (Some(Value::Object(own)), Value::Object(more)) if MERGED.contains(&name.as_str()) => {
                    own.extend(more.clone());
                }
                _ => {
                    self.0.insert(name.clone(), value.clone());
                }
            }
        }
        self
    }

    /// The body of the request.
    pub(crate) fn body(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("it has string keys only")
    }

    /// Makes a job. Files were taken out before: [`Self::take_files`].
    ///
    /// # Errors
    /// What a client of `POST /jobs` would be told of it.
    pub(crate) fn job(&self, now: Timestamp) -> Result<Job, String> {
        let made = crate::http::body::job_at(&self.body(), now);
        made.map(|(job, _)| job).map_err(|error| error.sentence())
    }

    /// Takes the files out that it holds: they are stored apart. That files are to be made of results (`"auto"`) stays.
    ///
    /// # Errors
    /// What a client of `POST /jobs` would be told of them.
    pub(crate) fn take_files(&mut self) -> Result<BTreeMap<FileName, NewFile>, String> {
        match self.0.get("files") {
            Some(Value::Object(_)) => {}
            _ => return Ok(BTreeMap::new()),
        }
        let files = self.0.remove("files").unwrap_or_default();
        serde_json::from_value::<NewFiles>(files).map(|files| files.named).map_err(|error| error.to_string())
    }

    /// As clients see it: without credentials.
    pub(crate) fn shown(&self) -> Value {
        let mut shown = self.0.clone();
        if let Some(network) = shown.get_mut("network")
            && let Ok(read) = JobNetwork::deserialize(&*network)
        {
            *network = serde_json::to_value(read.shown()).expect("it has string keys only");
        }
        if let Some(webhook) = shown.get_mut("webhook")
            && let Ok(read) = Webhook::deserialize(&*webhook)
        {
            *webhook = serde_json::to_value(read.shown()).expect("it has string keys only");
        }
        Value::Object(shown)
    }

    /// Puts the credentials of `before` where this template says what [`Self::shown`] shows in their place, as one does that a
    /// client has read and changed. A webhook's go nowhere else: its URL must be the same.
    pub(crate) fn keep_hidden(&mut self, before: &Self) {
        let shown = before.shown();
        for member in ["network", "webhook"] {
            let (Some(now), Some(meant)) = (self.0.get_mut(member), before.0.get(member)) else { continue };
            if now.get("url") == meant.get("url") {
                restore(now, &shown[member], meant);
            }
        }
    }

    /// The vars, as the job would see them.
    pub(crate) fn vars(&self) -> Value {
        self.0.get("vars").filter(|vars| vars.is_object()).cloned().unwrap_or_else(|| Value::Object(Map::new()))
    }
}

/// Takes a hidden value over wherever one says what is shown of it.
fn restore(now: &mut Value, shown: &Value, meant: &Value) {
    match (now, shown, meant) {
        (Value::Object(now), Value::Object(shown), Value::Object(meant)) => {
            for (name, value) in now {
                if let (Some(shown), Some(meant)) = (shown.get(name), meant.get(name)) {
                    restore(value, shown, meant);
                }
            }
        }
        (now, shown, meant) => {
            if now == shown {
                *now = meant.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::JobTemplate;
    use serde_json::json;

    fn template(value: serde_json::Value) -> JobTemplate {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn vars_are_put_together_and_other_members_replaced() {
        let base = template(json!({"code": "a", "vars": {"x": "1", "y": "2"}, "retry": {"times": 3}}));
        let made = base.with(&template(json!({"vars": {"y": "3"}, "retry": {"times": 1}, "timeout": 5})));
        let expected = json!({"code": "a", "vars": {"x": "1", "y": "3"}, "retry": {"times": 1}, "timeout": 5});
        assert_eq!(serde_json::to_value(&made).unwrap(), expected);
    }

    #[test]
    fn files_are_taken_out_and_what_becomes_of_results_stays() {
        let mut with_files = template(json!({"code": "a", "files": {"in.csv": {"text": "a,b"}}}));
        assert_eq!(with_files.take_files().unwrap().values().next().unwrap().text.as_deref(), Some("a,b"));
        let auto = template(json!({"files": "auto"}));
        assert_eq!(auto.clone().with(&with_files).0["files"], "auto");
        assert!(
            auto.clone().take_files().unwrap().is_empty() && auto.with(&with_files).take_files().unwrap().is_empty()
        );
        let reason = template(json!({"files": {"a": {"txt": "b"}}})).take_files().unwrap_err();
        assert!(reason.starts_with("files: unknown field `txt`"), "{reason}");
    }

    #[test]
    fn credentials_that_are_not_shown_are_kept_for_whom_they_were_meant() {
        let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
        let before = template(json!({"code": "a", "network": {"proxy": "http://u:hunter2@p:1", "deny": ["private"]},
            "webhook": {"url": "https://example.org/", "secret": secret, "headers": {"Authorization": "hunter2"}}}));
        let read = |changes: &[(&str, serde_json::Value)]| {
            let mut written = before.shown();
            for (place, value) in changes {
                *written.pointer_mut(place).unwrap() = value.clone();
            }
            let mut written = template(written);
            written.keep_hidden(&before);
            written
        };
        let code = json!("b");
        let same = read(&[("/code", code.clone())]);
        assert_eq!(same, before.clone().with(&template(json!({"code": code}))));
        let elsewhere =
            read(&[("/webhook/url", json!("https://other.example/")), ("/network/proxy", json!("http://q:1"))]);
        assert!(!serde_json::to_string(&elsewhere).unwrap().contains("hunter2"), "{elsewhere:?}");
        let header = read(&[("/webhook/headers/Authorization", json!("new"))]);
        assert_eq!(
            (&header.0["webhook"]["headers"]["Authorization"], &header.0["webhook"]["secret"]),
            (&json!("new"), &json!(secret))
        );
    }

    #[test]
    fn credentials_are_not_shown() {
        let shown = template(json!({"network": {"proxy": "http://u:hunter2@p:1"},
            "webhook": {"url": "https://example.org/", "headers": {"authorization": "hunter2"}}}))
        .shown();
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
        assert!(shown["webhook"]["url"].is_string());
    }
}
