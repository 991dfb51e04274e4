//! Ops of the global `files`: the job's own files.

use std::rc::Rc;
use std::time::Duration;

use job_model::FileName;
use rquickjs as js;

use super::local_files::folder;
use super::model::member;
use super::registry::Registry;
use crate::error::OpError;
use crate::job_folder::{FolderError, JobFolder};
use crate::scope::Scope;
use crate::value::{Bytes, FromArg, Value};

/// What a file is to hold: a text, or bytes.
struct Content(Vec<u8>);

impl FromArg for Content {
    fn from_arg(value: &js::Value<'_>, scope: &Scope) -> Result<Self, OpError> {
        if value.is_string() {
            return Ok(Self(String::from_arg(value, scope)?.into_bytes()));
        }
        let bytes = Bytes::from_arg(value, scope);
        let bytes =
            bytes.map_err(|_| OpError::type_error("a file's content must be a string, a Buffer or an ArrayBuffer"))?;
        Ok(Self(bytes.0))
    }
}

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("files_write", |scope, (name, content): (String, Content)| {
        Ok(folder(scope)?.write(&file_name(&name)?, &content.0)?)
    })?;
    ops.sync("files_read", |scope, (name,): (String,)| read(scope, &file_name(&name)?).map(Bytes))?;
    ops.sync("files_remove", |scope, (name,): (String,)| Ok(folder(scope)?.remove_all(Some(&file_name(&name)?))?))?;
    ops.sync("files_list", |scope, ()| {
        let entries = folder(scope)?.files()?.into_iter();
        #[expect(clippy::cast_precision_loss, reason = "no file is that large")]
        let listed = entries.map(|entry| {
            Value::Object(vec![member("name", entry.name.to_string()), member("bytes", entry.facts.bytes as f64)])
        });
        Ok(Value::Array(listed.collect()))
    })?;
    ops.future("files_next_download", |scope, (timeout,): (f64,)| next_download(scope, timeout))
}

fn file_name(text: &str) -> Result<FileName, OpError> {
    Ok(FileName::parse(text).map_err(FolderError::from)?)
}

/// A file's bytes, which count as the job's memory while they are outside of its engine.
pub(super) fn read(scope: &Scope, name: &FileName) -> Result<Vec<u8>, OpError> {
    let folder = folder(scope)?;
    Ok(read_within_memory(scope, name, size(folder, name), || folder.read(name))?)
}

/// A file's size; 0 for what is not there, which is told by the reading itself.
pub(super) fn size(folder: &JobFolder, name: &FileName) -> u64 {
    folder.stat(Some(name)).map_or(0, |facts| facts.bytes)
}

/// Reads so many bytes of a file. They count as the job's memory while they are outside of its engine.
pub(super) fn read_within_memory(
    scope: &Scope,
    name: &FileName,
    bytes: u64,
    read: impl FnOnce() -> Result<Vec<u8>, FolderError>,
) -> Result<Vec<u8>, FolderError> {
    let held = usize::try_from(bytes).unwrap_or(usize::MAX);
    if !scope.meter.memory.take(held) {
        return Err(FolderError::TooLargeForMemory { name: name.to_string(), bytes });
    }
    let content = read();
    scope.meter.memory.give_back(held);
    content
}

/// The file of the first download that begins from now on, once it is whole. A `timeout` in milliseconds of 0 is none.
async fn next_download(scope: Rc<Scope>, timeout: f64) -> Result<String, OpError> {
    folder(&scope)?;
    let download = scope.downloads.borrow_mut().next();
    let limit = if timeout > 0.0 { Duration::try_from_secs_f64(timeout / 1000.0).ok() } else { None };
    let ended = match limit {
        None => download.await,
        Some(limit) => tokio::time::timeout(limit, download)
            .await
            .map_err(|_| OpError::of_class("TimeoutError", format!("no download was complete within {timeout} ms")))?,
    };
    match ended {
        Ok(Ok(name)) => Ok(name.to_string()),
        Ok(Err(reason)) => Err(OpError::error(reason)),
        Err(_) => Err(OpError::error("the job has ended")),
    }
}
