//! Reads the fragmented MP4 file of a recording by Chromium: one video track, whose samples are described by `moof` boxes.
//!
//! The format is [ISO/IEC 14496-12](https://www.iso.org/standard/83102.html), the ISO base media file format.

use std::iter::from_fn;

use crate::{Codec, Error, Sample, Video};

/// One box of a file.
#[derive(Clone, Copy, Debug)]
struct Atom<'a> {
    kind: [u8; 4],
    /// Where it begins in the file.
    start: usize,
    body: &'a [u8],
    /// Where its body begins in the file.
    body_start: usize,
}

/// Reads numbers from the front of a box, and knows where the box ends.
struct Reader<'a>(&'a [u8]);

/// What `trex` says of samples that do not say it themselves.
#[derive(Clone, Copy, Debug, Default)]
struct Defaults {
    duration: u32,
    size: u32,
    flags: u32,
}

/// The flag of a sample that needs those before it.
const NOT_SYNC: u32 = 0x1_0000;

/// Reads a recording.
///
/// # Errors
/// [`Error::Broken`] for a file that is not one, [`Error::Codec`] for one of another codec than AV1.
pub fn read(file: &[u8]) -> Result<Video, Error> {
    let top = || children(file, 0);
    let header = top().find(|atom| atom.kind == *b"moov").ok_or(Error::Broken("it has no moov box"))?;
    let track = header
        .children()
        .filter(|atom| atom.kind == *b"trak")
        .find(|track| track.descend(&[b"mdia", b"minf", b"vmhd"]).is_some())
        .ok_or(Error::Broken("it has no pictures"))?;
    let id = behind_times(track.require(b"tkhd")?)?;
    let timescale = timescale(track.require(b"mdia")?.require(b"mdhd")?)?;
    let mut video = described(track, timescale)?;
    let defaults = header.descend(&[b"mvex", b"trex"]).map_or(Ok(Defaults::default()), |trex| {
        let mut reader = trex.reader(12)?;
        Ok(Defaults { duration: reader.u32()?, size: reader.u32()?, flags: reader.u32()? })
    })?;
    // No byte of the file is in two samples.
    let mut room = file.len();
    for fragment in top().filter(|atom| atom.kind == *b"moof") {
        for part in fragment.children().filter(|atom| atom.kind == *b"traf") {
            read_fragment(file, fragment, part, id, defaults, &mut video, &mut room)?;
        }
    }
    Ok(video)
}

/// How much of a file that is still being written can be played: up to the end of its last whole fragment.
///
/// # Errors
/// [`Error::Broken`] when no picture is in it yet.
pub fn whole_part(file: &[u8]) -> Result<&[u8], Error> {
    let ends = children(file, 0).filter(|atom| atom.kind == *b"mdat").map(|atom| atom.body_start + atom.body.len());
    let end = ends.last().ok_or(Error::Broken("it ends before its first picture"))?;
    file.get(..end).ok_or(Error::Broken("it ends within a box"))
}

/// The track's pictures without any of them.
fn described(track: Atom<'_>, timescale: u32) -> Result<Video, Error> {
    let table = track.descend(&[b"mdia", b"minf", b"stbl", b"stsd"]).ok_or(Error::Broken("it has no stsd box"))?;
    let entry = children(table.body.get(8..).unwrap_or_default(), table.body_start + 8).next();
    let entry = entry.ok_or(Error::Broken("its pictures are not described"))?;
    if entry.kind != *b"av01" {
        return Err(Error::Codec(String::from_utf8_lossy(&entry.kind).into_owned()));
    }
    let mut reader = entry.reader(24)?;
    let (width, height) = (reader.u16()?, reader.u16()?);
    let inside = children(entry.body.get(78..).unwrap_or_default(), entry.body_start + 78);
    let configuration = { inside }.find(|atom| atom.kind == *b"av1C").ok_or(Error::Broken("it has no av1C box"))?;
    Ok(Video {
        codec: Codec::Av1(configuration.body.to_vec()),
        width: width.into(),
        height: height.into(),
        timescale,
        duration: 0,
        samples: Vec::new(),
    })
}

