//! Writes MP4 files that can be played while they are loaded: a header with the place of every picture, then the pictures.
//!
//! The format is ISO/IEC 14496-12; AV1 and VP9 in it are described by
//! [AOM](https://aomediacodec.github.io/av1-isobmff/) and [WebM](https://www.webmproject.org/vp9/mp4/).

use crate::{Codec, Error, Video};

/// Writes the file of a video.
///
/// # Errors
/// [`Error::Broken`] for a video of more bytes than the header's numbers hold.
pub fn write(video: &Video) -> Result<Vec<u8>, Error> {
    let kind = atom(b"ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2mp41"]);
    // The pictures' place depends on the header's size, which does not depend on it.
    let place = kind.len() + header(video, 0)?.len() + 8;
    let header = header(video, place)?;
    let pictures: Vec<&[u8]> = video.samples.iter().map(|sample| sample.bytes.as_slice()).collect();
    Ok([kind, header, atom(b"mdat", &pictures)].concat())
}

fn header(video: &Video, place: usize) -> Result<Vec<u8>, Error> {
    let duration = u32::try_from(video.duration).map_err(|_| Error::Broken("it is too long"))?;
    let (duration, timescale) = (duration.to_be_bytes(), video.timescale.to_be_bytes());
    let movie: [&[u8]; 5] = [&[0; 12], &timescale, &duration, &[0, 1, 0, 0, 1, 0], &[0; 10]];
    let movie = atom(b"mvhd", &[&movie.concat(), &matrix(), &[0; 24], &2_u32.to_be_bytes()]);
    let fixed = |pixels: u32| (pixels << 16).to_be_bytes();
    // Shown, and part of the film.
    let track: [&[u8]; 5] = [&[0, 0, 0, 3], &[0; 8], &1_u32.to_be_bytes(), &[0; 4], &duration];
    let size = [fixed(video.width), fixed(video.height)].concat();
    let track = atom(b"tkhd", &[&track.concat(), &[0; 16], &matrix(), &size]);
    let undetermined = [0x55, 0xC4, 0, 0];
    let media = atom(b"mdhd", &[&[0; 12], &timescale, &duration, &undetermined]);
    let handler = atom(b"hdlr", &[&[0; 8], b"vide", &[0; 12], b"video\0"]);
    let in_this_file = atom(b"url ", &[&[0, 0, 0, 1]]);
    let places = atom(b"dinf", &[&atom(b"dref", &[&[0; 4], &1_u32.to_be_bytes(), &in_this_file])]);
    let table = sample_table(video, place)?;
    let information = atom(b"minf", &[&atom(b"vmhd", &[&[0, 0, 0, 1], &[0; 8]]), &places, &table]);
    let media = atom(b"mdia", &[&media, &handler, &information]);
    Ok(atom(b"moov", &[&movie, &atom(b"trak", &[&track, &media])]))
}

fn sample_table(video: &Video, place: usize) -> Result<Vec<u8>, Error> {
    let count = u32::try_from(video.samples.len()).map_err(|_| Error::Broken("it has too many samples"))?;
    let ends = video.samples.iter().skip(1).map(|sample| sample.time).chain([video.duration]);
    let mut durations = Vec::new();
    let mut sizes = Vec::new();
    let mut keys = Vec::new();
    for ((sample, end), number) in video.samples.iter().zip(ends).zip(1_u32..) {
        let duration = u32::try_from(end.saturating_sub(sample.time)).unwrap_or(u32::MAX);
        durations.extend([1_u32.to_be_bytes(), duration.to_be_bytes()].concat());
        let size = u32::try_from(sample.bytes.len()).map_err(|_| Error::Broken("it has too large a sample"))?;
        sizes.extend(size.to_be_bytes());
        if sample.is_key {
            keys.extend(number.to_be_bytes());
        }
    }
    let chunk = u32::try_from(place).map_err(|_| Error::Broken("it has too many samples"))?;
    let count = count.to_be_bytes();
    let one = 1_u32.to_be_bytes();
    let key_count = u32::try_from(keys.len() / 4).unwrap_or_default().to_be_bytes();
    Ok(atom(
        b"stbl",
        &[
            &atom(b"stsd", &[&[0; 4], &one, &sample_entry(video)?]),
            &atom(b"stts", &[&[0; 4], &count, &durations]),
            &atom(b"stss", &[&[0; 4], &key_count, &keys]),
            // All are in one chunk.
            &atom(b"stsc", &[&[0; 4], &one, &one, &count, &one]),
            &atom(b"stsz", &[&[0; 8], &count, &sizes]),
            &atom(b"stco", &[&[0; 4], &one, &chunk.to_be_bytes()]),
        ],
    ))
}

fn sample_entry(video: &Video) -> Result<Vec<u8>, Error> {
    let short = |pixels: u32| u16::try_from(pixels).map_err(|_| Error::Broken("its pictures are too large"));
    let size = [short(video.width)?.to_be_bytes(), short(video.height)?.to_be_bytes()].concat();
    // 72 pixels an inch, one frame a sample, no name, 24 bits a pixel.
    let look: [&[u8]; 6] = [&[0, 0x48, 0, 0], &[0, 0x48, 0, 0], &[0; 4], &[0, 1], &[0; 32], &[0, 0x18, 0xFF, 0xFF]];
    let (kind, configuration) = match &video.codec {
        Codec::Av1(configuration) => (b"av01", atom(b"av1C", &[configuration])),
        // Version 1; profile 0, level 5.1; 8 bits, 4:2:0, studio range; BT.709; no initialization data.
        Codec::Vp9 => (b"vp09", atom(b"vpcC", &[&[1, 0, 0, 0], &[0, 51, 0x82, 1, 1, 1, 0, 0]])),
    };
    let reference = [0, 0, 0, 0, 0, 0, 0, 1];
    Ok(atom(kind, &[&reference, &[0; 16], &size, &look.concat(), &configuration]))
}

/// Pictures are shown as they are.
fn matrix() -> Vec<u8> {
    let one = 0x1_0000_u32;
    [one, 0, 0, 0, one, 0, 0, 0, 0x4000_0000].into_iter().flat_map(u32::to_be_bytes).collect()
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let size = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(size);
    // What is larger was refused before: no offset would fit, either.
    bytes.extend(u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(kind);
    parts.iter().for_each(|part| bytes.extend(*part));
    bytes
}
