//! One of the files that a job left, and where it is stored.

use job_files::SetKey;
use job_model::{FileName, Job, JobFile};

/// A file that a job left.
pub(crate) struct LeftFile<'a> {
    /// The set that it belongs to.
    pub(crate) set: SetKey,
    /// Its place in the set.
    pub(crate) index: usize,
    /// What the job says of it.
    pub(crate) file: &'a JobFile,
}

impl<'a> LeftFile<'a> {
    /// Finds the job's file of this name.
    pub(crate) fn of(job: &'a Job, name: &str) -> Option<Self> {
        let name = FileName::parse(name).ok()?;
        let (index, file) = job.files.iter().flatten().enumerate().find(|(_, file)| file.name == name)?;
        Some(Self { set: SetKey::of(job, job.file_set.clone()?), index, file })
    }
}
