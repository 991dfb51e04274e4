//! What is known of files that are stored for what jobs are made of.

use job_files::TemplateKey;
use job_model::{FileName, InstanceId, JobFile};
use job_store::records::RecordKind;
use serde::{Deserialize, Serialize};

/// What a record says of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TemplateFiles {
    /// Their set.
    pub(super) set: InstanceId,
    /// The files, in the order of their places.
    pub(crate) files: Vec<JobFile>,
}

/// Files that are stored, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptFiles {
    pub(crate) key: TemplateKey,
    pub(super) files: Vec<JobFile>,
}

impl TemplateFiles {
    /// With the place where they are, of what has them.
    pub(crate) fn of(&self, kind: RecordKind, name: &str) -> KeptFiles {
        let key = TemplateKey { kind: kind.0.to_owned(), name: name.to_owned(), set: self.set.clone() };
        KeptFiles { key, files: self.files.clone() }
    }
}

impl KeptFiles {
    /// The place and the facts of the file of this name.
    pub(crate) fn find(&self, name: &FileName) -> Option<(usize, &JobFile)> {
        self.files.iter().enumerate().find(|(_, file)| file.name == *name)
    }
}
