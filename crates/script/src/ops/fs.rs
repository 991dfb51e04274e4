//! Ops of Node's `fs`: the job's own folder.

use std::rc::Rc;
use std::time::UNIX_EPOCH;

use job_model::FileName;
use rquickjs as js;
use serde_json::json;

use super::files::{read_within_memory, size};
use super::registry::Registry;
use crate::error::OpError;
use crate::job_folder::{Entry, EntryFacts, EntryKind, FolderError, JobFolder, WriteMode};
use crate::scope::Scope;
use crate::value::{Bytes, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("fs_read", |scope, (name,): (String,)| read(scope, &name, 0, u64::MAX))?;
    ops.sync("fs_read_part", |scope, (name, from, most): (String, u64, u64)| read(scope, &name, from, most))?;
    ops.sync("fs_copy", |scope, (from, to, mode): (String, String, String)| {
        on(scope, |folder| {
            folder.copy(&file(&from)?, &file(&to)?, write_mode(&mode, WriteMode::Truncate)).map(|()| Value::Undefined)
        })
    })?;
    ops.sync("fs_write", write)?;
    ops.sync("fs_truncate", |scope, (name, bytes): (String, u64)| {
        on(scope, |folder| folder.truncate(&file(&name)?, bytes).map(|()| Value::Undefined))
    })?;
    ops.sync("fs_stat", |scope, (name,): (String,)| {
        on(scope, |folder| Ok(Value::Json(facts(folder.stat(place(&name)?.as_ref())?))))
    })?;
    ops.sync("fs_list", |scope, (name, deep): (String, bool)| {
        on(scope, |folder| {
            let root = place(&name)?;
            let entries = if deep { folder.tree(root.as_ref())? } else { folder.list(root.as_ref())? };
            let prefix = root.map_or(0, |root| root.as_str().len() + 1);
            Ok(Value::Json(entries.iter().map(|entry| listed(entry, prefix)).collect()))
        })
    })?;
    ops.sync("fs_make_folder", |scope, (name,): (String,)| {
        on(scope, |folder| place(&name)?.map_or(Ok(()), |name| folder.make_folder(&name)).map(|()| Value::Undefined))
    })?;
    ops.sync("fs_remove_file", |scope, (name,): (String,)| {
        on(scope, |folder| folder.remove_file(&file(&name)?).map(|()| Value::Undefined))
    })?;
    ops.sync("fs_remove_folder", |scope, (name,): (String,)| {
        on(scope, |folder| folder.remove_folder(&file(&name)?).map(|()| Value::Undefined))
    })?;
    ops.sync("fs_remove_all", |scope, (name,): (String,)| {
        on(scope, |folder| folder.remove_all(place(&name)?.as_ref()).map(|()| Value::Undefined))
    })?;
    ops.sync("fs_rename", |scope, (from, to): (String, String)| {
        on(scope, |folder| folder.rename(&file(&from)?, &file(&to)?).map(|()| Value::Undefined))
    })
}

/// Runs a call on the job's folder. What it refuses is answered, not thrown: Node's errors have members of their own.
fn on(scope: &Scope, call: impl FnOnce(&JobFolder) -> Result<Value, FolderError>) -> Result<Value, OpError> {
    let Some(folder) = &scope.host.folder else {
        return Err(OpError::error("this job has no files (JOB_FILES)"));
    };
    Ok(call(folder).unwrap_or_else(|error| {
        let text = |text: &str| Value::String(text.to_owned());
        let mut members = vec![("failed".to_owned(), text(&error.to_string()))];
        members.extend(error.code().map(|code| ("code".to_owned(), Value::String(code))));
        members.extend(error.errno().map(|errno| ("errno".to_owned(), Value::Number(-f64::from(errno as i32)))));
        if let FolderError::Os { call, .. } = &error {
            members.push(("syscall".to_owned(), text(call)));
        }
        Value::Object(members)
    }))
}

fn file(name: &str) -> Result<FileName, FolderError> {
    Ok(FileName::parse(name)?)
}

/// `None` is the folder itself.
fn place(name: &str) -> Result<Option<FileName>, FolderError> {
    Ok(FileName::parse_or_root(name)?)
}

/// A file's bytes from there on.
fn read(scope: &Scope, name: &str, from: u64, most: u64) -> Result<Value, OpError> {
    on(scope, |folder| {
        let name = file(name)?;
        let bytes = size(folder, &name).saturating_sub(from).min(most);
        read_within_memory(scope, &name, bytes, || folder.read_part(&name, from, bytes)).map(Value::Bytes)
    })
}

fn write_mode(text: &str, otherwise: WriteMode) -> WriteMode {
    if text == "new" { WriteMode::CreateNew } else { otherwise }
}

fn write(scope: &Rc<Scope>, (name, Bytes(bytes), mode): (String, Bytes, String)) -> Result<Value, OpError> {
    on(scope, |folder| {
        let name = file(&name)?;
        match mode.as_str() {
            "append" => folder.append(&name, &bytes),
            "new" => folder.open_write(&name, WriteMode::CreateNew)?.write_all(&bytes),
            _ => folder.write(&name, &bytes),
        }
        .map(|()| Value::Undefined)
    })
}

fn facts(facts: EntryFacts) -> serde_json::Value {
    let modified = facts.modified.duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    json!({"file": facts.kind == EntryKind::File, "folder": facts.kind == EntryKind::Folder, "size": facts.bytes, "modified": modified})
}

fn listed(entry: &Entry, prefix: usize) -> serde_json::Value {
    json!({"name": &entry.name.as_str()[prefix..], "folder": entry.facts.kind == EntryKind::Folder})
}
