//! A file of a job that is being written.

use std::fs::File;
use std::os::unix::fs::FileExt;

use job_model::FileName;

use super::{FolderError, JobFolder};

/// A file that is written piece by piece, within its folder's quota.
#[derive(Debug)]
pub struct OpenFile {
    folder: JobFolder,
    name: FileName,
    file: File,
    /// What it counts for.
    pub(super) bytes: u64,
    /// Where the next piece goes.
    position: u64,
}

impl OpenFile {
    pub(super) fn new(folder: JobFolder, name: FileName, file: File) -> Result<Self, FolderError> {
        let facts = file.metadata().map_err(|error| FolderError::io("fstat", Some(&name), &error))?;
        Ok(Self { folder, name, file, bytes: facts.len(), position: 0 })
    }

    /// Writes a piece where the last one ended.
    ///
    /// # Errors
    /// When the quota is used up: nothing of the piece is written.
    pub fn write_all(&mut self, piece: &[u8]) -> Result<(), FolderError> {
        self.write_at(piece, self.position)?;
        self.position += piece.len() as u64;
        Ok(())
    }

    /// Writes a piece at a place of its own.
    ///
    /// # Errors
    /// When the quota is used up: nothing of the piece is written.
    pub fn write_at(&mut self, piece: &[u8], offset: u64) -> Result<(), FolderError> {
        self.make_room(offset.saturating_add(piece.len() as u64))?;
        self.file.write_all_at(piece, offset).map_err(|error| self.failed(&error))
    }

    /// Cuts the file, or fills it up with zeros, to this size.
    ///
    /// # Errors
    /// When the quota is used up.
    pub fn set_len(&mut self, bytes: u64) -> Result<(), FolderError> {
        self.make_room(bytes)?;
        self.file.set_len(bytes).map_err(|error| self.failed(&error))?;
        self.folder.shrink(self.bytes.saturating_sub(bytes), 0);
        self.bytes = bytes;
        Ok(())
    }

    /// The next piece goes behind all that is there.
    pub(super) fn seek_to_end(&mut self) {
        self.position = self.bytes;
    }

    /// Counts the file as so long at least.
    fn make_room(&mut self, bytes: u64) -> Result<(), FolderError> {
        self.folder.grow(bytes.saturating_sub(self.bytes), 0)?;
        self.bytes = self.bytes.max(bytes);
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> FolderError {
        FolderError::io("write", Some(&self.name), error)
    }
}
