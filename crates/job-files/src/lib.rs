//! Where the files of jobs live: a local folder, S3 and what speaks like it, Azure or Google Cloud Storage.
//!
//! Files come in sets. A set belongs to one creation of one job: the files that were sent along with it, or those that one
//! attempt made; or to what jobs are made of, such as a script. Sets are written once, under a key that no other attempt has, and never changed, so that whichever result
//! of a job is the first one names a whole set and nothing of another. Which set counts, the job's document says; what no
//! document names is found by [`JobFiles::sets`] and removed.
//!
//! Bytes pass in streams: a file is never held as a whole. Nothing here knows HTTP, or what a job is allowed to do.

mod content;
pub mod contract;
mod error;
mod http_client;
mod key;
mod media_type;
mod notes;
mod open;
mod sets;
mod sum;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use job_model::JobFile;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

pub use content::Content;
pub use error::FilesError;
pub use key::{FileSet, SetKey, TemplateKey};
pub use media_type::media_type;
pub use sets::FoundSet;
pub use sum::sha256;

/// The store of all files. Clones share its connections.
#[derive(Clone, Debug)]
pub struct JobFiles {
    store: Arc<dyn ObjectStore>,
    /// What all keys begin with.
    prefix: Path,
    /// Where the store gives addresses that open a file for a while.
    signer: Option<Arc<dyn Signer>>,
    /// The folder, when that is where the files are.
    folder: Option<PathBuf>,
    /// The address as it was given, without what could be secret.
    name: String,
}

impl JobFiles {
    /// Answers when the store can be used.
    ///
    /// # Errors
    /// [`FilesError::Away`] with the reason.
    pub async fn ping(&self) -> Result<(), FilesError> {
        match self.store.head(&self.prefix.clone().join("ping")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(FilesError::of("be reached", &self.name, error)),
        }
    }

    /// Signs an address under which the file can be had for a while without any token of ours; `None` where the store has none.
    ///
    /// # Errors
    /// [`FilesError::Away`] when the store's credentials cannot be had.
    pub async fn presigned(
        &self,
        set: &impl FileSet,
        index: usize,
        file: &JobFile,
        valid: Duration,
    ) -> Result<Option<Url>, FilesError> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let key = self.key(set, index, file);
        let url = signer.signed_url(http::Method::GET, &key, valid).await;
        url.map(Some).map_err(|error| FilesError::of("sign an address for", &key, error))
    }

    /// Gives a set a file of another set, without its bytes passing through here where the store can do that.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] when the file is gone, [`FilesError::Away`] otherwise.
    pub async fn copy(
        &self,
        from: (&impl FileSet, usize, &JobFile),
        to: (&impl FileSet, usize, &JobFile),
    ) -> Result<(), FilesError> {
        let (source, target) = (self.key(from.0, from.1, from.2), self.key(to.0, to.1, to.2));
        let copied = self.store.copy(&source, &target).await;
        let Some(folder) = &self.folder else {
            return copied.map_err(|error| FilesError::of("copy", &source, error));
        };
        let error = match copied {
            Ok(()) => None,
            Err(error @ object_store::Error::NotFound { .. }) => return Err(FilesError::of("copy", &source, error)),
            Err(error) => Some(error),
        };
        let [source_file, target_file] = [path_in(folder, from), path_in(folder, to)];
        let rest = tokio::task::spawn_blocking(move || match error {
            // A copy in a folder is a link, as old as its source: whoever removes old sets must see that this one is new.
            None => std::fs::File::open(target_file).and_then(|file| file.set_modified(SystemTime::now())),
            // File systems count the links of a file, and take no more than so many.
            Some(_) => std::fs::copy(source_file, target_file).map(drop),
        });
        let rest = rest.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        rest.map_err(|error| FilesError::Away { action: "copy", key: source.to_string(), source: error.into() })
    }

    fn key(&self, set: &impl FileSet, index: usize, file: &JobFile) -> Path {
        self.set_path(set).join(key::object_name(index, &file.name))
    }

    fn set_path(&self, set: &impl FileSet) -> Path {
        set.components().into_iter().fold(self.prefix.clone(), |path, component| path.join(component))
    }
}

/// Where a file is in the folder of all files.
fn path_in(folder: &std::path::Path, (set, index, file): (&impl FileSet, usize, &JobFile)) -> PathBuf {
    let parts = set.components().into_iter().chain([key::object_name(index, &file.name)]);
    folder.join(parts.collect::<PathBuf>())
}
