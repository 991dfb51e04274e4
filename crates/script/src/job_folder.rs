//! A job's own files: one folder, nothing outside of it, no more than its quota.
//!
//! The executor makes the folder empty before each job and takes what is in it afterwards; everything that reads or writes
//! a file for a job goes through here, in the slot and in the parent alike. A name is a [`FileName`], which cannot lead out of
//! the folder, and each of its components is opened relative to the one before it without following symbolic links, so
//! the folder's content cannot lead out, either. The folder may have another writer, Chromium with a download: its
//! writes count once [`recount`](JobFolder::recount) is called.

mod content;
mod descriptors;
mod entries;
mod error;
mod open_file;

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use job_model::FileName;
use nix::errno::Errno;
use nix::fcntl::{openat, renameat};
use nix::sys::stat::{Mode, mkdirat};

use descriptors::{FOLDER, FOLDER_MODE, empty, is_as_made, names_in};
pub use error::FolderError;
pub use open_file::OpenFile;

/// What a job may keep in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderLimits {
    /// Bytes of all files together (JOB_FILES_BYTES).
    pub bytes: u64,
    /// Files and folders (JOB_FILES).
    pub files: u32,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link, a socket or a device: nothing that a job can use. Only another writer of the folder can have made it.
    Other,
}

/// What is known of a file or folder without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFacts {
    /// What it is.
    pub kind: EntryKind,
    /// A file's size in bytes; 0 for everything else.
    pub bytes: u64,
    /// When its content changed last.
    pub modified: SystemTime,
}

/// A file or folder, by its place in the job's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub name: FileName,
    /// What is known of it.
    pub facts: EntryFacts,
}

/// What becomes of a file's content when the file is opened for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// It goes.
    Truncate,
    /// It stays, and what is written comes after it.
    Append,
    /// The file must not be there.
    CreateNew,
}

/// A job's folder. Clones are the same folder with the same quota.
#[derive(Clone, Debug)]
pub struct JobFolder(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    root: OwnedFd,
    path: PathBuf,
    limits: FolderLimits,
    used: Mutex<Used>,
}

/// What is in the folder now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Used {
    bytes: u64,
    files: u64,
}

impl JobFolder {
    /// Where Chromium puts downloads until they are whole: not among the job's files.
    pub const DOWNLOADS: &str = ".downloads";

