//! Short notes beside the files, which all who share the store can read: what a cache knows.
//!
//! A note may go at any time. Whoever misses one does its work again.

use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::sum::hex;
use crate::{FilesError, JobFiles};

/// What the keys of notes begin with, beside those of files.
const ROOT: &str = "notes";

impl JobFiles {
    /// Keeps a note under a name, in the place of an older one.
    ///
    /// # Errors
    /// [`FilesError::Away`] when the store cannot take it now.
    pub async fn note(&self, name: &[u8; 32], text: String) -> Result<(), FilesError> {
        let key = self.note_key(name);
        let stored = self.store.put(&key, PutPayload::from(text)).await;
        stored.map(drop).map_err(|error| FilesError::of("store", &key, error))
    }

    /// Reads the note of a name, when there is one.
    ///
    /// # Errors
    /// [`FilesError::Away`] when the store cannot be read now.
    pub async fn noted(&self, name: &[u8; 32]) -> Result<Option<Vec<u8>>, FilesError> {
        let key = self.note_key(name);
        let read = async { self.store.get(&key).await?.bytes().await };
        match read.await {
            Ok(text) => Ok(Some(text.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(FilesError::of("read", &key, error)),
        }
    }

    /// Removes notes that are older than this; how many there were.
    ///
    /// # Errors
    /// [`FilesError::Away`]: some of them may be gone.
    pub async fn forget_notes(&self, older: Duration) -> Result<u64, FilesError> {
        let root = self.prefix.clone().join(ROOT);
        let mut notes = self.store.list(Some(&root));
        let mut forgotten = 0;
        while let Some(found) = notes.try_next().await.map_err(|error| FilesError::of("list", &root, error))? {
            let changed = SystemTime::from(found.last_modified);
            if !SystemTime::now().duration_since(changed).is_ok_and(|age| age > older) {
                continue;
            }
            match self.store.delete(&found.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => forgotten += 1,
                Err(error) => return Err(FilesError::of("remove", &found.location, error)),
            }
        }
        Ok(forgotten)
    }

    fn note_key(&self, name: &[u8; 32]) -> Path {
        self.prefix.clone().join(ROOT).join(hex(name))
    }
}
