//! Bodies that come packed: `content-encoding` of gzip, deflate, br and zstd, which Node's fetch unpacks.
//!
//! What one piece unpacks to may be a thousand times its size, so it is given out in small steps, and each waits until the one before
//! was taken.

mod zstd;

use std::io::Write;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use zstd::Zstd;

use crate::error::Error;

/// What a step of brotli unpacks at most, in bytes. A step of the others is as large.
const STEP: usize = 32 << 10;
/// How many encodings a body may be in: as at Node.
const MOST: usize = 5;

/// Unpacks a body.
pub(crate) struct Decoder {
    /// The outermost first.
    layers: Vec<Layer>,
}

impl Decoder {
    /// For the values of `content-encoding`. An encoding that is not known leaves the body as it is.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<String> =
            values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
        let layers: Option<Vec<Layer>> =
            names.iter().rev().filter(|name| !name.is_empty()).map(|name| Layer::of(name)).collect();
        Self { layers: layers.filter(|layers| layers.len() <= MOST).unwrap_or_default() }
    }

    /// Unpacks the beginning of `input`, takes that away, and answers what came of it; `None` when all of it is used up.
    pub(crate) fn step(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        Self::step_of(&mut self.layers, input)
    }

    fn step_of(layers: &mut [Layer], input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        let Some((layer, inner)) = layers.split_first_mut() else {
            return Ok((!input.is_empty()).then(|| std::mem::take(input)));
        };
        loop {
            // What the outer layer has given and the inner one has not used up.
            if let Some(piece) = Self::step_of(inner, &mut layer.given)? {
                return Ok(Some(piece));
            }
            match layer.step(input)? {
                Some(piece) => layer.given = piece,
                None => return Ok(None),
            }
        }
    }

    /// Ends the body and returns what was left.
    pub(crate) fn finish(&mut self) -> Result<Vec<Bytes>, Error> {
        let mut left = Vec::new();
        for index in 0..self.layers.len() {
            let (outer, inner) = self.layers.split_at_mut(index + 1);
            let mut rest = outer[index].finish();
            while let Some(piece) = Self::step_of(inner, &mut rest)? {
                left.push(piece);
            }
        }
        Ok(left)
    }
}

struct Layer {
    codec: Codec,
    given: Bytes,
}

enum Codec {
    Gzip(MultiGzDecoder<Vec<u8>>),
    /// Zlib's form or the bare one: the first byte tells.
    Unknown,
    Zlib(ZlibDecoder<Vec<u8>>),
    Deflate(DeflateDecoder<Vec<u8>>),
    Brotli(Box<Brotli>),
    Zstd(Box<Zstd>),
}

struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    is_over: bool,
    /// There is more to come of what was put in.
    has_more: bool,
}

impl Layer {
    fn of(name: &str) -> Option<Self> {
        let codec = match name {
            "gzip" | "x-gzip" => Codec::Gzip(MultiGzDecoder::new(Vec::new())),
            "deflate" => Codec::Unknown,
            "br" => Codec::Brotli(Box::new(Brotli {
                state: BrotliState::new(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default()),
                is_over: false,
                has_more: false,
            })),
            "zstd" => Codec::Zstd(Box::new(Zstd::new())),
            _ => return None,
        };
        Some(Self { codec, given: Bytes::new() })
    }

    fn step(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        loop {
            if let (Codec::Unknown, Some(first)) = (&self.codec, input.first()) {
                let is_zlib = first & 0x0f == 8;
                self.codec = if is_zlib {
                    Codec::Zlib(ZlibDecoder::new(Vec::new()))
                } else {
                    Codec::Deflate(DeflateDecoder::new(Vec::new()))
                };
            }
            let given = match &mut self.codec {
                Codec::Unknown => return Ok(None),
                Codec::Brotli(brotli) => return brotli.step(input),
                Codec::Zstd(zstd) => return zstd.step(input).map_err(|()| Error::Encoding("zstd")),
                _ if input.is_empty() => return Ok(None),
                Codec::Gzip(decoder) => write(decoder, input).map(|()| std::mem::take(decoder.get_mut())),
                Codec::Zlib(decoder) => write(decoder, input).map(|()| std::mem::take(decoder.get_mut())),
                Codec::Deflate(decoder) => write(decoder, input).map(|()| std::mem::take(decoder.get_mut())),
            };
            let given = given.map_err(|()| Error::Encoding(self.name()))?;
            if !given.is_empty() {
                return Ok(Some(given.into()));
            }
        }
    }

    /// What is left at the end. As at Node a packed body that breaks off has what there is of it.
    fn finish(&mut self) -> Bytes {
        match &mut self.codec {
            Codec::Unknown | Codec::Brotli(_) | Codec::Zstd(_) => Bytes::new(),
            Codec::Gzip(decoder) => {
                decoder.try_finish().ok();
                std::mem::take(decoder.get_mut()).into()
            }
            Codec::Zlib(decoder) => {
                decoder.try_finish().ok();
                std::mem::take(decoder.get_mut()).into()
            }
            Codec::Deflate(decoder) => {
                decoder.try_finish().ok();
                std::mem::take(decoder.get_mut()).into()
            }
        }
    }

