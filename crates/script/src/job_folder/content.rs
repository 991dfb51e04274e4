//! Reading and writing what is in a job's files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use job_model::FileName;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::descriptors::{FILE, FILE_MODE, exists, regular};
use super::{FolderError, JobFolder, Missing, OpenFile, WriteMode};

/// Bytes of a file that are copied at a time.
const COPIED_AT_ONCE: usize = 256 << 10;

impl JobFolder {
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
}
