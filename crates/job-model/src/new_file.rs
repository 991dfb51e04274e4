//! A file that a client sends along with a new job.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{FileName, JobId};

/// What a new job's JSON says of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFiles {
    /// The files that come with it, by their names in its folder.
    pub named: BTreeMap<FileName, NewFile>,
    /// It says `"auto"`: see [`Job::result_files`](crate::Job::result_files).
    pub auto: bool,
}

/// A list is what a job that was read says of the files that it left: the server's own.
impl<'de> Deserialize<'de> for NewFiles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = |reason: String| serde::de::Error::custom(format_args!("files: {reason}"));
        match Value::deserialize(deserializer)? {
            Value::Null | Value::Array(_) => Ok(Self::default()),
            Value::String(text) if text == "auto" => Ok(Self { auto: true, ..Self::default() }),
            Value::String(text) => Err(told(format!(r#"{text:?} is not known: give "auto", or files by name"#))),
            files => match serde_json::from_value(files) {
                Ok(named) => Ok(Self { named, auto: false }),
                Err(error) => Err(told(error.to_string())),
            },
        }
    }
}

/// What a new job's JSON says of a file: one of `base64`, `text`, or `job` with `name`; of a script or a schedule that is
/// written anew also `keep`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFile {
    /// Its bytes, in base64.
    #[serde(default)]
    pub base64: Option<String>,
    /// Its text.
    #[serde(default)]
    pub text: Option<String>,
    /// The job that left the file.
    #[serde(default)]
    pub job: Option<JobId>,
    /// The file's name there; the new one's when absent.
    #[serde(default)]
    pub name: Option<FileName>,
    /// It stays the file of this name that is there.
    #[serde(default)]
    pub keep: bool,
}
