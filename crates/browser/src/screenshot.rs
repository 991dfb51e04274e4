//! `page.screenshot()`: what may be asked, in which order Chromium is told, one picture at a time per browser.

use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::dom::Rgba;
use chromiumoxide::cdp::browser_protocol::emulation::SetDefaultBackgroundColorOverrideParams;
use chromiumoxide::cdp::browser_protocol::page;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::emulation::{EmulationManager, Viewport};
use crate::error::Error;
use crate::geometry::{Point, Rect};
use crate::protocol_stream::decode_base64;
use crate::session::Session;

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
    /// The option's value.
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

    /// By a file's MIME type, as Puppeteer derives it from `path`.
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

    fn format(self) -> page::CaptureScreenshotFormat {
        match self {
            Self::Png => page::CaptureScreenshotFormat::Png,
            Self::Jpeg => page::CaptureScreenshotFormat::Jpeg,
            Self::Webp => page::CaptureScreenshotFormat::Webp,
        }
    }
}

/// What is taken, and how it is stored.
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
        Ok(())
    }

    /// Tells whether the page keeps its size while all of it is taken.
    fn keeps_viewport(&self) -> bool {
        self.capture_beyond_viewport == Some(true)
    }
}

/// The line in which the screenshots of one browser wait: a page must be in front while it is taken.
#[derive(Clone, Debug, Default)]
pub struct ScreenshotQueue(Rc<Mutex<()>>);

/// A picture in the protocol's form.
#[derive(Clone, Debug)]
pub struct Screenshot {
    base64: String,
}

impl Screenshot {
    /// The file as base64 text.
    pub fn into_base64(self) -> String {
        self.base64
    }

    /// The file.
    ///
    /// # Errors
    /// When Chromium sent no base64.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        decode_base64(&self.base64)
    }
}

/// The sizes that a screenshot asks for, in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayoutMetrics {
    /// What of the document is in the layout viewport; `x` and `y` are how far it is scrolled.
    pub(crate) viewport: Rect,
    /// All of the document.
    pub(crate) content: Rect,
}

impl LayoutMetrics {
    /// Asks the page.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub(crate) async fn of(session: &Session) -> Result<Self, Error> {
        let metrics = session.send_raw("Page.getLayoutMetrics", json!({})).await?;
        let number = |part: &str, name: &str| metrics[part][name].as_f64().unwrap_or_default();
        let viewport = |name| number("cssLayoutViewport", name);
        let content = |name| number("cssContentSize", name);
        Ok(Self {
            viewport: Rect {
                x: viewport("pageX"),
                y: viewport("pageY"),
                width: viewport("clientWidth"),
                height: viewport("clientHeight"),
            },
            content: Rect { x: content("x"), y: content("y"), width: content("width"), height: content("height") },
        })
    }

    /// How far the document is scrolled.
    pub(crate) fn scroll(&self) -> Point {
        Point { x: self.viewport.x, y: self.viewport.y }
    }
}

/// Takes a picture of a page when its turn comes.
///
/// # Errors
/// As [`ScreenshotOptions::validate`], and what the protocol refuses.
pub async fn take_screenshot(
    session: &Session,
    emulation: &EmulationManager,
    queue: &ScreenshotQueue,
    options: &ScreenshotOptions,
) -> Result<Screenshot, Error> {
    options.validate()?;
    let _turn = queue.0.lock().await;
    session.send_raw("Target.activateTarget", json!({"targetId": session.target_id()})).await?;
    if !options.full_page || options.keeps_viewport() {
        let clip = options.clip.map(whole_pixels);
        return capture_over_background(session, clip, options).await;
    }

    let content = LayoutMetrics::of(session).await?.content;
    let (width, height) = (pixels(content.width), pixels(content.height));
    let viewport = emulation.viewport();
    emulation.override_metrics(&viewport.unwrap_or_default(), width, height).await?;
    let whole = Rect { x: 0.0, y: 0.0, width: f64::from(width), height: f64::from(height) };
    let taken = capture_over_background(session, Some(whole), options).await;
    // Whatever came of the picture, the page gets its size back.
    let restored = restore(session, emulation, viewport).await;
    let screenshot = taken?;
    restored?;
    Ok(screenshot)
}

