//! `content-encoding: zstd` ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878)), a block at a time.

use bytes::Bytes;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// As much as a sender may expect ([RFC 9659](https://www.rfc-editor.org/rfc/rfc9659)).
const WINDOW: u64 = 8 << 20;
const FRAME: u32 = 0xFD2F_B528;
/// Frames that a reader leaves out; the last digit is anything.
const SKIPPED: u32 = 0x184D_2A50;
const CHECKSUM: usize = 4;
const BLOCK_HEADER: usize = 3;

pub(super) struct Zstd {
    decoder: FrameDecoder,
    /// What is not used up yet.
    input: Vec<u8>,
    place: Place,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Place {
    Frame,
    Block {
        /// Whether a checksum is behind the last one.
        is_checked: bool,
    },
    /// So many bytes that are left out.
    Skipped(usize),
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { decoder, input: Vec::new(), place: Place::Frame }
    }

    /// Unpacks the next block that is whole; `None` when more is needed.
    pub(super) fn step(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, ()> {
        self.input.extend_from_slice(input);
        input.clear();
        loop {
            let used = match self.place {
                Place::Frame => self.begin_frame()?,
                Place::Block { is_checked } => self.block(is_checked)?,
                Place::Skipped(left) => {
                    let used = left.min(self.input.len());
                    self.place = if used == left { Place::Frame } else { Place::Skipped(left - used) };
                    if used == 0 && left > 0 { None } else { Some(used) }
                }
            };
            let Some(used) = used else { return Ok(None) };
            self.input.drain(..used);
            if matches!(self.place, Place::Block { .. }) {
                let made = if self.decoder.can_collect() > 0 { self.decoder.collect() } else { None };
                if self.decoder.is_finished() {
                    self.place = Place::Frame;
                }
                if made.is_some() {
                    return Ok(made.map(Bytes::from));
                }
            }
        }
    }

    /// Reads a frame's header; answers how long it is.
    fn begin_frame(&mut self) -> Result<Option<usize>, ()> {
        let Some(magic) = self.input.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes)) else {
            return Ok(None);
        };
        if magic & !0xF == SKIPPED {
            let size = self.input.get(4..8).and_then(|size| size.first_chunk::<4>());
            let Some(size) = size.map(|size| u32::from_le_bytes(*size)) else { return Ok(None) };
            self.place = Place::Skipped(size as usize);
            return Ok(Some(8));
        }
        if magic != FRAME {
            return Err(());
        }
        let Some(descriptor) = self.input.get(4) else { return Ok(None) };
        let is_single = descriptor & 0x20 != 0;
        let window = usize::from(!is_single);
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let size = match descriptor >> 6 {
            0 => usize::from(is_single),
            flag => 1 << flag,
        };
        let length = 5 + window + dictionary + size;
        let Some(header) = self.input.get(..length) else { return Ok(None) };
        self.place = Place::Block { is_checked: descriptor & 4 != 0 };
        self.decoder.reset(header).map_err(|_| ())?;
        Ok(Some(length))
    }

    /// Decodes the next block; answers how long it is.
    fn block(&mut self, is_checked: bool) -> Result<Option<usize>, ()> {
        const REPEATED: u32 = 1;
        let Some([first, second, third]) = self.input.first_chunk::<BLOCK_HEADER>() else { return Ok(None) };
        let header = u32::from_le_bytes([*first, *second, *third, 0]);
        let content = if header >> 1 & 3 == REPEATED { 1 } else { (header >> 3) as usize };
        let checksum = if header & 1 == 1 && is_checked { CHECKSUM } else { 0 };
        let length = BLOCK_HEADER + content + checksum;
        let Some(block) = self.input.get(..length) else { return Ok(None) };
        self.decoder.decode_blocks(block, BlockDecodingStrategy::UptoBlocks(1)).map_err(|_| ())?;
        Ok(Some(length))
    }
}
