//! Makes a [GIF](https://www.w3.org/Graphics/GIF/spec-gif89a.txt) file of pictures of a page as they come.
//!
//! Pictures stand on a grid of so many a second; of several for one place the latest counts. A picture is written once it is
//! known how long it was shown, and only the part of it that differs from the one before.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use color_quant::NeuQuant;
use gif::{Encoder, Frame, Repeat};

use crate::Error;

mod picture;

pub use picture::Crop;
use picture::Picture;

/// The shortest time for which browsers show a picture, in hundredths of a second.
const SHORTEST: u64 = 2;

/// What the file is to be.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The part of the page, in its own pixels; all of it when not given.
    pub crop: Option<Crop>,
    /// How much larger the file's pictures are.
    pub scale: f64,
    /// How much faster they follow each other.
    pub speed: f64,
    /// How many there are in a second at most.
    pub rate: f64,
    /// How many colours one may have, 2 to 256.
    pub colors: usize,
    /// How often they are shown again.
    pub repeat: Loop,
    /// How long the last one is shown, in hundredths of a second; as long as it was there when not given.
    pub final_delay: Option<u16>,
    /// How many bytes the file may have.
    pub limit: usize,
}

/// How often a film is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Never.
    No,
    /// So often.
    Times(u16),
    /// Without end.
    Forever,
}

/// A film that grows.
pub struct Film {
    options: Options,
    /// When the first picture came, in seconds.
    start: Option<f64>,
    /// The latest picture, whose place on the grid may get another one yet.
    latest: Option<(u64, Picture)>,
    /// What is shown before that one.
    shown: Option<Picture>,
    /// What is not written yet, and when it begins, in hundredths of a second.
    open: Option<(u64, Frame<'static>)>,
    encoder: Option<Encoder<Vec<u8>>>,
}

impl Film {
    /// A film without pictures.
    pub fn new(options: Options) -> Self {
        Self { options, start: None, latest: None, shown: None, open: None, encoder: None }
    }

    /// Adds a picture of a page, a PNG file, which was shown from that second of some clock on. The page is so wide in its own
    /// pixels.
    ///
    /// # Errors
    /// [`Error::Picture`] for another file, [`Error::TooLarge`] when the film has become too large.
    pub fn push(&mut self, png: &[u8], page_width: f64, time: f64) -> Result<(), Error> {
        let picture = Picture::read(png)?.part(self.options.crop, page_width, self.options.scale);
        let place = self.place(time);
        match self.latest.replace((place, picture)) {
            Some((before, picture)) if before < place => self.show(before, picture),
            _ => Ok(()),
        }
    }

    /// Writes the file, whose last picture was shown until that second. A film needs a picture.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self, end: f64) -> Result<Vec<u8>, Error> {
        let end = self.place(end);
        if let Some((place, picture)) = self.latest.take() {
            self.show(place, picture)?;
        }
        if let Some((begun, mut frame)) = self.open.take() {
            let until = self.hundredths(end).max(begun + SHORTEST);
            let shown = u16::try_from(until - begun).unwrap_or(u16::MAX);
            frame.delay = self.options.final_delay.unwrap_or(shown);
            self.write(&frame)?;
        }
        let encoder = self.encoder.ok_or(Error::Broken("it has no picture"))?;
        encoder.into_inner().map_err(Error::Gif)
    }

    /// The place on the grid of what is shown at that second.
    fn place(&mut self, time: f64) -> u64 {
        let start = *self.start.get_or_insert(time);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let place = ((time - start) / self.options.speed * self.options.rate) as u64;
        place
    }

    fn hundredths(&self, place: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let hundredths = (place as f64 * 100.0 / self.options.rate).round() as u64;
        hundredths
    }

    /// From that place on this picture is to be seen.
    fn show(&mut self, place: u64, picture: Picture) -> Result<(), Error> {
        let begins = self.hundredths(place);
        let (picture, frame) = match &self.shown {
            None => {
                let (width, height) = picture.size();
                let mut encoder = Encoder::new(Vec::new(), width, height, &[]).map_err(Error::Gif)?;
                match self.options.repeat {
                    Loop::No => {}
                    Loop::Times(times) => encoder.set_repeat(Repeat::Finite(times)).map_err(Error::Gif)?,
                    Loop::Forever => encoder.set_repeat(Repeat::Infinite).map_err(Error::Gif)?,
                }
                self.encoder = Some(encoder);
                let frame = self.frame(&picture, picture.whole());
                (picture, frame)
            }
            Some(shown) => {
                // All pictures of a file have one size.
                let picture = picture.on_canvas(shown.size());
                let Some(changed) = picture.difference(shown) else { return Ok(()) };
                let frame = self.frame(&picture, changed);
                (picture, frame)
            }
        };
        self.shown = Some(picture);
        if let Some((begun, mut frame)) = self.open.replace((begins, frame)) {
            let delay = begins.saturating_sub(begun).max(SHORTEST);
            frame.delay = u16::try_from(delay).unwrap_or(u16::MAX);
            self.write(&frame)?;
        }
        Ok(())
    }

    fn frame(&self, picture: &Picture, (left, top, width, height): (u16, u16, u16, u16)) -> Frame<'static> {
        let (palette, buffer) = palette_of(picture.pixels(left, top, width, height), self.options.colors);
        let mut frame =
            Frame { left, top, width, height, palette: Some(palette), buffer: buffer.into(), ..Frame::default() };
        // What is not in the next picture stays.
        frame.dispose = gif::DisposalMethod::Keep;
        frame
    }

    fn write(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let limit = self.options.limit;
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        encoder.write_frame(frame).map_err(Error::Gif)?;
        if encoder.get_ref().len() > limit { Err(Error::TooLarge { limit }) } else { Ok(()) }
    }
}

/// A palette of no more than so many colours, and each pixel's place in it: exact when there are no more in the picture.
fn palette_of(pixels: Vec<[u8; 3]>, colors: usize) -> (Vec<u8>, Vec<u8>) {
    /// Of so many pixels one is looked at.
    const SAMPLED: i32 = 10;
    let colors = colors.clamp(2, 256);
    let mut places: HashMap<[u8; 3], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(pixels.len());
    for pixel in &pixels {
        let count = places.len();
        let place = match places.entry(*pixel) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) if count < colors => {
                palette.extend(pixel);
                *new.insert(u8::try_from(count).unwrap_or(u8::MAX))
            }
            Entry::Vacant(_) => break,
        };
        indices.push(place);
    }
    if indices.len() == pixels.len() {
        return (palette, indices);
    }
    let flat: Vec<u8> = pixels.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, u8::MAX]).collect();
    let network = NeuQuant::new(SAMPLED, colors, &flat);
    places.clear();
    let nearest = |[red, green, blue]: [u8; 3]| {
        *places.entry([red, green, blue]).or_insert_with(|| {
            let place = network.index_of(&[red, green, blue, u8::MAX]);
            u8::try_from(place).unwrap_or(u8::MAX)
        })
    };
    let indices = pixels.into_iter().map(nearest).collect();
    (network.color_map_rgb(), indices)
}
