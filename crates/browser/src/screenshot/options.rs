//! What may be asked of a screenshot.

use chromiumoxide::cdp::browser_protocol::page;

use crate::error::Error;
use crate::geometry::Rect;

/// The file format of a screenshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageType {
    /// Lossless, may be transparent.
    #[default]
    Png,
    /// With a quality.
    Jpeg,
    /// With a quality; newer Puppeteers know it.
    Webp,
}

impl ImageType {
    /// Reads the option's value.
    ///
    /// # Errors
    /// [`Error::UnknownImageType`].
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "png" => Ok(Self::Png),
            "jpeg" => Ok(Self::Jpeg),
            "webp" => Ok(Self::Webp),
            _ => Err(Error::UnknownImageType(name.to_owned())),
        }
    }

    /// Chooses by a file's MIME type, as Puppeteer derives it from `path`.
    ///
    /// # Errors
    /// [`Error::UnsupportedImageMime`].
    pub fn from_mime(mime: Option<&str>) -> Result<Self, Error> {
        match mime {
            Some("image/png") => Ok(Self::Png),
            Some("image/jpeg") => Ok(Self::Jpeg),
            Some("image/webp") => Ok(Self::Webp),
            other => Err(Error::UnsupportedImageMime(other.unwrap_or("null").to_owned())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    pub(super) fn format(self) -> page::CaptureScreenshotFormat {
        match self {
            Self::Png => page::CaptureScreenshotFormat::Png,
            Self::Jpeg => page::CaptureScreenshotFormat::Jpeg,
            Self::Webp => page::CaptureScreenshotFormat::Webp,
        }
    }
}

/// What is taken, and how it is stored ([Puppeteer](https://pptr.dev/api/puppeteer.screenshotoptions)).
#[derive(Clone, Debug, Default)]
pub struct ScreenshotOptions {
    /// The file format.
    pub image_type: ImageType,
    /// 0 to 100, not for PNG. JavaScript's number, so that what is not an integer can be refused.
    pub quality: Option<f64>,
    /// All of the document instead of the viewport.
    pub full_page: bool,
    /// A part of the document, in CSS pixels from its upper left corner.
    pub clip: Option<Rect>,
    /// Transparent where the page has no background; not for JPEG.
    pub omit_background: bool,
    /// How much larger the clip is drawn; 0 counts as 1.
    pub scale: f64,
    /// Whether what lies outside of the viewport is in the picture; by the clip when not given.
    pub capture_beyond_viewport: Option<bool>,
    /// Whether the picture is taken of the surface, not of the view; Chromium's choice when not given.
    pub from_surface: Option<bool>,
    /// Whether a fast encoder is better than a small file.
    pub optimize_for_speed: bool,
    /// Whether an element is not scrolled into view first.
    pub stays: bool,
}

impl ScreenshotOptions {
    /// Refuses what cannot be taken.
    ///
    /// # Errors
    /// Puppeteer's sentence about the first such option.
    pub fn validate(&self) -> Result<(), Error> {
        if let Some(quality) = self.quality.filter(|quality| *quality != 0.0) {
            if self.image_type == ImageType::Png {
                return Err(Error::QualityUnsupported(self.image_type.name()));
            }
            if quality.fract() != 0.0 {
                return Err(Error::QualityNotInteger);
            }
            if !(0.0..=100.0).contains(&quality) {
                return Err(Error::QualityOutOfRange(quality));
            }
        }
        let Some(clip) = self.clip else { return Ok(()) };
        if self.full_page {
            return Err(Error::ClipAndFullPage);
        }
        if clip.width == 0.0 {
            return Err(Error::EmptyClip("width"));
        }
        if clip.height == 0.0 {
            return Err(Error::EmptyClip("height"));
        }
        // Chromium does not answer, and 1.20 waits for it.
        if let Some(side) = [("width", clip.width), ("height", clip.height)].iter().find(|(_, length)| *length < 0.0) {
            return Err(Error::message(format!("'{}' in 'clip' must be positive.", side.0)));
        }
        Ok(())
    }

    /// Tells whether the page keeps its size while all of it is taken.
    pub(super) fn keeps_viewport(&self) -> bool {
        self.capture_beyond_viewport == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(options: ScreenshotOptions) -> String {
        options.validate().expect_err("refused").to_string()
    }

    #[test]
    fn what_cannot_be_taken_is_refused_in_puppeteers_words() {
        let jpeg = |quality| ScreenshotOptions {
            image_type: ImageType::Jpeg,
            quality: Some(quality),
            ..ScreenshotOptions::default()
        };
        let clip = |width, height| Some(Rect { x: 0.0, y: 0.0, width, height });
        let options = ScreenshotOptions::default;
        assert_eq!(
            refusal(ScreenshotOptions { quality: Some(50.0), ..options() }),
            "options.quality is unsupported for the png screenshots"
        );
        assert_eq!(refusal(jpeg(1.5)), "Expected options.quality to be an integer");
        assert_eq!(refusal(jpeg(101.0)), "Expected options.quality to be between 0 and 100 (inclusive), got 101");
        assert_eq!(
            refusal(ScreenshotOptions { full_page: true, clip: clip(1.0, 1.0), ..options() }),
            "options.clip and options.fullPage are exclusive"
        );
        assert_eq!(
            refusal(ScreenshotOptions { clip: clip(0.0, 1.0), ..options() }),
            "Expected options.clip.width not to be 0."
        );
        assert_eq!(
            refusal(ScreenshotOptions { clip: clip(1.0, 0.0), ..options() }),
            "Expected options.clip.height not to be 0."
        );
        assert_eq!(ImageType::from_name("bmp").expect_err("refused").to_string(), "Unknown options.type value: bmp");
        assert_eq!(
            ImageType::from_mime(Some("text/plain")).expect_err("refused").to_string(),
            "Unsupported screenshot mime type: text/plain"
        );
        assert!(jpeg(0.0).validate().is_ok() && jpeg(100.0).validate().is_ok());
    }
}
