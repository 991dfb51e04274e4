//! Files that come with a job: into the store before the job is, so that whoever runs it finds them.
//!
//! A request that is cut off leaves a set that no job names: the sweep of files removes it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use job_files::{FilesError, JobFiles, SetKey};
use job_model::{FileName, FileSetId, Job, JobFile, NewFile};
use job_store::StoreError;
use tokio::io::AsyncRead;

use crate::app::App;
use crate::jobs;
use crate::left_file::LeftFile;
use crate::tokens::Reach;

/// The most files that may come with a job.
const MOST: usize = 1000;

/// Why the files of a job could not be taken.
#[derive(Debug)]
pub(crate) enum InputError {
    /// The client's words make no file.
    Bad(String),
    /// The store of files could not do its part.
    Files(FilesError),
    /// A job whose file is meant could not be read.
    Store(StoreError),
}

/// The files of a job to come, as far as they are stored.
pub(crate) struct InputFiles<'a> {
    files: &'a JobFiles,
    set: SetKey,
    stored: Vec<JobFile>,
}

impl<'a> InputFiles<'a> {
    pub(crate) fn of(job: &Job, files: &'a JobFiles) -> Self {
        let set = SetKey::of(job, FileSetId::input());
        Self { files, set, stored: Vec::new() }
    }

    /// Stores what comes.
    pub(crate) async fn put(&mut self, name: &FileName, source: impl AsyncRead + Unpin) -> Result<(), InputError> {
        self.check(name)?;
        let file = self.files.put(&self.set, self.stored.len(), name, source).await.map_err(InputError::Files)?;
        self.stored.push(file);
        Ok(())
    }

    /// Stores what a job's JSON says of its files.
    pub(crate) async fn put_all(
        &mut self,
        new: BTreeMap<FileName, NewFile>,
        app: &App,
        reach: &Reach,
    ) -> Result<(), InputError> {
        for (name, file) in new {
            let bad = |reason: &str| InputError::Bad(format!("the file {name} {reason}"));
            match file {
                NewFile { text: Some(text), base64: None, job: None, name: None } => {
                    self.put(&name, text.as_bytes()).await?;
                }
                NewFile { base64: Some(base64), text: None, job: None, name: None } => {
                    let bytes =
                        BASE64_STANDARD.decode(base64).map_err(|error| bad(&format!("is not base64: {error}")))?;
                    self.put(&name, &bytes[..]).await?;
                }
                NewFile { job: Some(job), name: of_job, text: None, base64: None } => {
                    let wanted = of_job.unwrap_or_else(|| name.clone());
                    let from = match jobs::read_within(app, &job, reach).await {
                        Ok(stored) => stored.value,
                        Err(StoreError::NotFound { .. }) => {
                            return Err(bad(&format!("is of job {job}, which is not there")));
                        }
                        Err(error) => return Err(InputError::Store(error)),
                    };
                    let Some(found) = LeftFile::of(&from, wanted.as_str()) else {
                        return Err(bad(&format!("is of job {job}, which has no file {wanted}")));
                    };
                    self.copy(&found.set, found.index, found.file, &name).await?;
                }
                _ => return Err(bad("must have one of base64, text, or job with name")),
            }
        }
        Ok(())
    }

    /// Stores what another job was sent.
    pub(crate) async fn copy_all(&mut self, of: &Job) -> Result<(), InputError> {
        let set = SetKey::of(of, FileSetId::input());
        for (place, file) in of.input_files.iter().flatten().enumerate() {
            self.copy(&set, place, file, &file.name).await?;
        }
        Ok(())
    }

    async fn copy(&mut self, from: &SetKey, place: usize, file: &JobFile, name: &FileName) -> Result<(), InputError> {
        self.check(name)?;
        let media_type = job_files::media_type(name.as_str()).to_owned();
        let copy = JobFile { name: name.clone(), media_type, ..file.clone() };
        let copied = self.files.copy((from, place, file), (&self.set, self.stored.len(), &copy)).await;
        copied.map_err(InputError::Files)?;
        self.stored.push(copy);
        Ok(())
    }

    fn check(&self, name: &FileName) -> Result<(), InputError> {
        if self.stored.len() >= MOST {
            return Err(InputError::Bad(format!("a job may have {MOST} files")));
        }
        if self.stored.iter().any(|file| file.name == *name) {
            return Err(InputError::Bad(format!("there are two files {name}")));
        }
        Ok(())
    }

    /// The job has them now.
    pub(crate) fn give_to(self, job: &mut Job) {
        job.input_files = Some(self.stored).filter(|files| !files.is_empty());
    }

    /// There will be no job: what is stored goes, as far as the store can be used now.
    pub(crate) async fn forget(self) {
        remove(self.files, &self.set).await;
    }
}

/// Removes the files that came with a job that was not stored.
pub(crate) async fn remove(files: &JobFiles, set: &SetKey) {
    if let Err(error) = files.remove(set).await {
        tracing::debug!(job.id = %set.job, %error, "failed to remove the files of a job that is not, the sweep will");
    }
}
