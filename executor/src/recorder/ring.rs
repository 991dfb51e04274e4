//! The memory that a slot writes its recording to, and that outlives the slot.
//!
//! A file in memory of a fixed size, which the parent makes and the slot inherits. It has [`Area`]s, each of them a ring of
//! entries: a length of four bytes and as many bytes. In front of the areas are two positions for each: up to where was
//! written (`head`), and from where on the entries are whole (`tail`). The tail moves before old entries are overwritten and
//! the head after a new one is there, so a writer that is killed at any moment leaves nothing half.
//!
//! The writer runs beside job code and may be taken over by it. Whoever reads believes no number: what does not fit
//! an area is nothing, and no more is read than the file has.

mod writer;

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

pub(crate) use writer::{RING, RingWriter};

/// A part of the ring with entries of its own. What fills one does not push anything out of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// Calls, navigations, requests, messages.
    Events,
    /// The last pictures.
    Frames,
    /// The last picture of each document.
    Kept,
    /// The page's text and picture at the end.
    Last,
    /// Bodies of requests and answers.
    Bodies,
}

/// The positions' place.
const HEADER: u64 = 4096;

impl Area {
    const ALL: [Self; 5] = [Self::Events, Self::Frames, Self::Kept, Self::Last, Self::Bodies];

    const fn size(self) -> u64 {
        match self {
            Self::Events | Self::Frames => 2 << 20,
            Self::Kept => 1 << 20,
            Self::Last | Self::Bodies => 4 << 20,
        }
    }

    fn start(self) -> u64 {
        HEADER + Self::ALL.iter().take(self as usize).map(|area| area.size()).sum::<u64>()
    }

    const fn header(self) -> u64 {
        16 * self as u64
    }
}

/// The size of the file.
fn whole() -> u64 {
    HEADER + Area::ALL.iter().map(|area| area.size()).sum::<u64>()
}

/// The parent's side. Clones are the same memory.
#[derive(Clone, Debug)]
pub(crate) struct Ring(Arc<File>);

/// An entry, and the position behind it: it grows from entry to entry of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) end: u64,
    pub(crate) entry: Vec<u8>,
}

/// What was in a ring.
#[derive(Clone, Debug, Default)]
pub(crate) struct RingContents {
    pub(crate) events: Vec<Vec<u8>>,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) kept: Vec<Vec<u8>>,
    pub(crate) last: Vec<Vec<u8>>,
    pub(crate) bodies: Vec<Vec<u8>>,
    /// Whether events were overwritten.
    pub(crate) is_cut: bool,
}

