//! The files that a job left in its slot's folder: the parent takes them, so that the slot can have its next job.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use script::{FolderLimits, JobFolder};

/// What a job left; nothing, as a rule. Clones are the same files; they are removed with the last one.
#[derive(Clone, Debug, Default)]
pub struct TakenFiles(Option<Arc<Taken>>);

#[derive(Debug)]
struct Taken {
    folder: JobFolder,
}

impl TakenFiles {
    /// Takes what is in a slot's folder. The folder itself stays, empty: the slot may use this very one.
    ///
    /// # Errors
    /// When the files cannot be moved.
    pub(crate) fn take(slot_folder: &Path, limits: FolderLimits) -> io::Result<Self> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        // As most jobs leave it.
        if JobFolder::is_as_made(slot_folder)? {
            return Ok(Self::default());
        }
        let folder = JobFolder::open(slot_folder, limits)?;
        if folder.is_empty()? {
            // A download under way has no place in the next job.
            return folder.clear().map(|()| Self::default());
        }
        // Beside the slot's own folder: that goes with the slot, which may be gone before the files are stored.
        let run_dir = slot_folder.parent().and_then(Path::parent).unwrap_or(slot_folder);
        let target = run_dir.join(format!("files-{}-{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed)));
        folder.move_into(&target)?;
        Ok(Self(Some(Arc::new(Taken { folder: JobFolder::open(&target, limits)? }))))
    }

    /// Returns the folder of the files, when there are any.
    pub fn folder(&self) -> Option<&JobFolder> {
        self.0.as_ref().map(|taken| &taken.folder)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let path = self.folder.path();
        if let Err(error) = std::fs::remove_dir_all(path) {
            tracing::warn!(folder = %path.display(), %error, "failed to remove a job's files, the executor's end will");
        }
    }
}