    fn name(&self) -> &'static str {
        match self.codec {
            Codec::Gzip(_) => "gzip",
            Codec::Unknown | Codec::Zlib(_) | Codec::Deflate(_) => "deflate",
            Codec::Brotli(_) => "br",
            Codec::Zstd(_) => "zstd",
        }
    }
}

/// Gives a decoder as much as it takes at once.
fn write(decoder: &mut impl Write, input: &mut Bytes) -> Result<(), ()> {
    let used = decoder.write(input).map_err(|_| ())?;
    if used == 0 {
        // The body is at its end: what follows is dropped.
        input.clear();
    }
    let _ = input.split_to(used.min(input.len()));
    Ok(())
}

impl Brotli {
    fn step(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        if self.is_over || (input.is_empty() && !self.has_more) {
            input.clear();
            return Ok(None);
        }
        let mut output = vec![0; STEP];
        let (mut left, mut used, mut room, mut made, mut total) = (input.len(), 0, STEP, 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut used,
            input,
            &mut room,
            &mut made,
            &mut output,
            &mut total,
            &mut self.state,
        );
        let _ = input.split_to(used);
        self.has_more = matches!(result, BrotliResult::NeedsMoreOutput);
        match result {
            BrotliResult::ResultFailure => return Err(Error::Encoding("br")),
            BrotliResult::ResultSuccess => self.is_over = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        output.truncate(made);
        if output.is_empty() && !self.has_more { Ok(None) } else { Ok(Some(output.into())) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::{Decoder, STEP};
    use crate::error::Error;

    fn unpack(encoding: &str, packed: &[u8], piece: usize) -> Result<Vec<u8>, Error> {
        let mut decoder = Decoder::of([encoding].into_iter());
        let mut all = Vec::new();
        for part in packed.chunks(piece) {
            let mut input = Bytes::copy_from_slice(part);
            while let Some(given) = decoder.step(&mut input)? {
                assert!(given.len() <= part.len().max(2 * STEP), "{} bytes at once", given.len());
                all.extend_from_slice(&given);
            }
        }
        decoder.finish()?.iter().for_each(|given| all.extend_from_slice(given));
        Ok(all)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_is_unpacked_in_small_steps_whatever_the_pieces() {
        let text = b"a page, again and again. ".repeat(40_000);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(&text).unwrap();
        for (encoding, packed) in [
            ("gzip", gzip(&text)),
            ("X-GZIP", gzip(&text)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", deflate.finish().unwrap()),
            ("gzip, gzip", gzip(&gzip(&text))),
            ("identity", text.clone()),
            ("", text.clone()),
        ] {
            for piece in [1, 1000, usize::MAX] {
                assert!(unpack(encoding, &packed, piece).unwrap() == text, "{encoding} by {piece}");
            }
        }
    }

    #[test]
    fn brotli_is_unpacked() {
        // By Node's zlib.brotliCompressSync.
        let packed = [
            0x5b, 0xbf, 0xd4, 0x81, 0xdf, 0x48, 0xe9, 0xe6, 0x4d, 0x54, 0x65, 0x68, 0xc9, 0x06, 0xf2, 0x16, 0xb7, 0xc5,
            0x01, 0xe8, 0x98, 0x03, 0xe2, 0x00,
        ];
        for piece in [1, 5, usize::MAX] {
            assert!(unpack("br", &packed, piece).unwrap() == b"hello hello hello hello ".repeat(5000), "by {piece}");
        }
        assert_eq!(unpack("br", b"plain text, and more", 4), Err(Error::Encoding("br")));
    }

    #[test]
    fn zstandard_is_unpacked() {
        // By zstd -19.
        let packed = [
            0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0xc0, 0xd4, 0x01, 0x00, 0x75, 0x00, 0x00, 0x30, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
            0x20, 0x01, 0x00, 0xb7, 0xd4, 0xc9, 0x4b, 0x11, 0x80, 0x04, 0x66, 0x9d,
        ];
        let text = b"hello hello hello hello ".repeat(5000);
        // A frame that is left out, and then the same frame twice.
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let frames = [&skipped[..], &packed, &packed].concat();
        for piece in [1, 5, usize::MAX] {
            let mut decoder = Decoder::of(["zstd"].into_iter());
            let mut all = Vec::new();
            for part in frames.chunks(piece) {
                let mut input = Bytes::copy_from_slice(part);
                while let Some(given) = decoder.step(&mut input).unwrap() {
                    all.extend_from_slice(&given);
                }
            }
            assert!(all == [&text[..], &text].concat(), "by {piece}");
        }
        assert_eq!(unpack("zstd", b"plain text, and more", 4), Err(Error::Encoding("zstd")));
    }

    #[test]
    fn a_body_that_is_something_else_is_an_error() {
        assert_eq!(unpack("gzip", b"plain text", 4), Err(Error::Encoding("gzip")));
        assert_eq!(unpack("deflate", b"\x78\x9cplain", 4), Err(Error::Encoding("deflate")));
        assert_eq!(unpack("gzip", b"", 4), Ok(Vec::new()));
        let packed = gzip(b"text");
        assert_eq!(unpack("gzip", &packed[..packed.len() - 4], 4), Ok(b"text".to_vec()));
    }
}
