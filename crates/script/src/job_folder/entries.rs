//! What is in a job's folder: looking at it, making folders, removing and renaming.

use job_model::FileName;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, renameat};
use nix::sys::stat::{fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::descriptors::{empty, facts, names_in};
use super::{Entry, EntryFacts, EntryKind, FolderError, JobFolder, Missing};

impl JobFolder {
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
}
