//! The gate to the executor's machine: files, processes, the browser itself.

use std::rc::Rc;

use ::browser::error::Error;

use crate::error::OpError;
use crate::scope::Scope;

/// Refuses what only trusted users may do.
pub(super) fn check(scope: &Scope, what: &str) -> Result<(), OpError> {
    if scope.host.allow_local_files {
        return Ok(());
    }
    Err(OpError::error(format!("{what} is not available to jobs: it reaches the executor's machine")))
}

/// As [`check`] for a `path` option, when there is one.
pub(super) fn check_path(scope: &Scope, call: &str, path: Option<&str>) -> Result<(), OpError> {
    match path {
        Some(_) => check(scope, &format!("the path option of {call}")),
        None => Ok(()),
    }
}

/// Writes what a call answers to the file that its `path` option names.
pub(super) async fn write(path: Option<String>, bytes: &[u8]) -> Result<(), OpError> {
    let Some(path) = path else { return Ok(()) };
    let written = tokio::fs::write(&path, bytes).await;
    written.map_err(|error| Error::local_file(&error, &path).into())
}

/// Files that the page gets, as absolute paths.
pub(super) fn uploads(scope: &Rc<Scope>, call: &str, paths: Vec<String>) -> Result<Vec<String>, OpError> {
    check(scope, call)?;
    paths
        .into_iter()
        .map(|path| {
            let absolute = std::path::absolute(&path);
            let absolute = absolute.map_err(|error| OpError::error(format!("no file {path:?}: {error}")))?;
            Ok(absolute.to_string_lossy().into_owned())
        })
        .collect()
}
