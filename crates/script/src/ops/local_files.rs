//! Where paths lead: to the job's files, or for trusted users to the executor's machine.
//!
//! The rule: a path is a name in the job's folder, whether it begins with `/` or not ([`FileName`]). With ALLOW_LOCAL_FILES
//! an absolute path is one of the executor's machine, as it was at the predecessor; a relative one is the job's still.

use std::path::{Path, PathBuf};

use ::browser::error::Error;
use job_model::FileName;

use crate::error::OpError;
use crate::job_folder::{FolderError, JobFolder};
use crate::scope::Scope;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the job's files.
    Job(FileName),
    /// A file of the executor's machine.
    Machine(PathBuf),
}

impl From<FolderError> for OpError {
    fn from(error: FolderError) -> Self {
        Self::error(error.to_string())
    }
}

/// Refuses what only trusted users may do.
pub(super) fn check(scope: &Scope, what: &str) -> Result<(), OpError> {
    if scope.host.allow_local_files {
        return Ok(());
    }
    Err(OpError::error(format!("{what} is not available to jobs: it reaches the executor's machine")))
}

/// What the `path` option of a call means, when there is one.
pub(super) fn place(scope: &Scope, call: &str, path: Option<&str>) -> Result<Option<Place>, OpError> {
    let Some(path) = path else { return Ok(None) };
    located(scope, &format!("the path option of {call}"), path).map(Some)
}

fn located(scope: &Scope, what: &str, path: &str) -> Result<Place, OpError> {
    let on_machine = scope.host.allow_local_files && (Path::new(path).is_absolute() || scope.host.folder.is_none());
    if !on_machine && scope.host.folder.is_some() {
        return Ok(Place::Job(FileName::parse(path).map_err(FolderError::from)?));
    }
    check(scope, what)?;
    Ok(Place::Machine(PathBuf::from(path)))
}

/// The job's folder.
pub(super) fn folder(scope: &Scope) -> Result<&JobFolder, OpError> {
    scope.host.folder.as_ref().ok_or_else(|| OpError::error("the job has no files here"))
}

/// Writes what a call answers to the file that its `path` option names.
pub(super) async fn write(scope: &Scope, place: Option<Place>, bytes: &[u8]) -> Result<(), OpError> {
    match place {
        None => Ok(()),
        Some(Place::Job(name)) => Ok(folder(scope)?.write(&name, bytes)?),
        Some(Place::Machine(path)) => {
            let written = tokio::fs::write(&path, bytes).await;
            written.map_err(|error| Error::local_file(&error, &path.display().to_string()).into())
        }
    }
}

/// The text of one of the job's files.
pub(super) fn read_text(scope: &Scope, name: &FileName) -> Result<String, OpError> {
    let bytes = super::files::read(scope, name)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Files that the page gets, as absolute paths.
pub(super) fn uploads(scope: &Scope, call: &str, paths: &[String]) -> Result<Vec<String>, OpError> {
    let absolute = |path: &String| match located(scope, call, path)? {
        Place::Job(name) => Ok(folder(scope)?.path_of(&name)?.to_string_lossy().into_owned()),
        Place::Machine(path) => {
            let absolute = std::path::absolute(&path);
            let absolute = absolute.map_err(|error| OpError::error(format!("no file {}: {error}", path.display())))?;
            Ok(absolute.to_string_lossy().into_owned())
        }
    };
    paths.iter().map(absolute).collect()
}
