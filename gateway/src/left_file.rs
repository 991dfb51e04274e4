//! One of a job's files, and where it is stored.

use job_files::SetKey;
use job_model::{FileName, FileSetId, Job, JobFile};

/// A file that a job left, or that came with it.
pub(crate) struct LeftFile<'a> {
    /// The set that it belongs to.
    pub(crate) set: SetKey,
    /// Its place in the set.
    pub(crate) index: usize,
    /// What the job says of it.
    pub(crate) file: &'a JobFile,
}

impl<'a> LeftFile<'a> {
    /// Finds the job's file of this name: the one that the job left before the one that came with it.
    pub(crate) fn of(job: &'a Job, name: &str) -> Option<Self> {
        let name = FileName::parse(name).ok()?;
        let in_set = |files: &'a Option<Vec<JobFile>>, set: Option<FileSetId>| {
            let (index, file) = files.iter().flatten().enumerate().find(|(_, file)| file.name == name)?;
            Some(Self { set: SetKey::of(job, set?), index, file })
        };
        in_set(&job.files, job.file_set.clone()).or_else(|| in_set(&job.input_files, Some(FileSetId::input())))
    }
}
