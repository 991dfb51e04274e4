//! A file that a client sends along with a new job.

use serde::Deserialize;

use crate::{FileName, JobId};

/// What a new job's JSON says of a file: one of `base64`, `text`, or `job` with `name`.
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
}
