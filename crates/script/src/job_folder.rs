//! A job's own files: one folder, nothing outside of it, no more than its quota.
//!
//! The executor makes the folder empty before each job and takes what is in it afterwards; everything that reads or writes
//! a file for a job goes through here, in the slot and in the parent alike. A name is a [`FileName`], which cannot lead out of
//! the folder, and each of its components is opened relative to the one before it without following symbolic links, so
//! the folder's content cannot lead out, either. The folder may have another writer, Chromium with a download: its
//! writes count once [`recount`](JobFolder::recount) is called.

mod error;
mod open_file;

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use job_model::FileName;
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};

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

/// Bytes of a file that are copied at a time.
const COPIED_AT_ONCE: usize = 256 << 10;
const FOLDER: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
/// Without blocking: whoever else writes here may have made a pipe.
const FILE: OFlag = OFlag::O_NOFOLLOW.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK);
const FOLDER_MODE: Mode = Mode::S_IRWXU;
const FILE_MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

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
        folder.remove_all(None).map_err(|error| io::Error::other(error.to_string()))?;
        mkdirat(&folder.0.root, Self::DOWNLOADS, FOLDER_MODE)?;
        Ok(folder)
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

    /// A file's whole content.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn read(&self, name: &FileName) -> Result<Vec<u8>, FolderError> {
        let mut file = self.open_read(name)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|error| FolderError::io("read", Some(name), &error))?;
        Ok(content)
    }

    /// So many bytes of a file's content from a place in it; fewer at the file's end.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn read_part(&self, name: &FileName, from: u64, most: u64) -> Result<Vec<u8>, FolderError> {
        let failed = |error| FolderError::io("read", Some(name), &error);
        let mut file = self.open_read(name)?;
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut content = Vec::new();
        file.take(most).read_to_end(&mut content).map_err(failed)?;
        Ok(content)
    }

    /// Opens a file to be read piece by piece, from any place.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn open_read(&self, name: &FileName) -> Result<File, FolderError> {
        let failed = |errno| FolderError::os("open", Some(name), errno);
        let folder = self.folder_of(name, Missing::Refuse).map_err(failed)?;
        let file = openat(folder, name.base(), FILE | OFlag::O_RDONLY, Mode::empty()).map_err(failed)?;
        regular(&file).map_err(failed)?;
        Ok(File::from(file))
    }

    /// Opens a file to be written piece by piece; folders on its way are made. Each piece counts as it is written.
    ///
    /// # Errors
    /// When the folder holds as many files as it may, or the mode does not fit what is there.
    pub fn open_write(&self, name: &FileName, mode: WriteMode) -> Result<OpenFile, FolderError> {
        let failed = |errno| FolderError::os("open", Some(name), errno);
        let folder = self.make_folder_of(name)?;
        let known = exists(&folder, name.base());
        if !known {
            self.grow(0, 1)?;
        }
        let how = match mode {
            WriteMode::Truncate | WriteMode::Append => OFlag::O_CREAT,
            WriteMode::CreateNew => OFlag::O_CREAT | OFlag::O_EXCL,
        };
        let opened = openat(&folder, name.base(), FILE | OFlag::O_WRONLY | how, FILE_MODE)
            .and_then(|file| regular(&file).map(|()| File::from(file)));
        let file = match opened {
            Ok(file) => file,
            Err(errno) => {
                if !known {
                    self.shrink(0, 1);
                }
                return Err(failed(errno));
            }
        };
        let mut open = OpenFile::new(self.clone(), name.clone(), file)?;
        match mode {
            WriteMode::Truncate => open.set_len(0)?,
            WriteMode::Append => open.seek_to_end(),
            WriteMode::CreateNew => {}
        }
        Ok(open)
    }

    /// Makes a file with this content, in the place of what it had; folders on its way are made.
    ///
    /// # Errors
    /// When the quota is used up: the file is as it was.
    pub fn write(&self, name: &FileName, content: &[u8]) -> Result<(), FolderError> {
        let had = self.stat(Some(name)).map_or(0, |facts| facts.bytes);
        self.fits((content.len() as u64).saturating_sub(had))?;
        self.open_write(name, WriteMode::Truncate)?.write_all(content)
    }

    /// Makes a file with the content of another one, which passes in pieces.
    ///
    /// # Errors
    /// When there is no such file, the mode does not fit what is there, or the quota is used up.
    pub fn copy(&self, from: &FileName, to: &FileName, mode: WriteMode) -> Result<(), FolderError> {
        let mut source = self.open_read(from)?;
        if from == to {
            return if mode == WriteMode::CreateNew { self.open_write(to, mode).map(drop) } else { Ok(()) };
        }
        let mut target = self.open_write(to, mode)?;
        let mut piece = vec![0; COPIED_AT_ONCE];
        loop {
            match source.read(&mut piece).map_err(|error| FolderError::io("read", Some(from), &error))? {
                0 => return Ok(()),
                count => target.write_all(&piece[..count])?,
            }
        }
    }

    /// Puts content at the end of a file, which is made when it is not there.
    ///
    /// # Errors
    /// When the quota is used up: the file is as it was.
    pub fn append(&self, name: &FileName, content: &[u8]) -> Result<(), FolderError> {
        self.fits(content.len() as u64)?;
        self.open_write(name, WriteMode::Append)?.write_all(content)
    }

    /// Cuts a file, or fills it up with zeros, to this size.
    ///
    /// # Errors
    /// When there is no such file, or the quota is used up.
    pub fn truncate(&self, name: &FileName, bytes: u64) -> Result<(), FolderError> {
        self.stat(Some(name))?;
        self.open_write(name, WriteMode::Append)?.set_len(bytes)
    }

    /// What is known of a file or folder; `None` is the job's folder itself.
    ///
    /// # Errors
    /// When it is not there.
    pub fn stat(&self, name: Option<&FileName>) -> Result<EntryFacts, FolderError> {
        let failed = |errno| FolderError::os("stat", name, errno);
        let Some(file) = name else { return Ok(facts(&fstat(&self.0.root).map_err(failed)?)) };
        let folder = self.folder_of(file, Missing::Refuse).map_err(failed)?;
        Ok(facts(&fstatat(folder, file.base(), AtFlags::AT_SYMLINK_NOFOLLOW).map_err(failed)?))
    }

    /// What is in a folder, by name, without what is in folders in it; `None` is the job's folder itself.
    ///
    /// # Errors
    /// When it is not there, or not a folder.
    pub fn list(&self, name: Option<&FileName>) -> Result<Vec<Entry>, FolderError> {
        let failed = |errno| FolderError::os("scandir", name, errno);
        let folder = self.open_folder(name, Missing::Refuse).map_err(failed)?;
        let mut entries = Vec::new();
        for base in names_in(&folder).map_err(failed)? {
            // What has a name that no job could say is not the job's; a file may be gone by now.
            let place = name.map_or_else(|| base.clone(), |name| format!("{name}/{base}"));
            let Ok(place) = FileName::parse(&place) else { continue };
            if place.as_str() == Self::DOWNLOADS {
                continue;
            }
            let Ok(found) = fstatat(&folder, place.base(), AtFlags::AT_SYMLINK_NOFOLLOW) else { continue };
            entries.push(Entry { name: place, facts: facts(&found) });
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// All files, those in folders included, by name.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn files(&self) -> Result<Vec<Entry>, FolderError> {
        let mut entries = self.tree(None)?;
        entries.retain(|entry| entry.facts.kind == EntryKind::File);
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// Makes a folder, and those on its way.
    ///
    /// # Errors
    /// When a file has that name, or the folder holds as many files as it may.
    pub fn make_folder(&self, name: &FileName) -> Result<(), FolderError> {
        self.make_folders(Some(name))
    }

    /// Removes a file.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn remove_file(&self, name: &FileName) -> Result<(), FolderError> {
        let failed = |errno| FolderError::os("unlink", Some(name), errno);
        let bytes = self.stat(Some(name)).map_or(0, |facts| facts.bytes);
        let folder = self.folder_of(name, Missing::Refuse).map_err(failed)?;
        unlinkat(folder, name.base(), UnlinkatFlags::NoRemoveDir).map_err(failed)?;
        self.shrink(bytes, 1);
        Ok(())
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// When there is no such folder, or something is in it.
    pub fn remove_folder(&self, name: &FileName) -> Result<(), FolderError> {
        let failed = |errno| FolderError::os("rmdir", Some(name), errno);
        let folder = self.folder_of(name, Missing::Refuse).map_err(failed)?;
        unlinkat(folder, name.base(), UnlinkatFlags::RemoveDir).map_err(failed)?;
        self.shrink(0, 1);
        Ok(())
    }

    /// Removes a file, or a folder with all that is in it; of the job's folder itself (`None`) all that is in it.
    ///
    /// # Errors
    /// When it is not there, or something in it cannot be removed.
    pub fn remove_all(&self, name: Option<&FileName>) -> Result<(), FolderError> {
        let failed = |errno| FolderError::os("rm", name, errno);
        if let Some(file) = name
            && self.stat(name)?.kind != EntryKind::Folder
        {
            return self.remove_file(file);
        }
        empty(&self.open_folder(name, Missing::Refuse).map_err(failed)?, 0).map_err(failed)?;
        if let Some(file) = name {
            let folder = self.folder_of(file, Missing::Refuse).map_err(failed)?;
            unlinkat(folder, file.base(), UnlinkatFlags::RemoveDir).map_err(failed)?;
        }
        self.count().map(drop)
    }

    /// Gives a file or folder another name, in the place of a file that had it; folders on its way are made.
    ///
    /// # Errors
    /// When it is not there, or its new place is taken by a folder with something in it.
    pub fn rename(&self, from: &FileName, to: &FileName) -> Result<(), FolderError> {
        let failed = |errno| FolderError::os("rename", Some(from), errno);
        let source = self.folder_of(from, Missing::Refuse).map_err(failed)?;
        let target = self.make_folder_of(to)?;
        renameat(source, from.base(), target, to.base()).map_err(failed)?;
        self.count().map(drop)
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

    /// Lists everything below a folder, folders included; `None` is the job's folder itself.
    ///
    /// # Errors
    /// When a folder is not there, or cannot be read.
    pub fn tree(&self, name: Option<&FileName>) -> Result<Vec<Entry>, FolderError> {
        let mut all = self.list(name)?;
        let mut next = 0;
        while let Some(entry) = all.get(next) {
            if entry.facts.kind == EntryKind::Folder {
                let name = entry.name.clone();
                match self.list(Some(&name)) {
                    Ok(below) => all.extend(below),
                    Err(error) if error.errno() == Some(Errno::ENOENT) => {}
                    Err(error) => return Err(error),
                }
            }
            next += 1;
        }
        Ok(all)
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

fn names_in(folder: &OwnedFd) -> nix::Result<Vec<String>> {
    let mut folder = Dir::openat(folder, ".", FOLDER, Mode::empty())?;
    let mut names = Vec::new();
    for entry in folder.iter() {
        let entry = entry?;
        if let Ok(name) = entry.file_name().to_str()
            && !matches!(name, "." | "..")
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Removes all that is in a folder, whatever its name.
fn empty(folder: &OwnedFd, depth: usize) -> nix::Result<()> {
    /// Deeper than names can be; Chromium makes no folders.
    const DEEPEST: usize = 64;
    if depth > DEEPEST {
        return Err(Errno::ELOOP);
    }
    let mut listed = Dir::openat(folder, ".", FOLDER, Mode::empty())?;
    let entries: Vec<_> = listed.iter().map(|entry| entry.map(|entry| entry.file_name().to_owned())).collect();
    for name in entries {
        let name = name?;
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match unlinkat(folder, name.as_c_str(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(Errno::EISDIR | Errno::EPERM) => {
                remove_folder(folder, name.as_c_str(), depth + 1)?;
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Removes a folder and all that is in it, also while somebody puts more into it: Chromium finishes a download when it likes.
fn remove_folder(parent: &OwnedFd, base: &CStr, depth: usize) -> nix::Result<()> {
    /// How often something new may be found.
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        empty(&openat(parent, base, FOLDER, Mode::empty())?, depth)?;
        match unlinkat(parent, base, UnlinkatFlags::RemoveDir) {
            Err(Errno::ENOTEMPTY) => {}
            ended => return ended,
        }
    }
    Err(Errno::ENOTEMPTY)
}

fn exists(folder: &OwnedFd, base: &str) -> bool {
    fstatat(folder, base, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok()
}

fn regular(file: &OwnedFd) -> nix::Result<()> {
    match facts(&fstat(file.as_fd())?).kind {
        EntryKind::File => Ok(()),
        EntryKind::Folder => Err(Errno::EISDIR),
        EntryKind::Other => Err(Errno::ELOOP),
    }
}

fn facts(stat: &FileStat) -> EntryFacts {
    let kind = match SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFREG => EntryKind::File,
        SFlag::S_IFDIR => EntryKind::Folder,
        _ => EntryKind::Other,
    };
    let bytes = if kind == EntryKind::File { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 };
    let (seconds, nanos) = (u64::try_from(stat.st_mtime), u32::try_from(stat.st_mtime_nsec));
    let modified = SystemTime::UNIX_EPOCH + Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0));
    EntryFacts { kind, bytes, modified }
}

#[cfg(test)]
mod tests;
