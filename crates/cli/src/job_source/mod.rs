//! A job as it lies on the disk: a folder, a file, or standard input.

mod folder;
mod given;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use job_model::{FileName, Language};
use serde_json::{Value, json};

use crate::api::Upload;

pub(crate) use folder::{FolderArgs, code_file, found_modules, language_of, module_name, read, read_vars, site};
pub(crate) use given::{NamedFile, api, language, named_file, timeout, var};

/// What makes a job.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct JobSource {
    /// The code.
    pub(crate) code: String,
    /// What the code is written in.
    pub(crate) language: Language,
    /// The vars.
    pub(crate) vars: BTreeMap<String, String>,
    /// Source text by module name.
    pub(crate) modules: BTreeMap<String, String>,
    /// The files that come with it.
    pub(crate) files: BTreeMap<FileName, PathBuf>,
    /// A folder of pages beside the code, to be served while the job runs.
    pub(crate) site: Option<PathBuf>,
    /// All that was read: when one of these changes, the job does. Folders are among them.
    pub(crate) read: Vec<PathBuf>,
}

/// The job of a folder, or of a file with its code, as the API takes it.
pub(crate) fn folder_job(dir: &Path) -> anyhow::Result<Value> {
    Ok(FolderArgs::of(dir).load()?.upload(&[]).job)
}

impl JobSource {
    /// What a gateway is sent. Members that an older gateway does not know are there only when they say something.
    pub(crate) fn upload(&self, options: &[(&str, Option<Value>)]) -> Upload {
        let mut job = json!({"code": self.code, "vars": self.vars, "modules": self.modules});
        if self.language != Language::Js {
            job["language"] = json!(self.language);
        }
        for (name, value) in options {
            if let Some(value) = value {
                job[*name] = value.clone();
            }
        }
        Upload { job, files: self.files.clone() }
    }
}