fn read_fragment(
    file: &[u8],
    fragment: Atom<'_>,
    part: Atom<'_>,
    track: u32,
    defaults: Defaults,
    video: &mut Video,
    room: &mut usize,
) -> Result<(), Error> {
    let mut header = part.require(b"tfhd")?.reader(0)?;
    let flags = header.u32()?;
    if header.u32()? != track {
        return Ok(());
    }
    let base = if flags & 1 == 0 { fragment.start as u64 } else { header.u64()? };
    if flags & 2 != 0 {
        header.u32()?;
    }
    let mut own = |flag: u32, otherwise: u32| if flags & flag == 0 { Ok(otherwise) } else { header.u32() };
    let defaults = Defaults {
        duration: own(8, defaults.duration)?,
        size: own(0x10, defaults.size)?,
        flags: own(0x20, defaults.flags)?,
    };
    let mut time = match part.children().find(|atom| atom.kind == *b"tfdt") {
        Some(start) => {
            let mut reader = start.reader(0)?;
            if reader.u32()? >> 24 == 0 { reader.u32()?.into() } else { reader.u64()? }
        }
        None => video.duration,
    };
    for run in part.children().filter(|atom| atom.kind == *b"trun") {
        time = read_run(file, base, run, defaults, time, video, room)?;
    }
    video.duration = video.duration.max(time);
    Ok(())
}

/// Answers when the run's last sample goes.
fn read_run(
    file: &[u8],
    base: u64,
    run: Atom<'_>,
    defaults: Defaults,
    mut time: u64,
    video: &mut Video,
    room: &mut usize,
) -> Result<u64, Error> {
    let mut reader = run.reader(0)?;
    let flags = reader.u32()?;
    let count = reader.u32()?;
    // A negative offset wraps as it should.
    let offset = if flags & 1 == 0 { 0 } else { i64::from(reader.u32()?.cast_signed()) };
    let mut at = base.checked_add_signed(offset).ok_or(Error::Broken("a sample is outside of it"))?;
    let mut first_flags = if flags & 4 == 0 { None } else { Some(reader.u32()?) };
    for _ in 0..count {
        let mut own = |flag: u32, otherwise: u32| if flags & flag == 0 { Ok(otherwise) } else { reader.u32() };
        let duration = own(0x100, defaults.duration)?;
        let size = own(0x200, defaults.size)?;
        let own_flags = own(0x400, defaults.flags)?;
        own(0x800, 0)?;
        let sample_flags = first_flags.take().unwrap_or(own_flags);
        let end = at.saturating_add(size.into());
        let range = usize::try_from(at).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
        let bytes = file.get(range).ok_or(Error::Broken("it ends within a sample"))?.to_vec();
        // Samples that are empty, or that share their bytes, could be billions.
        *room = room.checked_sub(bytes.len()).ok_or(Error::Broken("its samples overlap"))?;
        if bytes.is_empty() {
            return Err(Error::Broken("a sample of it is empty"));
        }
        video.samples.push(Sample { time, is_key: sample_flags & NOT_SYNC == 0, bytes });
        at = end;
        time = time.saturating_add(duration.into());
    }
    Ok(time)
}

fn timescale(header: Atom<'_>) -> Result<u32, Error> {
    let timescale = behind_times(header)?;
    if timescale == 0 { Err(Error::Broken("it has no unit of time")) } else { Ok(timescale) }
}

/// The number behind the two times of a header, which are longer in version 1.
fn behind_times(header: Atom<'_>) -> Result<u32, Error> {
    let is_long = header.body.first() == Some(&1);
    header.reader(if is_long { 20 } else { 12 })?.u32()
}

/// The boxes in these bytes, which begin at that place of the file; what is left behind a broken one is not read.
fn children(bytes: &[u8], base: usize) -> impl Iterator<Item = Atom<'_>> {
    let mut at = 0;
    from_fn(move || {
        let rest = bytes.get(at..)?;
        let kind: [u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let mut reader = Reader(rest);
        let (size, header) = match reader.u32().ok()? {
            0 => (rest.len(), 8),
            1 => {
                reader.u32().ok()?;
                (usize::try_from(reader.u64().ok()?).ok()?, 16)
            }
            size => (size as usize, 8),
        };
        let body = rest.get(header..size)?;
        let atom = Atom { kind, start: base + at, body, body_start: base + at + header };
        at += size;
        Some(atom)
    })
}

impl<'a> Atom<'a> {
    fn children(self) -> impl Iterator<Item = Atom<'a>> {
        children(self.body, self.body_start)
    }

    fn require(self, kind: &[u8; 4]) -> Result<Atom<'a>, Error> {
        self.children().find(|atom| atom.kind == *kind).ok_or(Error::Broken("a box is missing"))
    }

    fn descend(self, path: &[&[u8; 4]]) -> Option<Atom<'a>> {
        path.iter().try_fold(self, |atom, kind| atom.require(kind).ok())
    }

    fn reader(self, skip: usize) -> Result<Reader<'a>, Error> {
        self.body.get(skip..).map(Reader).ok_or(Error::Broken("a box is too short"))
    }
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Error::Broken("a box is too short"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, Error> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, Error> {
        self.take().map(u64::from_be_bytes)
    }
}
