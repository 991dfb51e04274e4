//! Finding sets, and removing them.

use std::collections::HashMap;
use std::io;
use std::time::SystemTime;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{FilesError, JobFiles, SetKey, key};

/// A set that the store has, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSet {
    /// Which it is.
    pub key: SetKey,
    /// When something was last put into it.
    pub changed: SystemTime,
}

/// Sets that are told at a time.
const BATCH: usize = 500;

impl JobFiles {
    /// All sets that there are, in batches.
    pub fn sets(&self) -> BoxStream<'_, Result<Vec<FoundSet>, FilesError>> {
        if let Some(folder) = &self.folder {
            let folder = folder.join(key::root());
            let found = async move {
                let read = tokio::task::spawn_blocking(move || folders_with_files(&folder)).await;
                let found = read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
                found.map_err(|error| FilesError::Away { action: "list", key: self.name.clone(), source: error.into() })
            };
            return futures::stream::once(found).boxed();
        }
        let root = self.prefix.clone().join(key::root());
        let listed = self.store.list(Some(&root)).map_err(|error| FilesError::of("list", &self.name, error));
        let batches = listed.try_chunks(BATCH * 4).map_err(|error| error.1);
        batches.map_ok(|objects| self.grouped(&objects)).boxed()
    }

    /// A set that spans two batches is told twice, which does no harm: the younger part keeps it.
    fn grouped(&self, objects: &[object_store::ObjectMeta]) -> Vec<FoundSet> {
        let skipped = self.prefix.parts().count();
        let mut found: HashMap<SetKey, SystemTime> = HashMap::new();
        for object in objects {
            let mut parts: Vec<String> =
                object.location.parts().skip(skipped).map(|part| part.as_ref().to_owned()).collect();
            parts.pop();
            let Some(key) = SetKey::parse(&parts) else { continue };
            let changed = SystemTime::from(object.last_modified);
            found.entry(key).and_modify(|at| *at = changed.max(*at)).or_insert(changed);
        }
        found.into_iter().map(|(key, changed)| FoundSet { key, changed }).collect()
    }

    /// Removes a set with all that is in it. One that is gone is fine.
    ///
    /// # Errors
    /// [`FilesError::Away`]: some of it may be gone.
    pub async fn remove(&self, set: &SetKey) -> Result<(), FilesError> {
        let path = self.set_path(set);
        if let Some(folder) = &self.folder {
            let folder = set.components().fold(folder.clone(), |path, part| path.join(part));
            let (removed, parents) = (folder.clone(), set.components().count());
            let removing = tokio::task::spawn_blocking(move || remove_with_parents(&removed, parents));
            let removed = removing.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            return removed.map_err(|error| FilesError::Away {
                action: "remove",
                key: path.to_string(),
                source: error.into(),
            });
        }
        let objects: Vec<Path> = self
            .store
            .list(Some(&path))
            .map_ok(|object| object.location)
            .try_collect()
            .await
            .map_err(|error| FilesError::of("list", &path, error))?;
        for object in objects {
            match self.store.delete(&object).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(FilesError::of("remove", &object, error)),
            }
        }
        Ok(())
    }
}

/// The folders that hold files, also those of an upload that was cut off, which the store itself does not list.
fn folders_with_files(root: &std::path::Path) -> io::Result<Vec<FoundSet>> {
    let mut found: HashMap<SetKey, SystemTime> = HashMap::new();
    let mut waiting = vec![(root.to_owned(), vec![key::root().to_owned()])];
    while let Some((folder, parts)) = waiting.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            // What goes meanwhile is gone.
            let Ok(facts) = entry.metadata() else { continue };
            if facts.is_dir() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                waiting.push((entry.path(), [parts.clone(), vec![name]].concat()));
            } else if let Some(key) = SetKey::parse(&parts) {
                let changed = facts.modified()?;
                found.entry(key).and_modify(|at| *at = changed.max(*at)).or_insert(changed);
            }
        }
    }
    let mut found: Vec<FoundSet> = found.into_iter().map(|(key, changed)| FoundSet { key, changed }).collect();
    // In the order of ids, as a bucket is listed: jobs that were made together are neighbours in a store of jobs, too.
    found.sort_by(|one, other| one.key.job.cmp(&other.key.job));
    Ok(found)
}

/// Removes a folder, and those above it that are empty then.
fn remove_with_parents(folder: &std::path::Path, depth: usize) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    // Not the root, in which somebody may be about to make a folder.
    for parent in folder.ancestors().skip(1).take(depth.saturating_sub(2)) {
        if std::fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}
