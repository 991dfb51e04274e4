//! Jobs that begin after others, with what those found.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::JobId;

/// The most jobs that a job may depend on.
pub const MOST_DEPENDENCIES: usize = 100;

/// A result of an earlier job that becomes a var.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VarFrom {
    /// The earlier job.
    pub job: JobId,
    /// The name of the result. A text is taken as it is, anything else as JSON.
    pub result: String,
}

/// What a client gives as `depends_on`.
pub(crate) fn given_depends_on<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<JobId>>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let read = Vec::<JobId>::deserialize(&value).ok().filter(|ids| ids.len() <= MOST_DEPENDENCIES);
    read.map(Some).ok_or_else(|| {
        serde::de::Error::custom(format_args!(
            r#"the field "depends_on" must be a list of at most {MOST_DEPENDENCIES} job ids, not {value}"#
        ))
    })
}

/// What a client gives as `vars_from`.
pub(crate) fn given_vars_from<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, VarFrom>>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(None);
    }
    let read = BTreeMap::<String, VarFrom>::deserialize(&value);
    let vars = read.map_err(|error| {
        serde::de::Error::custom(format_args!(
            r#"the field "vars_from" must be an object as {{"NAME": {{"job": "UUID", "result": "NAME"}}}}: {error}"#
        ))
    })?;
    Ok(Some(vars).filter(|vars| !vars.is_empty()))
}

#[cfg(test)]
mod tests {
    use crate::{Job, NewJob, Timestamp, WaitsFor};

    #[test]
    fn a_job_waits_for_each_job_that_it_names_once() {
        let text = r#"{"depends_on":["b","a","b"],"vars_from":{"x":{"job":"c","result":"r"}}}"#;
        let job = Job::create(serde_json::from_str(text).unwrap(), Timestamp::now()).unwrap();
        let named: Vec<_> = job.depends_on.iter().flatten().map(crate::JobId::as_str).collect();
        assert_eq!((named, job.waits_for), (vec!["a", "b", "c"], Some(WaitsFor::Jobs)));
        assert!(job.wake_at.is_some());
        let free: NewJob = serde_json::from_str(r#"{"depends_on":[],"vars_from":{}}"#).unwrap();
        let free = Job::create(free, Timestamp::now()).unwrap();
        assert_eq!((free.depends_on, free.vars_from, free.waits_for, free.wake_at), (None, None, None, None));
        for (text, field) in [
            (r#"{"depends_on":"a"}"#, "depends_on"),
            (r#"{"depends_on":["a/b"]}"#, "depends_on"),
            (r#"{"vars_from":{"x":{"job":"a"}}}"#, "vars_from"),
            (r#"{"vars_from":{"x":{"job":"a","result":"r","as":"y"}}}"#, "vars_from"),
        ] {
            let error = serde_json::from_str::<NewJob>(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!(r#"the field "{field}" must be"#)), "{error}");
        }
    }
}
