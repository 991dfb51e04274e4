//! Ops of CompressionStream, DecompressionStream and Node's `zlib`: gzip and deflate, a piece at a time.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Write};
use std::rc::Rc;

use flate2::Compression;
use flate2::write::{DeflateDecoder, DeflateEncoder, GzEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::memory::Memory;
use crate::resources::Resource;
use crate::scope::Scope;
use crate::value::Bytes;

/// What a compressor's window and tables take, in bytes.
const HELD: usize = 400 << 10;
/// Packed bytes that are unpacked at once: a thousand times as many may come of them.
const UNPACKED_AT_ONCE: usize = 1 << 10;
const PACKED_AT_ONCE: usize = 64 << 10;

/// A packer or unpacker, with what was put into it.
struct Packer {
    state: RefCell<State>,
    memory: Rc<Memory>,
}

struct State {
    codec: Box<dyn Codec>,
    unpacks: bool,
    input: Vec<u8>,
    /// How much of it is used up.
    used: usize,
}

trait Codec {
    /// Answers how many bytes it has taken: none behind the end of what is packed.
    fn put(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// What has come of it.
    fn made(&mut self) -> Vec<u8>;
    fn end(&mut self) -> io::Result<()>;
}

macro_rules! codecs {
    ($($codec:ident)*) => {$(
        impl Codec for $codec<Vec<u8>> {
            fn put(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.write(bytes)
            }
            fn made(&mut self) -> Vec<u8> {
                std::mem::take(self.get_mut())
            }
            fn end(&mut self) -> io::Result<()> {
                self.try_finish()
            }
        }
    )*};
}
codecs! { GzEncoder ZlibEncoder DeflateEncoder MultiGzDecoder ZlibDecoder DeflateDecoder }

impl Resource for Packer {
    fn class(&self) -> &'static str {
        "Packer"
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        self.memory.give_back(HELD);
    }
}

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("packer", packer)?;
    ops.sync("packer_put", |_, (packer, Bytes(bytes)): (Rc<Packer>, Bytes)| {
        let state = &mut *packer.state.borrow_mut();
        state.input.drain(..state.used);
        state.used = 0;
        state.input.extend(bytes);
        Ok(())
    })?;
    ops.sync("packer_take", |_, (packer,): (Rc<Packer>,)| packer.state.borrow_mut().take().map(Bytes).map_err(failed))?;
    ops.sync("packer_end", |_, (packer,): (Rc<Packer>,)| {
        let state = &mut *packer.state.borrow_mut();
        // What is packed ends where it says so; anything else has come too early.
        state.codec.end().map_err(|_| OpError::error("unexpected end of file"))?;
        Ok(Bytes(state.codec.made()))
    })
}

fn packer(scope: &Rc<Scope>, (format, unpacks, level): (String, bool, Option<u32>)) -> Result<Rc<Packer>, OpError> {
    let level = level.map_or_else(Compression::default, |level| Compression::new(level.min(9)));
    let codec: Box<dyn Codec> = match (format.as_str(), unpacks) {
        ("gzip", false) => Box::new(GzEncoder::new(Vec::new(), level)),
        ("deflate", false) => Box::new(ZlibEncoder::new(Vec::new(), level)),
        ("deflate-raw", false) => Box::new(DeflateEncoder::new(Vec::new(), level)),
        ("gzip", true) => Box::new(MultiGzDecoder::new(Vec::new())),
        ("deflate", true) => Box::new(ZlibDecoder::new(Vec::new())),
        ("deflate-raw", true) => Box::new(DeflateDecoder::new(Vec::new())),
        _ => return Err(OpError::type_error(format!("Unsupported compression format: '{format}'"))),
    };
    let memory = Rc::clone(&scope.meter.memory);
    if !memory.take(HELD) {
        return Err(OpError::error("out of memory"));
    }
    let state = RefCell::new(State { codec, unpacks, input: Vec::new(), used: 0 });
    Ok(Rc::new(Packer { state, memory }))
}

impl State {
    /// What comes of the next bytes; nothing when all are used up.
    fn take(&mut self) -> io::Result<Vec<u8>> {
        let at_once = if self.unpacks { UNPACKED_AT_ONCE } else { PACKED_AT_ONCE };
        while self.used < self.input.len() {
            let end = self.input.len().min(self.used + at_once);
            let taken = self.codec.put(&self.input[self.used..end])?;
            if taken == 0 {
                return Err(io::Error::new(ErrorKind::InvalidData, "trailing junk"));
            }
            self.used += taken;
            let made = self.codec.made();
            if !made.is_empty() {
                return Ok(made);
            }
        }
        Ok(Vec::new())
    }
}

/// In zlib's words.
fn failed(error: io::Error) -> OpError {
    OpError::error(match error.kind() {
        ErrorKind::InvalidData => "trailing junk found after the end of the compressed stream",
        _ if error.to_string().contains("header") => "incorrect header check",
        _ => "invalid compressed data",
    })
}
