//! Pictures of the page while it is used, and the last look at it.
//!
//! A picture costs Chromium about ten milliseconds. So a job that is done within a second has none, a page in which nothing
//! happens is looked at every few seconds, and one that is busy twice a second. While somebody watches, pictures are taken
//! from the beginning, and twice as often.

use std::rc::{Rc, Weak};
use std::time::Duration;

use browser::Page;
use browser::page::{Camera, Film};
use browser::screenshot::{ImageType, ScreenshotOptions};
use tokio::time::timeout;

use super::entries::LastKind;
use super::job_recorder::JobRecorder;

/// How long a job uses its browser before pictures are taken.
const FIRST: Duration = Duration::from_secs(1);
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

/// Takes pictures for as long as the job is recorded.
pub(super) async fn film(recorder: Weak<JobRecorder>) {
    let Some(watching) = recorder.upgrade().map(|recorder| recorder.watching()) else { return };
    let is_watched = || recorder.upgrade().is_some_and(|recorder| recorder.is_watched());
    if !is_watched() {
        let _ = timeout(FIRST, watching.notified()).await;
    }
    let (mut seen, mut quiet) = (0, IDLE);
    let mut camera: Option<(Rc<Page>, Camera)> = None;
    loop {
        {
            let Some(recorder) = recorder.upgrade() else { return };
            let happened = recorder.happened();
            let idle = if recorder.is_watched() { IDLE / 3 } else { IDLE };
            if happened != seen || quiet >= idle {
                (seen, quiet) = (happened, 0);
                let page = recorder.page();
                camera = camera.filter(|(of, camera)| Rc::ptr_eq(of, &page) && !camera.is_over());
                if camera.is_none() && !page.has_crashed() {
                    camera = set_up(page).await;
                }
                if let Some((_, camera)) = &mut camera
                    && let Some(jpeg) = camera.look(FILM, LOOK).await
                {
                    recorder.write_frame(&jpeg);
                }
            } else {
                quiet += 1;
            }
        }
        let pause = if is_watched() { WATCHED } else { BUSY };
        let _ = timeout(pause, watching.notified()).await;
    }
}

async fn set_up(page: Rc<Page>) -> Option<(Rc<Page>, Camera)> {
    let camera = timeout(LOOK, page.camera()).await.ok()?.ok()?;
    Some((page, camera))
}

/// The page's text and picture, each if it comes within `limit`.
pub(super) async fn last_look(recorder: &JobRecorder, page: &Page, limit: Duration) {
    let text = async {
        if let Ok(Ok(text)) = timeout(limit, page.masked_content(HTML)).await {
            recorder.write_last(LastKind::Html, text.as_bytes());
        }
    };
    let picture = async {
        if let Ok(Some((kind, bytes))) = timeout(limit, picture(page)).await {
            recorder.write_last(kind, &bytes);
        }
    };
    tokio::join!(text, picture);
}

async fn picture(page: &Page) -> Option<(LastKind, Vec<u8>)> {
    let png = page.screenshot(&ScreenshotOptions::default()).await.ok()?.bytes().ok()?;
    if png.len() <= PNG_BYTES {
        return Some((LastKind::Png, png));
    }
    let jpeg = ScreenshotOptions { image_type: ImageType::Jpeg, quality: Some(60.0), ..ScreenshotOptions::default() };
    Some((LastKind::Jpeg, page.screenshot(&jpeg).await.ok()?.bytes().ok()?))
}
