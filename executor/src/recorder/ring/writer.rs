//! The slot's side of a ring.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::fs::FileExt;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use super::{Area, whole};
use crate::chromiums::messages::SOCKET;

/// The descriptor that a slot process inherits its ring as.
pub(crate) const RING: RawFd = SOCKET + 1;

/// Writes a recording, in the slot process.
#[derive(Debug)]
pub(crate) struct RingWriter {
    file: File,
    areas: [Written; 5],
    buffer: Vec<u8>,
}

#[derive(Debug, Default)]
struct Written {
    tail: u64,
    head: u64,
    /// The sizes of the entries between them, oldest first.
    sizes: VecDeque<u64>,
}

impl RingWriter {
    /// Takes the ring that this process has inherited. It is closed to processes that this one starts.
    ///
    /// # Errors
    /// When there is none: then it was not the executor that started this process.
    pub(crate) fn inherited() -> io::Result<Self> {
        // SAFETY: by agreement with the parent the descriptor is nobody else's; one that is not open makes the next call fail.
        let file = unsafe { File::from_raw_fd(RING) };
        if !file.metadata().is_ok_and(|facts| facts.is_file() && facts.len() == whole()) {
            std::mem::forget(file);
            return Err(io::Error::other("the executor has left no ring to this process"));
        }
        fcntl(&file, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        Ok(Self::over(file))
    }

    pub(super) fn over(file: File) -> Self {
        Self { file, areas: Default::default(), buffer: Vec::new() }
    }

    /// Begins anew; the parent has cleared the file.
    pub(crate) fn reset(&mut self) {
        self.areas = Default::default();
    }

    /// Writes an entry in the place of the oldest ones. One that is larger than a quarter of its area is left out, but
    /// in [`Area::Last`], which has few.
    pub(crate) fn write(&mut self, area: Area, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let size = 4 + length as u64;
        let most = if area == Area::Last { area.size() } else { area.size() / 4 };
        if size > most {
            return;
        }
        self.buffer.clear();
        self.buffer.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        parts.iter().for_each(|part| self.buffer.extend_from_slice(part));
        // A recording that cannot be written is none: the job goes on.
        let _ = self.write_buffer(area, size);
    }

    fn write_buffer(&mut self, area: Area, size: u64) -> io::Result<()> {
        let written = &mut self.areas[area as usize];
        let mut moved = false;
        while written.head + size - written.tail > area.size() {
            let Some(oldest) = written.sizes.pop_front() else { break };
            written.tail += oldest;
            moved = true;
        }
        if moved {
            self.file.write_all_at(&written.tail.to_le_bytes(), area.header())?;
        }
        let place = written.head % area.size();
        let first = self.buffer.len().min(usize::try_from(area.size() - place).unwrap_or(usize::MAX));
        self.file.write_all_at(&self.buffer[..first], area.start() + place)?;
        if first < self.buffer.len() {
            self.file.write_all_at(&self.buffer[first..], area.start())?;
        }
        written.head += size;
        written.sizes.push_back(size);
        self.file.write_all_at(&written.head.to_le_bytes(), area.header() + 8)
    }
}