    /// Takes a folder that is there, also one that holds more than it may.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn open(path: &Path, limits: FolderLimits) -> io::Result<Self> {
        let root = nix::fcntl::open(path, FOLDER, Mode::empty())?;
        let folder = Self(Arc::new(Folder { root, path: path.to_owned(), limits, used: Mutex::default() }));
        folder.count().map_err(|error| io::Error::other(error.to_string()))?;
        Ok(folder)
    }

    /// Makes `path` an empty folder, whatever was there, and takes it.
    ///
    /// # Errors
    /// When what was there cannot be removed, or the folder cannot be made.
    pub fn make_empty(path: &Path, limits: FolderLimits) -> io::Result<Self> {
        // Emptied, not replaced: a rule that allows exactly this folder goes on to mean it.
        std::fs::create_dir_all(path)?;
        let folder = Self::open(path, limits)?;
        folder.clear()?;
        Ok(folder)
    }

    /// Tells whether the folder at `path` is as [`make_empty`](Self::make_empty) left it.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn is_as_made(path: &Path) -> io::Result<bool> {
        Ok(is_as_made(&nix::fcntl::open(path, FOLDER, Mode::empty())?).unwrap_or(false))
    }

    /// Removes whatever is in it.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        // Most jobs leave it so, and a folder that is removed and made again is the slowest part of a short job's end.
        if is_as_made(&self.0.root).unwrap_or(false) {
            *self.used() = Used::default();
            return Ok(());
        }
        self.remove_all(None).map_err(|error| io::Error::other(error.to_string()))?;
        mkdirat(&self.0.root, Self::DOWNLOADS, FOLDER_MODE)?;
        Ok(())
    }

    /// Moves all files to an empty folder of the same file system, and leaves this one empty. What is downloaded just now
    /// is no file yet and goes.
    ///
    /// # Errors
    /// When one of them cannot be moved.
    pub fn move_into(&self, target: &Path) -> io::Result<()> {
        std::fs::create_dir_all(target)?;
        let target = nix::fcntl::open(target, FOLDER, Mode::empty())?;
        for base in names_in(&self.0.root)? {
            if base != Self::DOWNLOADS {
                renameat(&self.0.root, base.as_str(), &target, base.as_str())?;
            }
        }
        let downloads = openat(&self.0.root, Self::DOWNLOADS, FOLDER, Mode::empty());
        downloads.and_then(|downloads| empty(&downloads, 0)).or_else(|errno| match errno {
            Errno::ENOENT => Ok(()),
            errno => Err(errno),
        })?;
        *self.used() = Used::default();
        Ok(())
    }

    /// Whether anything is in the folder itself but downloads under way.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(names_in(&self.0.root)?.iter().all(|base| base == Self::DOWNLOADS))
    }

    /// Tells where a file is on this machine, or would be, for Chromium, which opens it by its path. Puppeteer gives an input
    /// a file that is not there, too: the page sees its name, and fails to read it.
    ///
    /// # Errors
    /// When something else than a file has that name.
    pub fn path_of(&self, name: &FileName) -> Result<PathBuf, FolderError> {
        let kind = match self.stat(Some(name)) {
            Ok(found) => found.kind,
            Err(error) if error.errno() == Some(Errno::ENOENT) => EntryKind::File,
            Err(error) => {
                return Err(error.errno().map_or(error, |errno| FolderError::os("open", Some(name), errno)));
            }
        };
        match kind {
            EntryKind::File => Ok(self.0.path.join(name.as_str())),
            EntryKind::Folder => Err(FolderError::os("open", Some(name), Errno::EISDIR)),
            EntryKind::Other => Err(FolderError::os("open", Some(name), Errno::ELOOP)),
        }
    }

    /// Where the folder is on this machine.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Looks at what is there now: another writer may have been at work.
    ///
    /// # Errors
    /// When a folder cannot be read, or more is there than may be.
    pub fn recount(&self) -> Result<(), FolderError> {
        let used = self.count()?;
        self.check(used)
    }

    fn count(&self) -> Result<Used, FolderError> {
        let entries = self.tree(None)?;
        let used = Used { bytes: entries.iter().map(|entry| entry.facts.bytes).sum(), files: entries.len() as u64 };
        *self.used() = used;
        Ok(used)
    }

    /// The folder that a file is in.
    fn folder_of(&self, name: &FileName, missing: Missing) -> nix::Result<OwnedFd> {
        let parents = name.as_str().rsplit_once('/').map(|(parents, _)| parents);
        self.walk(parents, missing)
    }

    fn open_folder(&self, name: Option<&FileName>, missing: Missing) -> nix::Result<OwnedFd> {
        self.walk(name.map(FileName::as_str), missing)
    }

    fn walk(&self, path: Option<&str>, missing: Missing) -> nix::Result<OwnedFd> {
        let mut folder = openat(&self.0.root, ".", FOLDER, Mode::empty())?;
        for component in path.into_iter().flat_map(|path| path.split('/')) {
            if missing == Missing::Make {
                match mkdirat(&folder, component, FOLDER_MODE) {
                    Ok(()) => self.used().files += 1,
                    Err(Errno::EEXIST) => {}
                    Err(errno) => return Err(errno),
                }
            }
            folder = openat(&folder, component, FOLDER, Mode::empty())?;
        }
        Ok(folder)
    }

    /// The folder that a file is in, made with those on its way.
    fn make_folder_of(&self, name: &FileName) -> Result<OwnedFd, FolderError> {
        let parents = name.as_str().rsplit_once('/').and_then(|(parents, _)| FileName::parse(parents).ok());
        self.make_folders(parents.as_ref())?;
        self.folder_of(name, Missing::Refuse).map_err(|errno| FolderError::os("open", Some(name), errno))
    }

    fn make_folders(&self, name: Option<&FileName>) -> Result<(), FolderError> {
        let Some(folder) = name else { return Ok(()) };
        if self.open_folder(name, Missing::Refuse).is_ok() {
            return Ok(());
        }
        let (used, most) = (*self.used(), folder.components().count() as u64);
        self.check(Used { files: used.files + most, ..used })?;
        self.walk(Some(folder.as_str()), Missing::Make).map_err(|errno| FolderError::os("mkdir", name, errno))?;
        Ok(())
    }

    /// Whether so many bytes more fit.
    ///
    /// # Errors
    /// When they do not.
    pub fn fits(&self, bytes: u64) -> Result<(), FolderError> {
        let used = *self.used();
        self.check(Used { bytes: used.bytes.saturating_add(bytes), ..used })
    }

    fn check(&self, used: Used) -> Result<(), FolderError> {
        let limits = self.0.limits;
        if used.bytes > limits.bytes {
            return Err(FolderError::TooManyBytes { limit: limits.bytes });
        }
        if used.files > u64::from(limits.files) {
            return Err(FolderError::TooManyFiles { limit: limits.files });
        }
        Ok(())
    }

    fn grow(&self, bytes: u64, files: u64) -> Result<(), FolderError> {
        let mut used = self.used();
        let grown = Used { bytes: used.bytes.saturating_add(bytes), files: used.files + files };
        self.check(grown)?;
        *used = grown;
        Ok(())
    }

    fn shrink(&self, bytes: u64, files: u64) {
        let mut used = self.used();
        used.bytes = used.bytes.saturating_sub(bytes);
        used.files = used.files.saturating_sub(files);
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.0.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a folder on the way that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Make,
    Refuse,
}

#[cfg(test)]
mod tests;
