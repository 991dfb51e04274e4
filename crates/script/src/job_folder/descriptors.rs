//! Folders and files by their descriptors: no path is looked up twice, and no symbolic link is followed.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, SystemTime};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::{EntryFacts, EntryKind, JobFolder};

pub(super) const FOLDER: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
/// Without blocking: whoever else writes here may have made a pipe.
pub(super) const FILE: OFlag = OFlag::O_NOFOLLOW.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK);
pub(super) const FOLDER_MODE: Mode = Mode::S_IRWXU;
pub(super) const FILE_MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// Whether nothing is in a job's folder but the one for downloads, which is as it was made.
pub(super) fn is_as_made(folder: &OwnedFd) -> nix::Result<bool> {
    let bases = bases_in(folder)?;
    if !matches!(&bases[..], [only] if only.to_bytes() == JobFolder::DOWNLOADS.as_bytes()) {
        return Ok(false);
    }
    let downloads = openat(folder, JobFolder::DOWNLOADS, FOLDER, Mode::empty())?;
    let mode = Mode::from_bits_truncate(fstat(&downloads)?.st_mode);
    Ok(mode == FOLDER_MODE && bases_in(&downloads)?.is_empty())
}

/// The names in a folder that are text: a job could say no other.
pub(super) fn names_in(folder: &OwnedFd) -> nix::Result<Vec<String>> {
    Ok(bases_in(folder)?.into_iter().filter_map(|base| base.into_string().ok()).collect())
}

/// All names in a folder.
fn bases_in(folder: &OwnedFd) -> nix::Result<Vec<CString>> {
    let mut folder = Dir::openat(folder, ".", FOLDER, Mode::empty())?;
    let mut bases = Vec::new();
    for entry in folder.iter() {
        let base = entry?.file_name().to_owned();
        if !matches!(base.to_bytes(), b"." | b"..") {
            bases.push(base);
        }
    }
    Ok(bases)
}

/// Removes all that is in a folder, whatever its name.
pub(super) fn empty(folder: &OwnedFd, depth: usize) -> nix::Result<()> {
    /// Deeper than names can be; Chromium makes no folders.
    const DEEPEST: usize = 64;
    if depth > DEEPEST {
        return Err(Errno::ELOOP);
    }
    for name in bases_in(folder)? {
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

pub(super) fn exists(folder: &OwnedFd, base: &str) -> bool {
    fstatat(folder, base, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok()
}

pub(super) fn regular(file: &OwnedFd) -> nix::Result<()> {
    match facts(&fstat(file.as_fd())?).kind {
        EntryKind::File => Ok(()),
        EntryKind::Folder => Err(Errno::EISDIR),
        EntryKind::Other => Err(Errno::ELOOP),
    }
}

pub(super) fn facts(stat: &FileStat) -> EntryFacts {
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
