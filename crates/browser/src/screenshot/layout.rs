//! How large a document is, and what of it is shown.

use serde_json::json;

use crate::error::Error;
use crate::geometry::{Point, Rect};
use crate::session::Session;

/// A page's sizes in CSS pixels, by
/// [`Page.getLayoutMetrics`](https://chromedevtools.github.io/devtools-protocol/tot/Page/#method-getLayoutMetrics).
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

    /// Returns how far the document is scrolled.
    pub(crate) fn scroll(&self) -> Point {
        Point { x: self.viewport.x, y: self.viewport.y }
    }
}