async fn restore(session: &Session, emulation: &EmulationManager, viewport: Option<Viewport>) -> Result<(), Error> {
    match viewport {
        Some(viewport) => emulation.emulate_viewport(&viewport).await.map(drop),
        None => Ok(session.send_raw("Emulation.clearDeviceMetricsOverride", json!({})).await.map(drop)?),
    }
}

async fn capture_over_background(
    session: &Session,
    clip: Option<Rect>,
    options: &ScreenshotOptions,
) -> Result<Screenshot, Error> {
    if !options.omit_background || options.image_type == ImageType::Jpeg {
        return capture(session, clip, options).await;
    }
    let transparent = Rgba { r: 0, g: 0, b: 0, a: Some(0.0) };
    session.send(SetDefaultBackgroundColorOverrideParams { color: Some(transparent) }).await?;
    let taken = capture(session, clip, options).await;
    let restored = session.send(SetDefaultBackgroundColorOverrideParams { color: None }).await;
    let screenshot = taken?;
    restored?;
    Ok(screenshot)
}

async fn capture(session: &Session, clip: Option<Rect>, options: &ScreenshotOptions) -> Result<Screenshot, Error> {
    // Today's Chromium cuts off what is outside of the viewport unless told otherwise.
    let (mut clip, mut beyond) = (clip, options.keeps_viewport() && options.full_page);
    match (clip, options.capture_beyond_viewport) {
        (Some(part), Some(false)) => clip = Some(part.common(LayoutMetrics::of(session).await?.viewport)),
        (Some(_), Some(true)) => beyond = true,
        (Some(part), None) if !options.full_page => {
            beyond = !LayoutMetrics::of(session).await?.viewport.contains(part);
        }
        _ => {}
    }
    let scale = if options.scale == 0.0 { 1.0 } else { options.scale };
    #[allow(clippy::cast_possible_truncation)] // validated: an integer from 0 to 100
    let quality = options.quality.filter(|_| options.image_type != ImageType::Png).map(|quality| quality as i64);
    let command = page::CaptureScreenshotParams {
        format: Some(options.image_type.format()),
        quality,
        clip: clip.map(|Rect { x, y, width, height }| page::Viewport { x, y, width, height, scale }),
        from_surface: options.from_surface,
        capture_beyond_viewport: beyond.then_some(true),
        optimize_for_speed: options.optimize_for_speed.then_some(true),
    };
    let taken = session.send(command).await?;
    let data = serde_json::to_value(taken.data).unwrap_or_default();
    match data {
        Value::String(base64) => Ok(Screenshot { base64 }),
        _ => Err(Error::message("Chromium sent no picture")),
    }
}

/// Edges on whole pixels, so that no row is blurred. The far edges stay where they were before rounding.
fn whole_pixels(clip: Rect) -> Rect {
    let (x, y) = (half_up(clip.x), half_up(clip.y));
    Rect { x, y, width: half_up(clip.width + clip.x - x), height: half_up(clip.height + clip.y - y) }
}

/// JavaScript's `Math.round`.
fn half_up(number: f64) -> f64 {
    (number + 0.5).floor()
}

/// At least so many pixels. A document is never longer than the protocol's own limit.
pub(crate) fn pixels(length: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between the limits
    {
        length.ceil().clamp(0.0, 10_000_000.0) as u32
    }
}

/// The element's part of the document, from its place in the viewport.
///
/// # Errors
/// [`Error::EmptyNode`].
pub(crate) fn element_clip(bounds: Rect, scroll: Point) -> Result<Rect, Error> {
    if bounds.width == 0.0 {
        return Err(Error::EmptyNode("width"));
    }
    if bounds.height == 0.0 {
        return Err(Error::EmptyNode("height"));
    }
    Ok(bounds.moved(scroll))
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

    #[test]
    fn a_clip_covers_whole_pixels() {
        let clip = Rect { x: 20.4, y: 10.3, width: 52.3, height: 22.2 };
        assert_eq!(whole_pixels(clip), Rect { x: 20.0, y: 10.0, width: 53.0, height: 23.0 });
    }

    #[test]
    fn an_element_without_area_has_no_picture() {
        let bounds = Rect { x: 5.0, y: 5.0, width: 50.0, height: 0.0 };
        let refused = element_clip(bounds, Point { x: 0.0, y: 0.0 }).expect_err("refused");
        assert_eq!(refused.to_string(), "Node has 0 height.");
    }
}
