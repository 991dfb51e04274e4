//! What a client says of a new job.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::result::null_is_default;
use crate::string_map::strings;
use crate::{
    Api, JobId, JobNetwork, JobRecord, Language, NewFiles, OnDuplicate, Priority, Retry, RunKey, Timestamp, VarFrom,
    Webhook,
};

/// What a client may say of a new job. Everything else of a [`Job`] belongs to the server and is ignored here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct NewJob {
    /// An id of the client's own; a random one when absent, null or empty.
    #[serde(default, deserialize_with = "null_is_default")]
    pub uuid: String,
    /// See [`Job::code`].
    #[serde(default, deserialize_with = "null_is_default")]
    pub code: String,
    /// See [`Job::vars`].
    #[serde(default, deserialize_with = "strings")]
    pub vars: BTreeMap<String, String>,
    /// See [`Job::modules`].
    #[serde(default, deserialize_with = "strings")]
    pub modules: BTreeMap<String, String>,
    /// See [`Job::timeout`].
    #[serde(default, deserialize_with = "crate::whole_number::or_null")]
    pub timeout: Option<u32>,
    /// See [`Job::max_attempts`].
    #[serde(default, deserialize_with = "crate::whole_number::or_null")]
    pub max_attempts: Option<u32>,
    /// See [`Job::network`].
    #[serde(default, deserialize_with = "crate::network::given")]
    pub network: Option<JobNetwork>,
    /// See [`Job::api`].
    #[serde(default, deserialize_with = "crate::api::given")]
    pub api: Option<Api>,
    /// See [`Job::language`].
    #[serde(default, deserialize_with = "crate::language::given")]
    pub language: Option<Language>,
    /// See [`Job::ignore_https_errors`].
    #[serde(default)]
    pub ignore_https_errors: Option<bool>,
    /// See [`Job::record`].
    #[serde(default, deserialize_with = "crate::record::given")]
    pub record: Option<JobRecord>,
    /// See [`Job::priority`].
    #[serde(default, deserialize_with = "crate::priority::given")]
    pub priority: Option<Priority>,
    /// See [`Job::run_at`].
    #[serde(default, deserialize_with = "crate::timing::given_run_at")]
    pub run_at: Option<Timestamp>,
    /// How long it waits before it may begin, in the place of `run_at`.
    #[serde(default, deserialize_with = "crate::timing::given_delay")]
    pub delay: Option<Duration>,
    /// See [`Job::expires_at`].
    #[serde(default, deserialize_with = "crate::timing::given_expires_at")]
    pub expires_at: Option<Timestamp>,
    /// See [`Job::retry`].
    #[serde(default, deserialize_with = "crate::retry::given")]
    pub retry: Option<Retry>,
    /// See [`Job::key`].
    #[serde(default, deserialize_with = "crate::job_key::given")]
    pub key: Option<RunKey>,
    /// See [`Job::max_running`].
    #[serde(default, deserialize_with = "crate::job_key::given_max_running")]
    pub max_running: Option<u32>,
    /// See [`Job::on_duplicate`].
    #[serde(default, deserialize_with = "crate::job_key::given_on_duplicate")]
    pub on_duplicate: Option<OnDuplicate>,
    /// See [`Job::webhook`].
    #[serde(default, deserialize_with = "crate::webhook::given")]
    pub webhook: Option<Webhook>,
    /// See [`Job::depends_on`].
    #[serde(default, deserialize_with = "crate::dependencies::given_depends_on")]
    pub depends_on: Option<Vec<JobId>>,
    /// See [`Job::vars_from`]. The jobs that it names are among those of `depends_on`, said or not.
    #[serde(default, deserialize_with = "crate::dependencies::given_vars_from")]
    pub vars_from: Option<BTreeMap<String, VarFrom>>,
    /// The files that come with it, or `"auto"`.
    #[serde(default)]
    pub files: NewFiles,
}

impl NewJob {
    /// Returns the names of its members on the wire.
    pub fn members() -> &'static [&'static str] {
        struct Names<'a>(&'a mut &'static [&'static str]);
        impl<'de> Deserializer<'de> for Names<'_> {
            type Error = serde::de::value::Error;

            fn deserialize_struct<V: serde::de::Visitor<'de>>(
                self,
                _: &'static str,
                fields: &'static [&'static str],
                visitor: V,
            ) -> Result<V::Value, Self::Error> {
                *self.0 = fields;
                self.deserialize_any(visitor)
            }

            fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
                Err(serde::de::Error::custom("the names alone are asked for"))
            }

            serde::forward_to_deserialize_any! {
                bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
                newtype_struct seq tuple tuple_struct map enum identifier ignored_any
            }
        }
        let mut names: &'static [&'static str] = &[];
        let _ = NewJob::deserialize(Names(&mut names));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::NewJob;

    #[test]
    fn files_of_a_new_job_are_told_by_name() {
        let read = |text: &str| serde_json::from_str::<NewJob>(text).map(|new| new.files.named);
        let files = read(r#"{"files":{"/in.csv":{"text":"a"},"b":{"job":"j","name":"x"}}}"#).unwrap();
        let names: Vec<_> = files.keys().map(crate::FileName::as_str).collect();
        assert_eq!((names, files.len()), (vec!["b", "in.csv"], 2));
        assert!(
            read(r#"{"files":null}"#).unwrap().is_empty() && read(r#"{"files":[{"name":"a"}]}"#).unwrap().is_empty()
        );
        for (text, reason) in [
            (r#"{"files":{"../x":{"text":""}}}"#, "leads out of the job's folder"),
            (r#"{"files":{"x":{"txt":""}}}"#, "unknown field `txt`, expected one of `base64`, `text`"),
            (r#"{"files":5}"#, "files: invalid type"),
            (r#"{"files":"always"}"#, r#"files: "always" is not known: give "auto""#),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_value_that_is_no_string_is_named() {
        let error = serde_json::from_str::<NewJob>(r#"{"vars":{"port":1}}"#).unwrap_err();
        assert!(error.to_string().starts_with(r#"the value of "port" is not a string but a number"#), "{error}");
    }
}
