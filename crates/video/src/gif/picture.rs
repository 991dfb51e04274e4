//! One picture of a page, without transparency.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};

use crate::Error;

/// The most bytes that a picture may need while it is read: one of 4096 by 4096 pixels.
const READ_BYTES: usize = 128 << 20;
/// GIF's sizes have 16 bits; and a picture is to fit into memory.
const LONGEST: u32 = 4096;

/// A part of a page, in the page's own pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

/// Pixels, row by row.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<[u8; 3]>,
}

/// What an array of pixels shows of itself in a picture of another size.
struct Spans(Vec<(usize, usize)>);

impl Picture {
    pub(super) fn read(png: &[u8]) -> Result<Self, Error> {
        let mut decoder = Decoder::new_with_limits(Cursor::new(png), Limits { bytes: READ_BYTES });
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(Error::Picture)?;
        let size = reader.output_buffer_size().filter(|size| *size <= READ_BYTES);
        let mut bytes = vec![0; size.ok_or(Error::Broken("a picture is too large"))?];
        let read = reader.next_frame(&mut bytes).map_err(Error::Picture)?;
        bytes.truncate(read.buffer_size());
        let pixels = match read.color_type {
            ColorType::Rgb => bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
            ColorType::Rgba => bytes.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
            ColorType::Grayscale => bytes.iter().map(|gray| [*gray; 3]).collect(),
            ColorType::GrayscaleAlpha => bytes.chunks_exact(2).map(|pixel| [pixel[0]; 3]).collect(),
            ColorType::Indexed => return Err(Error::Broken("a picture has a palette")),
        };
        Ok(Self { width: read.width, height: read.height, pixels })
    }

    /// A part of the page that is so wide, larger or smaller.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "conversions saturate")]
    pub(super) fn part(self, crop: Option<Crop>, page_width: f64, scale: f64) -> Self {
        if crop.is_none() && (scale - 1.0).abs() < f64::EPSILON {
            return self;
        }
        let whole = Crop { x: 0.0, y: 0.0, width: f64::from(self.width), height: f64::from(self.height) };
        let density = f64::from(self.width) / page_width.max(1.0);
        let part = crop.map_or(whole, |crop| Crop {
            x: crop.x * density,
            y: crop.y * density,
            width: crop.width * density,
            height: crop.height * density,
        });
        let within = |from: f64, length: f64, all: u32| {
            let from = (from.round().max(0.0) as u32).min(all.saturating_sub(1));
            (from, (length.round() as u32).clamp(1, all - from))
        };
        let (left, width) = within(part.x, part.width, self.width.max(1));
        let (top, height) = within(part.y, part.height, self.height.max(1));
        let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).clamp(1, LONGEST);
        let (columns, rows) = (Spans::of(left, width, scaled(width)), Spans::of(top, height, scaled(height)));
        let row_length = self.width as usize;
        let mut pixels = Vec::with_capacity(columns.0.len() * rows.0.len());
        for (first_row, last_row) in &rows.0 {
            for (first, last) in &columns.0 {
                let rows = (*first_row..*last_row).map(|row| row * row_length);
                pixels.push(mean(rows.flat_map(|row| &self.pixels[row + first..row + last])));
            }
        }
        Self { width: scaled(width), height: scaled(height), pixels }
    }

    /// Returns the same on a canvas of this size, cut off or black where it does not fit.
    pub(super) fn on_canvas(self, (width, height): (u16, u16)) -> Self {
        let (width, height) = (u32::from(width), u32::from(height));
        if (self.width, self.height) == (width, height) {
            return self;
        }
        let at = |x: u32, y: u32| if x < self.width && y < self.height { self.at(x, y) } else { [0; 3] };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect();
        Self { width, height, pixels }
    }

    fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.pixels[y as usize * self.width as usize + x as usize]
    }

    pub(super) fn size(&self) -> (u16, u16) {
        let short = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
        (short(self.width), short(self.height))
    }

    /// Left, top, width and height of all of it.
    pub(super) fn whole(&self) -> (u16, u16, u16, u16) {
        let (width, height) = self.size();
        (0, 0, width, height)
    }

    /// Returns the smallest part that holds all pixels which differ from another picture of the same size; `None` when they are
    /// alike.
    pub(super) fn difference(&self, other: &Self) -> Option<(u16, u16, u16, u16)> {
        let width = self.width as usize;
        let rows = || self.pixels.chunks_exact(width).zip(other.pixels.chunks_exact(width));
        let differs = |(own, other): (&[[u8; 3]], &[[u8; 3]])| own != other;
        let top = rows().position(differs)?;
        let bottom = rows().rposition(differs)?;
        let (mut left, mut right) = (width, 0);
        for (own, other) in rows().skip(top).take(bottom - top + 1) {
            let pixels = || own.iter().zip(other);
            if let Some(first) = pixels().position(|(own, other)| own != other) {
                left = left.min(first);
                right = right.max(pixels().rposition(|(own, other)| own != other).unwrap_or(first));
            }
        }
        let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        Some((short(left), short(top), short(right - left + 1), short(bottom - top + 1)))
    }

    pub(super) fn pixels(&self, left: u16, top: u16, width: u16, height: u16) -> Vec<[u8; 3]> {
        let [left, top, width, height] = [left, top, width, height].map(usize::from);
        let rows = self.pixels.chunks_exact(self.width as usize).skip(top).take(height);
        rows.flat_map(|row| &row[left..left + width]).copied().collect()
    }
}

impl Spans {
    /// Of `length` pixels from `start` on, those that each of `count` shows: one at least.
    fn of(start: u32, length: u32, count: u32) -> Self {
        let (start, length, count) = (u64::from(start), u64::from(length), u64::from(count));
        let place = |index: u64| usize::try_from(start + index * length / count).unwrap_or(usize::MAX);
        Self((0..count).map(|index| (place(index), place(index + 1).max(place(index) + 1))).collect())
    }
}

fn mean<'a>(pixels: impl Iterator<Item = &'a [u8; 3]>) -> [u8; 3] {
    let (mut sums, mut count) = ([0_u32; 3], 0);
    for pixel in pixels {
        for (sum, part) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(*part);
        }
        count += 1;
    }
    sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX))
}
