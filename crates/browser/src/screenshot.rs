//! `page.screenshot()`: what may be asked, in which order Chromium is told, one picture at a time per browser.

mod layout;
mod options;

use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::dom::Rgba;
use chromiumoxide::cdp::browser_protocol::emulation::SetDefaultBackgroundColorOverrideParams;
use chromiumoxide::cdp::browser_protocol::page;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::emulation::{EmulationManager, Viewport};
use crate::error::{Error, ProtocolError};
use crate::geometry::{Point, Rect};
use crate::protocol_stream::decode_base64;
use crate::session::Session;
pub(crate) use layout::LayoutMetrics;
pub use options::{ImageType, ScreenshotOptions};

/// The line in which the screenshots of one browser wait: a page must be in front while it is taken.
#[derive(Clone, Debug, Default)]
pub struct ScreenshotQueue(Rc<Mutex<()>>);

/// A picture in the protocol's form.
#[derive(Clone, Debug)]
pub struct Screenshot {
    base64: String,
}

impl Screenshot {
    /// Returns the file as base64 text.
    pub fn into_base64(self) -> String {
        self.base64
    }

    /// Decodes the file.
    ///
    /// # Errors
    /// When Chromium sent no base64.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        decode_base64(&self.base64)
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
        refuse_empty(clip)?;
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

/// Chromium does not answer when it is asked for a picture without area; so it says of one beyond the viewport.
fn refuse_empty(clip: Option<Rect>) -> Result<(), Error> {
    let Some(clip) = clip else { return Ok(()) };
    let side = if clip.width <= 0.0 {
        "width"
    } else if clip.height <= 0.0 {
        "height"
    } else {
        return Ok(());
    };
    let message = format!("Cannot take screenshot with 0 {side}.");
    Err(ProtocolError::Refused { method: "Page.captureScreenshot".into(), message }.into())
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
        (Some(part), Some(false)) => {
            clip = Some(part.common(LayoutMetrics::of(session).await?.viewport));
            refuse_empty(clip)?;
        }
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

/// Returns the element's part of the document, from its place in the viewport.
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
