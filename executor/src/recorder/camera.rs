//! Pictures of the page while it is used, and the last look at it.
//!
//! A picture costs Chromium about ten milliseconds. So in a job's first second a picture is taken only of a document that is left
//! for another one, while the next document is on its way, four a second at most. Later a quiet page is looked at every few
//! seconds, and a busy page twice a second. While somebody watches, pictures are taken from the beginning, and twice as often.

use std::rc::Rc;
use std::time::Duration;

use browser::Page;
use browser::page::{Camera, Film};
use browser::screenshot::{ImageType, ScreenshotOptions};
use tokio::time::timeout;

use super::entries::LastKind;

/// How long a job uses its browser before pictures are taken.
pub(super) const FIRST: Duration = Duration::from_secs(1);
/// The shortest time from the job's beginning, or another picture, to the picture of a document that is left: the pictures of a job that
/// goes from page to page cost it a twenty-fifth of its time.
pub(super) const BETWEEN_DOCUMENTS: Duration = Duration::from_millis(250);
/// The time between two pictures of a busy page.
const BUSY: Duration = Duration::from_millis(500);
/// The same while somebody watches.
const WATCHED: Duration = Duration::from_millis(250);
/// How many of these pass between two pictures of a page in which nothing happens.
const IDLE: u32 = 10;
/// How long a picture may take.
const LOOK: Duration = Duration::from_millis(800);
/// How fine pictures are.
const FILM: Film = Film { quality: 50, width: 960, height: 600 };
/// The most of a document's text, in UTF-16 units.
const HTML: u32 = 300_000;
/// The largest PNG file; what would be larger is a JPEG file.
const PNG_BYTES: usize = 2 << 20;

/// When pictures are taken.
#[derive(Debug)]
pub(super) struct Pace {
    /// How much had happened at the last picture.
    seen: u64,
    /// How many pauses have passed since.
    quiet: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { seen: 0, quiet: IDLE }
    }
}

impl Pace {
    /// Tells whether it is time for a picture, when so much has happened.
    pub(super) fn is_time(&mut self, happened: u64, is_watched: bool) -> bool {
        let idle = if is_watched { IDLE / 3 } else { IDLE };
        if happened == self.seen && self.quiet < idle {
            self.quiet += 1;
            return false;
        }
        (self.seen, self.quiet) = (happened, 0);
        true
    }

    /// Returns the time until that is to be asked again.
    pub(super) fn pause(is_watched: bool) -> Duration {
        if is_watched { WATCHED } else { BUSY }
    }
}

/// What looks at the page that the job uses, which may be another one each time.
#[derive(Default)]
pub(super) struct Looking(Option<(Rc<Page>, Camera)>);

impl Looking {
    /// Takes a picture of the page as it is shown now, a JPEG file.
    pub(super) async fn look(&mut self, page: Rc<Page>) -> Option<Vec<u8>> {
        self.0.take_if(|(of, camera)| !Rc::ptr_eq(of, &page) || camera.is_over());
        if self.0.is_none() && !page.has_crashed() {
            let camera = timeout(LOOK, page.camera()).await.ok()?.ok()?;
            self.0 = Some((page, camera));
        }
        self.0.as_mut()?.1.look(FILM, LOOK).await
    }
}

/// Reads the page's text, if it comes within `limit`.
pub(super) async fn text(page: &Page, limit: Duration) -> Option<(LastKind, Vec<u8>)> {
    let text = timeout(limit, page.masked_content(HTML)).await.ok()?.ok()?;
    Some((LastKind::Html, text.into_bytes()))
}

/// Takes the page's picture, if it comes within `limit`.
pub(super) async fn picture(page: &Page, limit: Duration) -> Option<(LastKind, Vec<u8>)> {
    timeout(limit, screenshot(page)).await.ok()?
}

async fn screenshot(page: &Page) -> Option<(LastKind, Vec<u8>)> {
    // Packed as small as can be, a page full of pictures would take longer than this may.
    let png = ScreenshotOptions { optimize_for_speed: true, ..ScreenshotOptions::default() };
    let png = page.screenshot(&png).await.ok()?.bytes().ok()?;
    if png.len() <= PNG_BYTES {
        return Some((LastKind::Png, png));
    }
    let jpeg = ScreenshotOptions { image_type: ImageType::Jpeg, quality: Some(60.0), ..ScreenshotOptions::default() };
    Some((LastKind::Jpeg, page.screenshot(&jpeg).await.ok()?.bytes().ok()?))
}
