//! The windows that show pages. Chromium numbers those of the whole browser; a job gets those that its own pages are in.

use futures::future::join_all;
use serde_json::{Value, json};

use super::Browser;
use crate::error::{Error, ProtocolError};

impl Browser {
    /// Returns where a window is, how large and in which state, in
    /// [CDP's form](https://chromedevtools.github.io/devtools-protocol/tot/Browser/#type-Bounds).
    ///
    /// # Errors
    /// [`Error::Protocol`] when none of the job's pages is in such a window.
    pub async fn window_bounds(&self, window: i64) -> Result<Value, Error> {
        self.check_window("Browser.getWindowBounds", window).await?;
        let mut answer = self.session.send_raw("Browser.getWindowBounds", json!({"windowId": window})).await?;
        Ok(answer["bounds"].take())
    }

    /// Moves and sizes a window, or sets its state.
    ///
    /// # Errors
    /// As [`window_bounds`](Self::window_bounds).
    pub async fn set_window_bounds(&self, window: i64, bounds: Value) -> Result<(), Error> {
        self.check_window("Browser.setWindowBounds", window).await?;
        self.session.send_raw("Browser.setWindowBounds", json!({"windowId": window, "bounds": bounds})).await?;
        Ok(())
    }

    /// A window of somebody else is refused in Chromium's words for one that is not there.
    async fn check_window(&self, method: &str, window: i64) -> Result<(), Error> {
        let pages = self.targets().into_iter().filter(|target| target.target_type() == "page");
        let asked =
            pages.map(|page| self.session.send_raw("Browser.getWindowForTarget", json!({"targetId": page.id()})));
        // A page may close meanwhile.
        let windows = join_all(asked).await;
        if windows.iter().flatten().any(|answer| answer["windowId"] == window) {
            return Ok(());
        }
        let message = "Browser window not found".to_owned();
        Err(ProtocolError::Refused { method: method.to_owned(), message }.into())
    }
}
