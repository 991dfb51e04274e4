//! Screenshots of pages and elements: their options and the form of their answer.

use ::browser::geometry::Rect;
use ::browser::screenshot::{ImageType, Screenshot, ScreenshotOptions};
use serde::Deserialize;

use super::local_files::{self, Place};
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::{Bytes, IntoValue, Value};

/// As `js/puppeteer/screenshot.js` makes them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ScreenshotArgs {
    r#type: Option<String>,
    path: Option<String>,
    full_page: bool,
    clip: Option<ClipArgs>,
    quality: Option<f64>,
    omit_background: bool,
    encoding: Option<String>,
    capture_beyond_viewport: Option<bool>,
    from_surface: Option<bool>,
    optimize_for_speed: bool,
    scroll_into_view: bool,
}

#[derive(Deserialize)]
struct ClipArgs {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    scale: f64,
}

/// What a screenshot's caller wants to have.
pub(super) struct Form {
    place: Option<Place>,
    base64: bool,
}

impl ScreenshotArgs {
    pub(super) fn read(self, scope: &Scope, call: &str) -> Result<(ScreenshotOptions, Form), OpError> {
        let image_type = match (&self.r#type, &self.path) {
            (Some(name), _) => ImageType::from_name(name)?,
            // Newer Puppeteers take any other name for a picture without compression.
            (None, Some(path)) => match ImageType::from_mime(mime_type(path)) {
                Err(_) if scope.dialect().is_modern() => ImageType::default(),
                image_type => image_type?,
            },
            (None, None) => ImageType::default(),
        };
        let place = local_files::place(scope, call, self.path.as_deref())?;
        let is_modern = scope.dialect().is_modern();
        let beyond = self.capture_beyond_viewport.or(is_modern.then_some(true));
        let options = ScreenshotOptions {
            scale: self.clip.as_ref().map_or(1.0, |clip| clip.scale),
            capture_beyond_viewport: beyond,
            from_surface: self.from_surface,
            optimize_for_speed: self.optimize_for_speed,
            stays: !self.scroll_into_view,
            image_type,
            quality: self.quality,
            full_page: self.full_page,
            clip: self.clip.map(|clip| Rect { x: clip.x, y: clip.y, width: clip.width, height: clip.height }),
            omit_background: self.omit_background,
        };
        Ok((options, Form { place, base64: self.encoding.as_deref() == Some("base64") }))
    }
}

/// The type that a file's name promises.
fn mime_type(path: &str) -> Option<&'static str> {
    let extension = path.rsplit_once('.')?.1.to_lowercase();
    Some(match extension.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" | "jpe" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        _ => return None,
    })
}

/// A Buffer, or base64 text; also in the file that was asked for.
pub(super) async fn answer(scope: &Scope, screenshot: Screenshot, form: Form) -> Result<Value, OpError> {
    if form.base64 {
        let text = screenshot.into_base64();
        local_files::write(scope, form.place, text.as_bytes()).await?;
        return Ok(text.into_value());
    }
    let bytes = screenshot.bytes()?;
    local_files::write(scope, form.place, &bytes).await?;
    Ok(Bytes(bytes).into_value())
}