impl Ring {
    /// Makes an empty one, whose size nobody can change.
    ///
    /// # Errors
    /// When the system has no memory for it.
    pub(crate) fn create() -> io::Result<Self> {
        let name = c"puppet-master-recording";
        // SAFETY: the name is a C string; the descriptor that comes back is nobody else's.
        let file = unsafe {
            let descriptor = libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING);
            if descriptor < 0 {
                return Err(io::Error::last_os_error());
            }
            File::from(OwnedFd::from_raw_fd(descriptor))
        };
        file.set_len(whole())?;
        let seals = libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
        // SAFETY: a descriptor that is held open, and flags.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(Arc::new(file)))
    }

    /// For the process that writes.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Forgets all that was written, and gives its memory back.
    pub(crate) fn clear(&self) {
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        let size = i64::try_from(whole()).expect("the file is small");
        // SAFETY: a descriptor that is held open, and numbers.
        if unsafe { libc::fallocate(self.0.as_raw_fd(), mode, 0, size) } < 0 {
            tracing::warn!(error = %io::Error::last_os_error(), "failed to clear a slot's recording");
        }
    }

    /// Reads all whole entries.
    pub(crate) fn read(&self) -> RingContents {
        let all = |area| self.read_since(area, 0).0.into_iter().map(|placed| placed.entry).collect();
        let is_cut = self.positions(Area::Events).is_some_and(|(tail, _)| tail > 0);
        RingContents {
            events: all(Area::Events),
            frames: all(Area::Frames),
            kept: all(Area::Kept),
            last: all(Area::Last),
            bodies: all(Area::Bodies),
            is_cut,
        }
    }

    /// Reads the whole entries from a position on, and the position after them. While the slot writes, too.
    pub(crate) fn read_since(&self, area: Area, from: u64) -> (Vec<Placed>, u64) {
        let Some((tail, head)) = self.positions(area) else { return (Vec::new(), from) };
        let begin = if from > head { tail } else { from.max(tail) };
        if begin == head {
            return (Vec::new(), head);
        }
        let Some(bytes) = self.bytes(area, begin, head) else { return (Vec::new(), from) };
        // What was overwritten meanwhile is not what it was.
        let whole_from = self.positions(area).map_or(u64::MAX, |(tail, _)| tail);
        let mut entries = Vec::new();
        let mut rest = &bytes[..];
        let mut position = begin;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_le_bytes(*length) as usize;
            let Some(entry) = after.get(..length) else { break };
            let end = position + 4 + length as u64;
            if position >= whole_from {
                entries.push(Placed { end, entry: entry.to_vec() });
            }
            rest = &after[length..];
            position = end;
        }
        (entries, head)
    }

    /// Tail and head, when they can be true.
    fn positions(&self, area: Area) -> Option<(u64, u64)> {
        let mut bytes = [0; 16];
        self.0.read_exact_at(&mut bytes, area.header()).ok()?;
        let (tail, head) = bytes.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
        let (tail, head) = (number(tail)?, number(head)?);
        (tail <= head && head - tail <= area.size()).then_some((tail, head))
    }

    fn bytes(&self, area: Area, from: u64, to: u64) -> Option<Vec<u8>> {
        let length = usize::try_from(to.checked_sub(from).filter(|length| *length <= area.size())?).ok()?;
        let mut bytes = vec![0; length];
        let place = from % area.size();
        let first = length.min(usize::try_from(area.size() - place).ok()?);
        self.0.read_exact_at(&mut bytes[..first], area.start() + place).ok()?;
        self.0.read_exact_at(&mut bytes[first..], area.start()).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::{Area, Ring, RingWriter, whole};

    fn pair() -> (Ring, RingWriter) {
        let ring = Ring::create().unwrap();
        let writer = RingWriter::over(ring.0.try_clone().unwrap());
        (ring, writer)
    }

    #[test]
    fn what_was_written_is_read_in_its_order() {
        let (ring, mut writer) = pair();
        writer.write(Area::Events, &[b"one"]);
        writer.write(Area::Frames, &[b"fr", b"ame"]);
        writer.write(Area::Events, &[b""]);
        writer.write(Area::Events, &[b"two"]);
        let contents = ring.read();
        assert_eq!(contents.events, [b"one".to_vec(), Vec::new(), b"two".to_vec()]);
        assert_eq!((contents.frames, contents.is_cut), (vec![b"frame".to_vec()], false));
        ring.clear();
        assert!(ring.read().events.is_empty());
    }

    #[test]
    fn the_oldest_entries_make_room_and_what_remains_is_whole() {
        let (ring, mut writer) = pair();
        let entry = |number: u32| vec![u8::try_from(number % 251).unwrap(); 60_000 + number as usize];
        for number in 0..100 {
            writer.write(Area::Events, &[&entry(number)]);
        }
        let contents = ring.read();
        assert!(contents.is_cut && contents.events.len() > 30);
        let first = 100 - u32::try_from(contents.events.len()).unwrap();
        for (number, read) in (first..).zip(contents.events) {
            assert_eq!(read, entry(number));
        }
    }

    #[test]
    fn reading_goes_on_where_it_was() {
        let (ring, mut writer) = pair();
        writer.write(Area::Events, &[b"one"]);
        let (entries, position) = ring.read_since(Area::Events, 0);
        assert_eq!((entries.len(), entries[0].end), (1, position));
        writer.write(Area::Events, &[b"two"]);
        assert_eq!(ring.read_since(Area::Events, position).0[0].entry, b"two");
    }

    #[test]
    fn nothing_that_stands_in_the_file_is_believed() {
        let (ring, mut writer) = pair();
        writer.write(Area::Events, &[b"one"]);
        for (tail, head) in
            [(u64::MAX, u64::MAX), (5, 1), (0, u64::MAX), (0, Area::Events.size() + 1), (u64::MAX - 1, 0)]
        {
            ring.0.write_all_at(&tail.to_le_bytes(), 0).unwrap();
            ring.0.write_all_at(&head.to_le_bytes(), 8).unwrap();
            let _ = ring.read();
            let _ = ring.read_since(Area::Events, u64::MAX);
        }
        let noise: Vec<u8> = (0..whole()).map(|number| u8::try_from(number * 131 % 256).unwrap()).collect();
        ring.0.write_all_at(&noise, 0).unwrap();
        let _ = ring.read();
        // An entry longer than what is there.
        ring.0.write_all_at(&0_u64.to_le_bytes(), 0).unwrap();
        ring.0.write_all_at(&100_u64.to_le_bytes(), 8).unwrap();
        ring.0.write_all_at(&u32::MAX.to_le_bytes(), Area::Events.start()).unwrap();
        assert!(ring.read().events.is_empty());
        assert!(ring.0.set_len(1).is_err() && ring.0.set_len(whole() + 1).is_err(), "its size is sealed");
    }
}
