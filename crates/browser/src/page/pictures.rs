//! Pictures and prints of a page, and pictures of its elements; see [`crate::screenshot`] and [`crate::pdf`].

use super::Page;
use crate::emulation::Viewport;
use crate::error::Error;
use crate::geometry::Rect;
use crate::js_handle::ElementHandle;
use crate::pdf::{PdfOptions, print_to_pdf};
use crate::promise::within;
use crate::remote_object::PageFunction;
use crate::screenshot::{LayoutMetrics, Screenshot, ScreenshotOptions, element_clip, pixels, take_screenshot};

impl Page {
    /// Takes a picture when the browser's other pages have theirs.
    ///
    /// # Errors
    /// As [`take_screenshot`].
    pub async fn screenshot(&self, options: &ScreenshotOptions) -> Result<Screenshot, Error> {
        options.validate()?;
        let browser = self.browser()?;
        take_screenshot(&self.session, &self.emulation, browser.screenshot_queue(), options).await
    }

    /// Prints the page as a PDF file.
    ///
    /// # Errors
    /// As [`print_to_pdf`].
    pub async fn pdf(&self, options: &PdfOptions) -> Result<Vec<u8>, Error> {
        let timeout = options.timeout.unwrap_or(self.default_timeout());
        let printing = async {
            if options.waits_for_fonts {
                // A page whose scripts do not run has no promise of its fonts.
                let fonts = PageFunction::own("() => document.fonts.ready.then(() => true)");
                self.main_frame().utility_world().evaluate(fonts, Vec::new()).await?;
            }
            print_to_pdf(&self.session, options).await
        };
        within(timeout, printing).await.unwrap_or(Err(Error::EventTimeout(timeout)))
    }
}

impl ElementHandle {
    /// Takes a picture of the element; `clip` takes precedence. The viewport grows for as long as it is too small.
    ///
    /// # Errors
    /// [`Error::NotVisible`], [`Error::EmptyNode`], and as [`Page::screenshot`].
    pub async fn screenshot(&self, options: &ScreenshotOptions) -> Result<Screenshot, Error> {
        let page = self.page()?;
        if page.dialect().is_modern() {
            return self.screenshot_in_place(&page, options).await;
        }
        let bounds = self.bounding_box().await?.ok_or(Error::NotVisible)?;
        let small = page.viewport().filter(|viewport| !fits(bounds, viewport));
        if let Some(viewport) = small {
            let larger = Viewport {
                width: viewport.width.max(pixels(bounds.width)),
                height: viewport.height.max(pixels(bounds.height)),
                ..viewport
            };
            page.set_viewport(larger).await?;
        }
        let taken = self.screenshot_in_view(&page, options).await;
        if let Some(viewport) = small {
            page.set_viewport(viewport).await?;
        }
        taken
    }

    /// As newer Puppeteers take it: the page keeps its size, and a clip is a part of the element.
    async fn screenshot_in_place(&self, page: &Page, options: &ScreenshotOptions) -> Result<Screenshot, Error> {
        if !options.stays {
            self.scroll_into_view_if_needed().await?;
        }
        let bounds = self.bounding_box().await?.ok_or(Error::NotVisible)?;
        let scroll = LayoutMetrics::of(&page.session).await?.scroll();
        let mut clip = element_clip(bounds, scroll)?;
        if let Some(part) = options.clip {
            clip = Rect { x: clip.x + part.x, y: clip.y + part.y, ..part };
        }
        page.screenshot(&ScreenshotOptions { clip: Some(clip), full_page: false, ..options.clone() }).await
    }

    async fn screenshot_in_view(&self, page: &Page, options: &ScreenshotOptions) -> Result<Screenshot, Error> {
        if !options.stays {
            self.scroll_into_view_if_needed().await?;
        }
        let bounds = self.bounding_box().await?.ok_or(Error::NotVisible)?;
        let scroll = LayoutMetrics::of(&page.session).await?.scroll();
        let clip = element_clip(bounds, scroll)?;
        let options = ScreenshotOptions { clip: options.clip.or(Some(clip)), ..options.clone() };
        page.screenshot(&options).await
    }
}

fn fits(bounds: Rect, viewport: &Viewport) -> bool {
    bounds.width <= f64::from(viewport.width) && bounds.height <= f64::from(viewport.height)
}
