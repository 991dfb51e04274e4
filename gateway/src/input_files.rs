//! Files that come with a job. They are stored before the job is, so that its executor finds them.
//!
//! A request that is cut off leaves a set that no job names: the sweep of files removes it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use job_files::{FileSet, FilesError, JobFiles, SetKey};
use job_model::{FileName, FileSetId, Job, JobFile, JobId, NewFile};
use job_store::StoreError;
use service::Chain;
use tokio::io::AsyncRead;

use crate::app::App;
use crate::jobs;
use crate::left_file::LeftFile;
use crate::template_files::kept::KeptFiles;
use crate::tokens::Reach;

/// The most files that may come with a job.
const MOST: usize = 1000;

/// Why the files of a job could not be taken.
#[derive(Debug)]
pub(crate) enum InputError {
    /// The client's words make no file.
    Bad(String),
    /// There is no store of files.
    NoFiles,
    /// The store of files could not do its part.
    Files(FilesError),
    /// A job whose file is meant could not be read.
    Store(StoreError),
}

impl InputError {
    /// What is wrong, and whether it is the client's part to mend it.
    pub(crate) fn told(&self) -> (String, bool) {
        match self {
            Self::Bad(reason) => (reason.clone(), true),
            Self::NoFiles => ("files need a store of files, and FILES_URL names none".to_owned(), true),
            Self::Files(error) => (Chain(error).to_string(), false),
            Self::Store(error) => (Chain(error).to_string(), false),
        }
    }
}

/// The files of a job to come, or of what jobs are made of, as far as they are stored.
pub(crate) struct InputFiles<'a, K = SetKey> {
    files: &'a JobFiles,
    set: K,
    stored: Vec<JobFile>,
}

impl<'a> InputFiles<'a> {
    pub(crate) fn of(job: &Job, files: &'a JobFiles) -> Self {
        Self::at(SetKey::of(job, FileSetId::input()), files)
    }

    /// Stores what another job was sent.
    pub(crate) async fn copy_all(&mut self, of: &Job) -> Result<(), InputError> {
        let set = SetKey::of(of, FileSetId::input());
        for (place, file) in of.input_files.iter().flatten().enumerate() {
            self.copy(&set, place, file, &file.name).await?;
        }
        Ok(())
    }

    /// Gives the job its files once all are stored. Otherwise removes those that are, as far as the store can be used now.
    ///
    /// # Errors
    /// What kept one from being stored.
    pub(crate) async fn settle<E>(self, job: &mut Job, stored: Result<(), E>) -> Result<(), E> {
        match stored {
            Ok(()) => job.input_files = Some(self.stored).filter(|files| !files.is_empty()),
            Err(_) => self.forget().await,
        }
        stored
    }
}

impl<'a, K: FileSet> InputFiles<'a, K> {
    pub(crate) fn at(set: K, files: &'a JobFiles) -> Self {
        Self { files, set, stored: Vec::new() }
    }

    /// Stores what comes.
    pub(crate) async fn put(&mut self, name: &FileName, source: impl AsyncRead + Unpin) -> Result<(), InputError> {
        self.check(name)?;
        let file = self.files.put(&self.set, self.stored.len(), name, source).await.map_err(InputError::Files)?;
        self.stored.push(file);
        Ok(())
    }

    /// Stores what JSON says of files. `before` are those that may be kept.
    pub(crate) async fn put_all(
        &mut self,
        new: BTreeMap<FileName, NewFile>,
        app: &App,
        reach: &Reach,
        before: Option<&KeptFiles>,
    ) -> Result<(), InputError> {
        for (name, file) in new {
            let bad = |reason: &str| InputError::Bad(format!("the file {name} {reason}"));
            match file {
                NewFile { text: Some(text), base64: None, job: None, name: None, keep: false } => {
                    self.put(&name, text.as_bytes()).await?;
                }
                NewFile { base64: Some(base64), text: None, job: None, name: None, keep: false } => {
                    let bytes =
                        BASE64_STANDARD.decode(base64).map_err(|error| bad(&format!("is not base64: {error}")))?;
                    self.put(&name, &bytes[..]).await?;
                }
                NewFile { job: Some(job), name: of_job, text: None, base64: None, keep: false } => {
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
                NewFile { keep: true, text: None, base64: None, job: None, name: None } => {
                    let kept = before.and_then(|before| Some((&before.key, before.find(&name)?)));
                    let Some((key, (place, file))) = kept else {
                        return Err(bad("is to be kept, but there is none"));
                    };
                    self.copy(key, place, file, &name).await?;
                }
                _ => return Err(bad("must have one of base64, text, or job with name")),
            }
        }
        Ok(())
    }

    /// Stores a file of another set under a name of its own.
    pub(crate) async fn copy(
        &mut self,
        from: &impl FileSet,
        place: usize,
        file: &JobFile,
        name: &FileName,
    ) -> Result<(), InputError> {
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

    /// Where they are, and which.
    pub(crate) fn into_stored(self) -> (K, Vec<JobFile>) {
        (self.set, self.stored)
    }

    /// There will be no job: what is stored goes, as far as the store can be used now.
    pub(crate) async fn forget(self) {
        remove(self.files, &self.set).await;
    }
}

/// The job whose file is meant, when one of these files is another job's.
pub(crate) fn of_another_job(new: &BTreeMap<FileName, NewFile>) -> Option<&JobId> {
    new.values().find_map(|file| file.job.as_ref())
}

/// Where the files are that came with a job, when there are any.
pub(crate) fn set_of(job: &Job) -> Option<SetKey> {
    job.input_files.as_ref()?;
    Some(SetKey::of(job, FileSetId::input()))
}

/// Gives a job the files that another one was sent.
pub(crate) async fn give_those_of(files: &JobFiles, job: &mut Job, other: &Job) -> Result<(), InputError> {
    let mut input = InputFiles::of(job, files);
    let copied = input.copy_all(other).await;
    input.settle(job, copied).await
}

/// Removes the files that came with a job that was not stored.
pub(crate) async fn forget(app: &App, job: Option<SetKey>) {
    if let (Some(set), Some(files)) = (job, &app.files) {
        remove(files, &set).await;
    }
}

/// Removes a set that nothing names.
pub(crate) async fn remove(files: &JobFiles, set: &impl FileSet) {
    if let Err(error) = files.remove(set).await {
        let key = set.components().join("/");
        tracing::debug!(%key, %error, "failed to remove files that nothing names, the sweep will");
    }
}
