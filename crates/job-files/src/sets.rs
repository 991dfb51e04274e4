//! Finding sets, and removing them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::time::SystemTime;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::key::FileSet;
use crate::{FilesError, JobFiles, SetKey, TemplateKey};

/// A set that the store has, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSet<K = SetKey> {
    /// Which it is.
    pub key: K,
    /// When something was last put into it.
    pub changed: SystemTime,
}

/// Sets that are told at a time.
const BATCH: usize = 500;

impl JobFiles {
    /// All sets of jobs that there are, in batches.
    pub fn sets(&self) -> BoxStream<'_, Result<Vec<FoundSet>, FilesError>> {
        self.sets_of()
    }

    /// All sets that there are of what jobs are made of, in batches.
    pub fn template_sets(&self) -> BoxStream<'_, Result<Vec<FoundSet<TemplateKey>>, FilesError>> {
        self.sets_of()
    }

    fn sets_of<K: FileSet>(&self) -> BoxStream<'_, Result<Vec<FoundSet<K>>, FilesError>> {
        if let Some(folder) = &self.folder {
            let folder = folder.join(K::ROOT);
            let found = async move {
                let read = tokio::task::spawn_blocking(move || folders_with_files(&folder)).await;
                let found = read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
                found.map_err(|error| FilesError::Away { action: "list", key: self.name.clone(), source: error.into() })
            };
            return futures::stream::once(found).boxed();
        }
        let root = self.prefix.clone().join(K::ROOT);
        let listed = self.store.list(Some(&root)).map_err(|error| FilesError::of("list", &self.name, error));
        let batches = listed.try_chunks(BATCH * 4).map_err(|error| error.1);
        batches.map_ok(|objects| self.grouped(&objects)).boxed()
    }

    /// A set that spans two batches is told twice, which does no harm: the younger part keeps it.
    fn grouped<K: FileSet>(&self, objects: &[object_store::ObjectMeta]) -> Vec<FoundSet<K>> {
        let skipped = self.prefix.parts().count();
        let mut found: HashMap<Vec<String>, FoundSet<K>> = HashMap::new();
        for object in objects {
            let mut parts: Vec<String> =
                object.location.parts().skip(skipped).map(|part| part.as_ref().to_owned()).collect();
            parts.pop();
            let Some(key) = K::parse(&parts) else { continue };
            let changed = SystemTime::from(object.last_modified);
            let set = found.entry(parts).or_insert(FoundSet { key, changed });
            set.changed = changed.max(set.changed);
        }
        found.into_values().collect()
    }

    /// Removes a set with all that is in it. One that is gone is fine.
    ///
    /// # Errors
    /// [`FilesError::Away`]: some of it may be gone.
    pub async fn remove(&self, set: &impl FileSet) -> Result<(), FilesError> {
        let path = self.set_path(set);
        if let Some(folder) = &self.folder {
            let parts = set.components();
            let (removed, parents) = (folder.join(parts.iter().collect::<std::path::PathBuf>()), parts.len());
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
fn folders_with_files<K: FileSet>(root: &std::path::Path) -> io::Result<Vec<FoundSet<K>>> {
    // In the order of their names, as a bucket is listed: jobs that were made together are neighbours in a store of jobs, too.
    let mut found: BTreeMap<Vec<String>, FoundSet<K>> = BTreeMap::new();
    let mut waiting = vec![(root.to_owned(), vec![K::ROOT.to_owned()])];
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
            } else if let Some(key) = K::parse(&parts) {
                let changed = facts.modified()?;
                let set = found.entry(parts.clone()).or_insert(FoundSet { key, changed });
                set.changed = changed.max(set.changed);
            }
        }
    }
    Ok(found.into_values().collect())
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
