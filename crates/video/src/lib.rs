//! What recordings of a page are made of.
//!
//! Chromium writes a recording as a fragmented MP4 file ([`fragmented_mp4`]). This crate takes the encoded pictures out of it and
//! puts them into a WebM ([`webm`]) or MP4 file ([`mp4`]), with other times when they are to run faster or slower; it encodes no
//! video itself. Single pictures become a GIF ([`gif`]), which it does encode. What it reads comes from a browser that shows
//! hostile pages, so nothing in a file is believed. It knows neither a browser nor a job.

mod error;
pub mod fragmented_mp4;
pub mod gif;
pub mod mp4;
pub mod webm;

pub use error::Error;

/// Encoded pictures with their times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    /// How they are encoded.
    pub codec: Codec,
    /// Their width, in pixels.
    pub width: u32,
    /// Their height, in pixels.
    pub height: u32,
    /// The unit of all times: so many are a second.
    pub timescale: u32,
    /// When the last picture goes.
    pub duration: u64,
    /// The pictures in the order in which they are shown.
    pub samples: Vec<Sample>,
}

/// One encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it is shown.
    pub time: u64,
    /// Whether it can be decoded without those before it.
    pub is_key: bool,
    /// The picture, as its codec has it.
    pub bytes: Vec<u8>,
}

/// How pictures are encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// AV1, with the content of its
    /// [`av1C`](https://aomediacodec.github.io/av1-isobmff/#av1codecconfigurationbox) box.
    Av1(Vec<u8>),
    /// VP9 of profile 0, as it is encoded for us.
    Vp9,
}

impl Codec {
    /// Its name among [codec strings](https://www.w3.org/TR/webcodecs-codec-registry/).
    pub fn name(&self) -> String {
        match self {
            Self::Av1(configuration) => {
                let at = |index: usize| configuration.get(index).copied().unwrap_or_default();
                let (profile, level) = (at(1) >> 5, at(1) & 0x1f);
                let tier = if at(2) & 0x80 == 0 { 'M' } else { 'H' };
                let depth = match (at(2) & 0x40 != 0, at(2) & 0x20 != 0) {
                    (false, _) => 8,
                    (true, false) => 10,
                    (true, true) => 12,
                };
                format!("av01.{profile}.{level:02}{tier}.{depth:02}")
            }
            Self::Vp9 => VP9.to_owned(),
        }
    }
}

/// VP9 of profile 0, of a level that holds all sizes up to 4K, with 8 bits a sample.
const VP9: &str = "vp09.00.51.08";

impl Video {
    /// Shows everything so many times as fast.
    pub fn speed_up(&mut self, speed: f64) {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let faster = |time: u64| (time as f64 / speed).round() as u64;
        self.duration = faster(self.duration);
        for sample in &mut self.samples {
            sample.time = faster(sample.time);
        }
    }
}
